// Who may commit for whom. Each case is a finding on a real broker (Kafka 3.9.1, librdkafka 2.0.2)
// that the pipeline's fencing rests on.

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include "core/text.h"
#include "kafka/epoch.h"
#include "kafka/failure.h"
#include "tests/broker/ports/worker.h"

namespace fracas::broker_test {
namespace {

using Kind = CommitResult::Kind;

// A and B share a group and a topic of two partitions. A has read ten records of each before B
// came.
class Fencing : public ::testing::Test {
 protected:
  void SetUp() override {
    source_ = MakeTopic("source", 2);
    target_ = MakeTopic("target");
    group_ = UniqueName("group");
    WriteNumbers(source_, 0, 30);
    WriteNumbers(source_, 1, 30);
    a_ = std::make_unique<Worker>(GroupOf(group_, group_ + "-a", {source_}), Connect());
    ASSERT_TRUE(a_->TurnUntilAssigned(2));
    ASSERT_TRUE(a_->TurnUntilPolled(20));
    old_epoch_ = a_->epoch;
  }

  // B joins; A follows its group until both hold one partition.
  void Join() {
    b_ = std::make_unique<Worker>(GroupOf(group_, group_ + "-b", {source_}), Connect());
    ASSERT_TRUE(Eventually([&] {
      a_->Turn(0);
      b_->Turn(0);
      return a_->assigned.size() == 1 && b_->assigned.size() == 1;
    }));
    lost_ = b_->assigned[0].partition;  // what A has lost to B
  }

  OffsetToCommit OffsetOf(const TopicPartition& partition, Offset offset) const {
    return {.partition = partition, .offset = offset, .metadata = {}};
  }

  std::string source_;
  std::string target_;
  std::string group_;
  std::unique_ptr<Worker> a_;
  std::unique_ptr<Worker> b_;
  std::shared_ptr<const AssignmentEpoch> old_epoch_;
  TopicPartition lost_;
};

TEST_F(Fencing, AnEarlierAssignmentCannotCommit) {
  Join();
  ASSERT_TRUE(b_->CommitOne(target_, "b", OffsetOf(lost_, 30), b_->epoch).committed());
  const CommitResult late = a_->CommitOne(target_, "a", OffsetOf(lost_, 10), old_epoch_);
  EXPECT_EQ(late.kind, Kind::kNotCommitted) << late.status.message();
  EXPECT_EQ(CommittedOf(group_, source_, lost_.partition), 30);
  EXPECT_EQ(ReadValues(target_, 0), std::vector<std::string>{"b"});
  // The handle is fine: with the assignment of now it commits for what it holds.
  const TopicPartition kept = a_->assigned[0].partition;
  EXPECT_TRUE(a_->CommitOne(target_, "a2", OffsetOf(kept, 10), a_->epoch).committed());
}

// Why the epoch is captured: Kafka does not know who owns a partition.
TEST_F(Fencing, KafkaAcceptsANonOwnerWithTheCurrentGeneration) {
  Join();
  ASSERT_TRUE(b_->CommitOne(target_, "b", OffsetOf(lost_, 30), b_->epoch).committed());
  const CommitResult late = a_->CommitOne(target_, "a", OffsetOf(lost_, 10), a_->epoch);
  EXPECT_TRUE(late.committed()) << late.status.message();
  EXPECT_TRUE(Eventually([&] { return CommittedOf(group_, source_, lost_.partition) == 10; }));
}

// A report of a zombie carries the partition's unmoved offset, and is fenced by it.
TEST_F(Fencing, AnUnmovedOffsetFencesAReport) {
  Join();
  const CommitResult fenced = a_->CommitOne(target_, "report", OffsetOf(lost_, 0), old_epoch_);
  EXPECT_EQ(fenced.kind, Kind::kNotCommitted);
  EXPECT_TRUE(ReadValues(target_, 0).empty());
  // Without any offset nothing does.
  const OutputTopic output = a_->Open(target_);
  ASSERT_TRUE(a_->transaction().Begin().ok());
  ASSERT_TRUE(
      a_->transaction().Produce(output, 0, {.key = {}, .value = "unfenced", .headers = {}}).ok());
  EXPECT_TRUE(a_->transaction().Commit(nullptr, {}).committed());
}

TEST_F(Fencing, MetadataOfAnOffsetReachesTheNextOwner) {
  OffsetToCommit offset = OffsetOf({source_, 0}, 10);
  offset.metadata = R"({"v":1,"attempt":2,"to":20})";
  ASSERT_TRUE(a_->CommitOne(target_, "a", offset, a_->epoch).committed());
  const Result<CommittedOffset> asked = a_->source().Committed({source_, 0});
  ASSERT_TRUE(asked.ok()) << asked.status().message();
  EXPECT_EQ(asked->offset, 10);
  EXPECT_EQ(asked->metadata, offset.metadata);
  a_->source().Close();
  b_ = std::make_unique<Worker>(GroupOf(group_, group_ + "-a", {source_}), Connect());
  ASSERT_TRUE(b_->TurnUntilAssigned(2));
  const AssignedPartition& assigned = b_->assigned[b_->SlotOf(0)];
  EXPECT_EQ(assigned.start, 10);
  EXPECT_EQ(assigned.committed, 10);
  EXPECT_EQ(assigned.metadata, offset.metadata);
  EXPECT_EQ(b_->assigned[b_->SlotOf(1)].committed, kNoOffset);
}

TEST_F(Fencing, MetadataMayBeAsLargeAsTheLimitSays) {
  OffsetToCommit offset = OffsetOf({source_, 0}, 10);
  offset.metadata = std::string(4'096, 'm');
  ASSERT_TRUE(a_->CommitOne(target_, "a", offset, a_->epoch).committed());
  EXPECT_EQ(a_->source().Committed({source_, 0})->metadata, offset.metadata);
}

// A transactional producer of the test's own, so that it can stop between offsets and commit.
class HalfCommit {
 public:
  explicit HalfCommit(const std::string& id) {
    char text[256];
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", Brokers().c_str(), text, sizeof(text));
    rd_kafka_conf_set(conf, "transactional.id", id.c_str(), text, sizeof(text));
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    Expect(rd_kafka_init_transactions(producer_, 30'000));
    Expect(rd_kafka_begin_transaction(producer_));
  }
  ~HalfCommit() { rd_kafka_destroy(producer_); }
  void SendOffset(const AssignmentEpoch& epoch, const TopicPartition& partition, Offset offset) {
    rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, partition.topic.c_str(), partition.partition)->offset =
        offset;
    const auto& group = static_cast<const kafka::GroupEpoch&>(epoch);
    Expect(rd_kafka_send_offsets_to_transaction(producer_, list, group.metadata(), 30'000));
    rd_kafka_topic_partition_list_destroy(list);
  }
  void Commit() { Expect(rd_kafka_commit_transaction(producer_, -1)); }

 private:
  static void Expect(rd_kafka_error_t* error) {
    const kafka::Failure failure = kafka::Take(error);
    EXPECT_TRUE(failure.ok()) << failure.text;
  }
  rd_kafka_t* producer_ = nullptr;
};

// Revoke does not wait for what is in flight: the new owner does, and starts exactly behind it.
TEST_F(Fencing, TheNewOwnerWaitsForATransactionInDoubt) {
  HalfCommit flight(group_ + "-a-flight");
  flight.SendOffset(*old_epoch_, {source_, 0}, 10);
  flight.SendOffset(*old_epoch_, {source_, 1}, 11);
  b_ = std::make_unique<Worker>(GroupOf(group_, group_ + "-b", {source_}), Connect());
  ASSERT_TRUE(Eventually([&] {  // A is told at once
    a_->Turn(0);
    b_->Turn(0);
    return a_->CountEvents(SourceEvent::Kind::kRevoked) == 1;
  }));
  for (int i = 0; i < 3; ++i) {
    a_->Turn(0);
    b_->Turn(0);
    ASSERT_TRUE(a_->assigned.empty() && b_->assigned.empty())
        << "assigned before the transaction ended";
  }
  flight.Commit();
  ASSERT_TRUE(Eventually([&] {
    a_->Turn(0);
    b_->Turn(0);
    return a_->assigned.size() == 1 && b_->assigned.size() == 1;
  }));
  for (const Worker* worker : {a_.get(), b_.get()}) {
    const AssignedPartition& assigned = worker->assigned[0];
    EXPECT_EQ(assigned.start, 10 + assigned.partition.partition);
  }
}

TEST_F(Fencing, AnEpochGrowsWithEachAssignment) {
  Join();
  EXPECT_EQ(old_epoch_->number(), 1u);
  EXPECT_EQ(a_->epoch->number(), 2u);
  const auto& before = static_cast<const kafka::GroupEpoch&>(*old_epoch_);
  const auto& after = static_cast<const kafka::GroupEpoch&>(*a_->epoch);
  EXPECT_TRUE(before.has_member() && after.has_member());
  EXPECT_LT(before.generation(), after.generation());
}

// A handle that is not in its group has no generation; Kafka would accept its offsets all the same.
TEST_F(Fencing, AnEpochOfAStrangerIsRefused) {
  char text[256];
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", Brokers().c_str(), text, sizeof(text));
  rd_kafka_conf_set(conf, "group.id", group_.c_str(), text, sizeof(text));
  rd_kafka_t* const consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
  const auto stranger = std::make_shared<kafka::GroupEpoch>(7, consumer);
  EXPECT_FALSE(stranger->has_member());
  const CommitResult result = a_->CommitOne(target_, "a", OffsetOf({source_, 0}, 5), stranger);
  EXPECT_EQ(result.kind, Kind::kNotCommitted);
  EXPECT_NE(result.status.message().find("generation"), std::string_view::npos)
      << result.status.message();
  EXPECT_EQ(CommittedOf(group_, source_, 0), kNoOffset);
  rd_kafka_destroy(consumer);
}

// The same instance name started twice: the older one is told so, and its transactions end.
TEST_F(Fencing, ASecondProcessOfTheSameNameEndsTheFirst) {
  const OutputTopic output = a_->Open(target_);
  ASSERT_TRUE(a_->transaction().Begin().ok());
  ASSERT_TRUE(
      a_->transaction().Produce(output, 0, {.key = {}, .value = "zombie", .headers = {}}).ok());
  b_ = std::make_unique<Worker>(GroupOf(group_, group_ + "-a", {source_}), Connect());
  ASSERT_TRUE(Eventually([&] {
    a_->Turn(0);
    b_->Turn(0);
    return a_->CountEvents(SourceEvent::Kind::kFenced) == 1 && b_->assigned.size() == 2;
  }));
  EXPECT_NE(a_->events.back().status.message().find("instance"), std::string_view::npos);
  const OffsetToCommit offset = OffsetOf({source_, 0}, 10);
  const CommitResult fenced = a_->transaction().Commit(old_epoch_.get(), std::span(&offset, 1));
  EXPECT_EQ(fenced.kind, Kind::kFenced) << fenced.status.message();
  EXPECT_FALSE(a_->transaction().Begin().ok());
  EXPECT_EQ(a_->transaction().Abort().kind, Kind::kFenced);
  EXPECT_TRUE(b_->CommitOne(target_, "b", offset, b_->epoch).committed());
  EXPECT_EQ(ReadValues(target_, 0), std::vector<std::string>{"b"});
}

TEST_F(Fencing, RecreateComesBackUnderTheSameName) {
  a_->LetGo();
  ASSERT_TRUE(a_->CommitOne(target_, "1", OffsetOf({source_, 0}, 4), a_->epoch).committed());
  ASSERT_TRUE(a_->transaction().Recreate().ok());
  ASSERT_TRUE(a_->source().Recreate().ok());
  a_->epoch = nullptr;
  a_->assigned.clear();
  a_->LetGo();
  ASSERT_TRUE(a_->TurnUntilAssigned(2));
  EXPECT_EQ(a_->assigned[a_->SlotOf(0)].start, 4);
  EXPECT_EQ(a_->epoch->number(), 2u);
  EXPECT_TRUE(a_->CommitOne(target_, "2", OffsetOf({source_, 0}, 5), a_->epoch).committed());
  EXPECT_EQ(ReadValues(target_, 0), (std::vector<std::string>{"1", "2"}));
}

}  // namespace
}  // namespace fracas::broker_test
