// The broker stops answering in the middle of a commit (SIGSTOP): the answer comes in bounded time,
// and what became of the transaction is told by the broker, never guessed. Needs
// FRACAS_TEST_KAFKA_DIR, the folder of a cluster that may be stopped; ctest runs it alone.

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "core/record.h"
#include "tests/broker/worker.h"

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

TEST(Stall, ACommitIsBoundedAndItsOutcomeIsAsked) {
  const char* const dir = std::getenv("FRACAS_TEST_KAFKA_DIR");
  if (dir == nullptr) GTEST_SKIP() << "FRACAS_TEST_KAFKA_DIR is not set";
  pid_t pid = 0;
  std::ifstream(std::string(dir) + "/node1/pid") >> pid;
  ASSERT_GT(pid, 0);
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

}  // namespace
}  // namespace fracas::broker_test
