// How transactions end: what is refused, by whom, and what a reader sees.

#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "core/record.h"
#include "core/text.h"
#include "tests/broker/ports/acls.h"
#include "tests/broker/ports/topic_orders.h"
#include "tests/broker/ports/worker.h"

namespace fracas::broker_test {
namespace {

using Kind = CommitResult::Kind;

std::unique_ptr<Transaction> Claim(const std::string& id,
                                   const kafka::Connection& connection = Connect()) {
  auto transaction = kafka::NewTransaction(
      {.connection = connection, .transactional_id = id, .record_bytes_max = 5'000'000});
  const Status claimed = transaction->Recreate();
  EXPECT_TRUE(claimed.ok()) << claimed.message();
  return transaction;
}

ProducedRecord Of(std::string_view value, int64_t timestamp_ms = kNoTime) {
  ProducedRecord record;
  record.value = value;
  record.timestamp_ms = timestamp_ms;
  return record;
}

// One transaction with one record to each topic; the topics were opened before.
CommitResult CommitTo(Transaction* transaction, const std::vector<OutputTopic>& topics,
                      std::string_view value, int64_t timestamp_ms = kNoTime) {
  EXPECT_TRUE(transaction->Begin().ok());
  for (const OutputTopic& topic : topics) {
    EXPECT_TRUE(transaction->Produce(topic, 0, Of(value, timestamp_ms)).ok());
  }
  return transaction->Commit(nullptr, {});
}

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TEST(Transactions, AreVisibleWhenCommittedAndNotWhenAborted) {
  const std::string target = MakeTopic("target");
  const auto transaction = Claim(UniqueName("id"));
  const OutputTopic topic = *transaction->Open(target);
  EXPECT_TRUE(CommitTo(transaction.get(), {topic}, "1").committed());
  ASSERT_TRUE(transaction->Begin().ok());
  ASSERT_TRUE(transaction->Produce(topic, 0, Of("given up")).ok());
  EXPECT_EQ(transaction->Abort().kind, Kind::kNotCommitted);
  EXPECT_TRUE(CommitTo(transaction.get(), {topic}, "2").committed());
  EXPECT_EQ(ReadValues(target, 0), (std::vector<std::string>{"1", "2"}));
}

TEST(Transactions, ThatAreEmptyCommit) {
  const auto transaction = Claim(UniqueName("id"));
  ASSERT_TRUE(transaction->Begin().ok());
  EXPECT_TRUE(transaction->Commit(nullptr, {}).committed());
}

TEST(Transactions, OfAPredecessorEndWhenItsIdIsClaimed) {
  const std::string target = MakeTopic("target");
  const std::string id = UniqueName("id");
  const auto first = Claim(id);
  const OutputTopic topic = *first->Open(target);
  ASSERT_TRUE(first->Begin().ok());
  ASSERT_TRUE(first->Produce(topic, 0, Of("left open")).ok());
  const int64_t begun_ms = NowMs();
  const auto second = Claim(id);
  EXPECT_TRUE(CommitTo(second.get(), {*second->Open(target)}, "second").committed());
  EXPECT_EQ(ReadValues(target, 0), std::vector<std::string>{"second"});
  EXPECT_LT(NowMs() - begun_ms, 9'000) << "the successor waited for the timeout";
  const CommitResult late = first->Commit(nullptr, {});
  EXPECT_EQ(late.kind, Kind::kFenced) << late.status.message();
  EXPECT_NE(late.status.message().find(id), std::string_view::npos);
  EXPECT_EQ(ReadValues(target, 0), std::vector<std::string>{"second"});
}

// The refusals: each names the topic and what to do, and leaves the producer fit for the next
// transaction.
class Refusals : public ::testing::Test {
 protected:
  void SetUp() override {
    good_name_ = MakeTopic("good");
    transaction_ = Claim(UniqueName("id"));
    good_ = *transaction_->Open(good_name_);
  }
  void ExpectRefused(const CommitResult& result, const std::string& topic, Code code) {
    EXPECT_EQ(result.kind, Kind::kTopicRefused) << result.status.message();
    EXPECT_EQ(result.topic, topic);
    EXPECT_EQ(result.code, code);
    EXPECT_NE(result.status.message().find(topic), std::string_view::npos)
        << result.status.message();
    EXPECT_TRUE(CommitTo(transaction_.get(), {good_}, "next").committed());
    EXPECT_EQ(ReadValues(good_name_, 0), std::vector<std::string>{"next"});
  }
  std::string good_name_;
  std::unique_ptr<Transaction> transaction_;
  OutputTopic good_;
};

TEST_F(Refusals, OfTimestamps) {
  const std::string name = MakeTopic("strict", 1, {{"message.timestamp.after.max.ms", "1000"}});
  const OutputTopic strict = *transaction_->Open(name);
  const CommitResult result =
      CommitTo(transaction_.get(), {good_, strict}, "x", NowMs() + 3'600'000);
  EXPECT_EQ(transaction_->failed(), 1u);
  ExpectRefused(result, name, Code::kSinkRejected);
  EXPECT_TRUE(ReadValues(name, 0).empty());
}

TEST_F(Refusals, OfSizeByTheTopic) {
  const std::string name = MakeTopic("small", 1, {{"max.message.bytes", "10000"}});
  const OutputTopic small = *transaction_->Open(name);
  ExpectRefused(CommitTo(transaction_.get(), {good_, small}, std::string(20'000, 'x')), name,
                Code::kSinkRejected);
}

TEST_F(Refusals, OfSizeByTheProducer) {
  ASSERT_TRUE(transaction_->Begin().ok());
  ASSERT_TRUE(transaction_->Produce(good_, 0, Of("x")).ok());
  const std::string huge(6'000'000, 'x');
  EXPECT_EQ(transaction_->Produce(good_, 0, Of(huge)).action(), Action::kAbort);
  ExpectRefused(transaction_->Commit(nullptr, {}), good_name_, Code::kSinkRejected);
}

// A DLQ with fewer partitions than its source: the letter is never silently lost.
TEST_F(Refusals, OfAPartitionThatIsNotThere) {
  const std::string source = MakeTopic("source");
  Write(source, 0, {{.key = "k", .value = "v", .headers = {{"h", "1"}}}});
  const std::string group = UniqueName("group");
  Worker worker(GroupOf(group, group, {source}), Connect());
  ASSERT_TRUE(worker.TurnUntilPolled(1));
  const std::string letters = MakeTopic("letters", 2);
  const OutputTopic narrow = *transaction_->Open(letters);
  EXPECT_EQ(narrow.partitions, 2);
  ASSERT_TRUE(transaction_->Begin().ok());
  ASSERT_TRUE(transaction_->Produce(narrow, 1, Of("fits")).ok());
  ProducedRecord letter = Of("does not");
  letter.original = worker.lease();
  EXPECT_FALSE(transaction_->Produce(narrow, 2, letter).ok());
  EXPECT_FALSE(transaction_->Forward(narrow, -1, worker.records[0], worker.lease()).ok());
  EXPECT_EQ(transaction_->accepted(), 1u);
  ExpectRefused(transaction_->Commit(nullptr, {}), letters, Code::kObjectNotFound);
  EXPECT_TRUE(ReadValues(letters, 1).empty());
}

TEST_F(Refusals, OfATopicThatWasDeleted) {
  const std::string name = MakeTopic("gone");
  const OutputTopic gone = *transaction_->Open(name);
  EXPECT_TRUE(CommitTo(transaction_.get(), {gone}, "x").committed());
  DeleteTopic(name);
  // Until the client hears of the deletion it may only see that nobody takes the record; such a round is
  // tried again, as the worker does, and then the topic is refused by name.
  CommitResult result;
  ASSERT_TRUE(Eventually([&] {
    if (!transaction_->Begin().ok()) return false;
    EXPECT_TRUE(transaction_->Produce(good_, 0, Of("x")).ok());
    static_cast<void>(transaction_->Produce(gone, 0, Of("x")));  // refused here or at the commit
    result = transaction_->Commit(nullptr, {});
    return result.kind != Kind::kNotCommitted;
  }));
  ExpectRefused(result, name, Code::kObjectNotFound);
}

// Recreated smaller behind the producer's back: what it believes of the topic is out of date.
TEST_F(Refusals, OfATopicThatCameBackWithFewerPartitions) {
  const std::string name = MakeTopic("shrunk", 3);
  const OutputTopic shrunk = *transaction_->Open(name);
  DeleteTopic(name);
  ASSERT_TRUE((*TestAdmin().Create({{.name = name, .partitions = 1, .config = {}}}))[0].ok());
  ASSERT_TRUE(Eventually([&] { return TestAdmin().Query({name, 0}).ok(); }));
  ASSERT_TRUE(transaction_->Begin().ok());
  ASSERT_TRUE(transaction_->Produce(good_, 0, Of("x")).ok());
  // Refused at once, by the broker, or given up when nobody takes it: never lost by a commit that
  // succeeds.
  static_cast<void>(transaction_->Produce(shrunk, 2, Of("letter")));
  const CommitResult result = transaction_->Commit(nullptr, {});
  EXPECT_TRUE(result.kind == Kind::kTopicRefused || result.kind == Kind::kNotCommitted);
  EXPECT_TRUE(ReadValues(good_name_, 0).empty());
  // Opened again it is seen as it is.
  EXPECT_EQ(transaction_->Open(name)->partitions, 1);
  EXPECT_TRUE(CommitTo(transaction_.get(), {good_}, "next").committed());
}

TEST_F(Refusals, OfATopicByAnAcl) {
  if (SaslBrokers().empty()) GTEST_SKIP() << "no SASL listener";
  const std::string allowed = MakeTopic("allowed");
  const std::string denied = MakeTopic("denied");
  const std::string id = UniqueName("limited");
  AllowLimited(AclOn::kTopic, allowed, AclTo::kWrite);
  AllowLimited(AclOn::kTopic, denied, AclTo::kDescribe);
  AllowLimited(AclOn::kTransactionalId, id, AclTo::kWrite);
  const auto limited = Claim(id, ConnectLimited());
  const Result<OutputTopic> open_topic = limited->Open(allowed);
  const Result<OutputTopic> closed_topic = limited->Open(denied);
  ASSERT_TRUE(open_topic.ok() && closed_topic.ok());
  const CommitResult result = CommitTo(limited.get(), {*open_topic, *closed_topic}, "x");
  EXPECT_EQ(result.kind, Kind::kTopicRefused) << result.status.message();
  EXPECT_EQ(result.topic, denied);
  EXPECT_EQ(result.code, Code::kPermissionDenied);
  EXPECT_TRUE(CommitTo(limited.get(), {*open_topic}, "next").committed());
  EXPECT_EQ(ReadValues(allowed, 0), std::vector<std::string>{"next"});
}

TEST_F(Refusals, NameTheAclThatIsMissing) {
  if (SaslBrokers().empty()) GTEST_SKIP() << "no SASL listener";
  const std::string hidden = MakeTopic("hidden");
  const std::string id = UniqueName("stranger");
  auto stranger = kafka::NewTransaction(
      {.connection = ConnectLimited(), .transactional_id = id, .record_bytes_max = 1'000'000});
  const Status claimed = stranger->Recreate();
  ASSERT_FALSE(claimed.ok());
  EXPECT_EQ(claimed.action(), Action::kStop);
  EXPECT_NE(claimed.message().find("--transactional-id"), std::string_view::npos)
      << claimed.message();
  AllowLimited(AclOn::kTransactionalId, id, AclTo::kWrite);
  ASSERT_TRUE(Eventually([&] { return stranger->Recreate().ok(); }));
  const Result<OutputTopic> opened = stranger->Open(hidden);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.status().message().find("kafka-acls --topic"), std::string_view::npos)
      << opened.status().message();
}

TEST_F(Refusals, OfATopicThatDoesNotExist) {
  const std::string missing = UniqueName("missing");
  const Result<OutputTopic> opened = transaction_->Open(missing);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().action(), Action::kStop);
  EXPECT_NE(opened.status().message().find(missing), std::string_view::npos);
  EXPECT_NE(opened.status().message().find("create"), std::string_view::npos);
}

TEST_F(Refusals, OpeningAgainSeesNewPartitions) {
  const std::string name = MakeTopic("grows");
  const OutputTopic before = *transaction_->Open(name);
  AddPartitions(name, 3);
  OutputTopic after;
  ASSERT_TRUE(Eventually([&] {
    after = *transaction_->Open(name);
    return after.partitions == 3;
  }));
  EXPECT_EQ(after.index, before.index);
  ASSERT_TRUE(transaction_->Begin().ok());
  EXPECT_TRUE(transaction_->Produce(after, 2, Of("x")).ok());
  EXPECT_TRUE(transaction_->Commit(nullptr, {}).committed());
  ASSERT_TRUE(Eventually([&] { return TestAdmin().Query({name, 2}).ok(); }));
  EXPECT_EQ(ReadValues(name, 2), std::vector<std::string>{"x"});
}

// Slower than its own timeout: Kafka aborts it and says "fenced"; a new claim goes on.
TEST(Transactions, ThatTimeOutAreLostAndReclaimed) {
  const std::string target = MakeTopic("target");
  kafka::Connection connection = Connect();
  connection.producer = {{"transaction.timeout.ms", "1000"}, {"message.timeout.ms", "900"}};
  const auto transaction = Claim(UniqueName("id"), connection);
  const OutputTopic topic = *transaction->Open(target);
  ASSERT_TRUE(transaction->Begin().ok());
  ASSERT_TRUE(transaction->Produce(topic, 0, Of("too late")).ok());
  // The record is in the log and holds the end back until the coordinator has aborted.
  const auto reader = kafka::OpenLogReader(Connect(), "reader");
  ASSERT_TRUE(Eventually([&] { return TestAdmin().Query({target, 0})->high >= 2; }));
  const CommitResult late = transaction->Commit(nullptr, {});
  EXPECT_TRUE(late.kind == Kind::kFenced || late.kind == Kind::kUnknown ||
              late.kind == Kind::kNotCommitted)
      << late.status.message();
  ASSERT_TRUE(transaction->Recreate().ok());
  EXPECT_TRUE(CommitTo(transaction.get(), {*transaction->Open(target)}, "again").committed());
  EXPECT_EQ(ReadValues(target, 0), std::vector<std::string>{"again"});
}

// More records than the producer's queue holds: waited out, not refused.
TEST(Transactions, LargerThanTheQueueGoThrough) {
  const std::string target = MakeTopic("target");
  kafka::Connection connection = Connect();
  connection.producer = {{"queue.buffering.max.messages", "1000"}};
  const auto transaction = Claim(UniqueName("id"), connection);
  const OutputTopic topic = *transaction->Open(target);
  ASSERT_TRUE(transaction->Begin().ok());
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(transaction->Produce(topic, 0, Of("x")).ok());
  EXPECT_TRUE(transaction->Commit(nullptr, {}).committed());
  EXPECT_EQ(transaction->accepted(), 20'000u);
  EXPECT_EQ(ReadAll(target, 0).size(), 20'000u);
}

}  // namespace
}  // namespace fracas::broker_test
