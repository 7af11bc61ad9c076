// The broker stops answering in the middle of a commit (SIGSTOP): the answer comes in bounded time,
// and what became of the transaction is told by the broker, never guessed. Needs
// FRACAS_TEST_KAFKA_DIR, the folder of a cluster that may be stopped; ctest runs it alone.

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "core/record.h"
#include "kafka/log_tail.h"
#include "kafka/outbox.h"
#include "tests/broker/ports/worker.h"

namespace fracas::broker_test {
namespace {

// Stops the broker; goes on at the latest at the end of the scope.
class Stalled {
 public:
  explicit Stalled(pid_t pid) : pid_(pid) { ::kill(pid_, SIGSTOP); }
  ~Stalled() { ::kill(pid_, SIGCONT); }
  Stalled(const Stalled&) = delete;
  Stalled& operator=(const Stalled&) = delete;

 private:
  const pid_t pid_;
};

// The broker of FRACAS_TEST_KAFKA_DIR; 0: it is not set.
pid_t BrokerProcess() {
  const char* const dir = std::getenv("FRACAS_TEST_KAFKA_DIR");
  pid_t pid = 0;
  if (dir != nullptr) std::ifstream(std::string(dir) + "/node1/pid") >> pid;
  return pid;
}

TEST(Stall, ACommitIsBoundedAndItsOutcomeIsAsked) {
  const pid_t pid = BrokerProcess();
  if (pid == 0) GTEST_SKIP() << "FRACAS_TEST_KAFKA_DIR is not set";
  const std::string source = MakeTopic("source");
  const std::string target = MakeTopic("target");
  WriteNumbers(source, 0, 5);
  kafka::Connection connection = Connect();
  connection.producer = {{"transaction.timeout.ms", "3000"}};
  const std::string name = UniqueName("stall");
  Worker worker(GroupOf(name, name, {source}), connection);
  ASSERT_TRUE(worker.TurnUntilPolled(5));
  const OutputTopic output = worker.Open(target);
  ASSERT_TRUE(worker.transaction().Begin().ok());
  ProducedRecord record;
  record.value = "in doubt";
  record.timestamp_ms = kNoTime;
  ASSERT_TRUE(worker.transaction().Produce(output, 0, record).ok());
  const OffsetToCommit offset{.partition = {source, 0}, .offset = 5, .metadata = {}};
  {
    const Stalled stalled(pid);
    const auto begin = std::chrono::steady_clock::now();
    const CommitResult result =
        worker.transaction().Commit(worker.epoch.get(), std::span(&offset, 1));
    EXPECT_FALSE(result.committed());
    // Delivery, offsets, abort: each has the transaction's time, the abort twice.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  }
  ASSERT_TRUE(Eventually([&] { return worker.transaction().Recreate().ok(); }));
  Result<CommittedOffset> asked = worker.source().Committed({source, 0});
  ASSERT_TRUE(Eventually([&] {
    if (!asked.ok()) asked = worker.source().Committed({source, 0});
    return asked.ok();
  })) << asked.status().message();
  // The woken broker may need a moment until it leads its partitions again.
  ASSERT_TRUE(Eventually([&] { return TestAdmin().Query({target, 0}).ok(); }));
  // Records and offset are one transaction: both or neither.
  const size_t visible = ReadValues(target, 0).size();
  EXPECT_EQ(asked->offset == 5 ? 1u : 0u, visible);
}

// A tail outlives the silence: it says so while it lasts, and then goes on where it stood.
TEST(Stall, ATailSurvivesAndSaysSo) {
  const pid_t pid = BrokerProcess();
  if (pid == 0) GTEST_SKIP() << "FRACAS_TEST_KAFKA_DIR is not set";
  const std::string topic = MakeTopic("tail");
  WriteNumbers(topic, 0, 3);
  const auto tail = kafka::NewLogTail(Connect(), "tail");
  ASSERT_TRUE(tail->Follow({{.partition = {topic, 0}, .from = 0}}).ok());
  std::string seen;
  const auto turn = [&] {
    const Status polled =
        tail->Poll(100, 1'000, [&](const ConsumedRecord& record, const PayloadLease&) {
          seen += std::string(record.value);
        });
    EXPECT_TRUE(polled.ok()) << polled.message();
  };
  ASSERT_TRUE(Eventually([&] {
    turn();
    return tail->Position(0) == 3;
  }));
  {
    const Stalled stalled(pid);
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(Eventually([&] {
      turn();
      return !tail->trouble().empty();
    }));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    EXPECT_NE(tail->trouble().find(topic), std::string::npos) << tail->trouble();
  }
  ASSERT_TRUE(Eventually([&] {
    turn();
    return tail->trouble().empty();
  }));
  WriteNumbers(topic, 0, 2);
  ASSERT_TRUE(Eventually([&] {
    turn();
    return tail->Position(0) == 5;
  }));
  EXPECT_EQ(seen, "01201");
}

// Nobody can know whether the record arrived: that is what the status says, and the log tells.
TEST(Stall, ARecordThatIsGivenUpIsInDoubt) {
  const pid_t pid = BrokerProcess();
  if (pid == 0) GTEST_SKIP() << "FRACAS_TEST_KAFKA_DIR is not set";
  const std::string topic = MakeTopic("doubt");
  kafka::Connection connection = Connect();
  connection.producer = {{"message.timeout.ms", "2000"}};
  const auto outbox =
      kafka::NewOutbox({.connection = connection, .name = "outbox", .record_bytes_max = 1'000});
  ASSERT_TRUE(outbox->Send({topic, 0}, "k", "first", {}, kNoTime).ok());
  {
    const Stalled stalled(pid);
    const Result<Offset> sent = outbox->Send({topic, 0}, "k", "second", {}, kNoTime);
    ASSERT_FALSE(sent.ok());
    EXPECT_EQ(sent.status().action(), Action::kAbort) << sent.status().message();
    EXPECT_NE(sent.status().message().find("may have arrived"), std::string_view::npos)
        << sent.status().message();
  }
  ASSERT_TRUE(Eventually([&] { return TestAdmin().Query({topic, 0}).ok(); }));
  Result<Offset> third = Status::Retry("not sent yet");
  ASSERT_TRUE(Eventually([&] {
    third = outbox->Send({topic, 0}, "k", "third", {}, kNoTime);
    return third.ok();
  })) << third.status().message();
  const std::vector<std::string> values = ReadValues(topic, 0);
  EXPECT_GE(values.size(), 2u);
  EXPECT_EQ(values.front(), "first");
  EXPECT_EQ(values.back(), "third");
}

}  // namespace
}  // namespace fracas::broker_test
