// Where a source stands: holding, releasing, seeking, lost data, deleted topics. K numbers are
// defects of librdkafka 2.0.2 (processor/kafka/README.md).

#include <gtest/gtest.h>

#include <set>

#include "core/text.h"
#include "tests/broker/ports/topic_orders.h"
#include "tests/broker/ports/worker.h"

namespace fracas::broker_test {
namespace {

class Positions : public ::testing::Test {
 protected:
  void Open(int32_t partitions, int records) {
    source_ = MakeTopic("source", partitions);
    group_ = UniqueName("group");
    kafka::SourceOptions options = GroupOf(group_, group_ + "-a", {source_});
    options.connection.consumer["topic.metadata.refresh.interval.ms"] = "1000";
    for (int32_t partition = 0; partition < partitions; ++partition)
      WriteNumbers(source_, partition, records);
    worker_ = std::make_unique<Worker>(options, Connect());
    ASSERT_TRUE(worker_->TurnUntilAssigned(static_cast<size_t>(partitions)));
    ASSERT_TRUE(worker_->TurnUntilPolled(static_cast<size_t>(partitions * records)));
    worker_->LetGo();
  }
  // The offsets that were polled, in order.
  std::vector<Offset> Offsets(PartitionSlot slot) const {
    std::vector<Offset> offsets;
    for (const Polled& record : worker_->polled) {
      if (record.slot == slot) offsets.push_back(record.offset);
    }
    return offsets;
  }
  std::vector<Offset> Range(Offset from, Offset to) const {
    std::vector<Offset> offsets;
    for (Offset offset = from; offset < to; ++offset) offsets.push_back(offset);
    return offsets;
  }
  // A record written now to `partition` has arrived: everything before it was seen or will not
  // come.
  void Arrive(int32_t partition, size_t records_before) {
    WriteNumbers(source_, partition, 1);
    ASSERT_TRUE(worker_->TurnUntilPolled(records_before + 1));
  }

  std::string source_;
  std::string group_;
  std::unique_ptr<Worker> worker_;
};

TEST_F(Positions, AHeldPartitionIsSilentAndComesBackWhereItWasHeld) {
  Open(2, 20);
  const PartitionSlot held = worker_->SlotOf(0);
  const PartitionSlot other = worker_->SlotOf(1);
  ASSERT_TRUE(worker_->source().Hold(held, 0).ok());  // K2: a pause alone would come back at 20
  ASSERT_TRUE(worker_->source().Hold(held, 0).ok());
  WriteNumbers(source_, 0, 5);
  Arrive(1, 0);
  EXPECT_TRUE(Offsets(held).empty());
  EXPECT_EQ(Offsets(other), Range(20, 21));
  worker_->LetGo();
  ASSERT_TRUE(worker_->source().Release(held).ok());
  ASSERT_TRUE(worker_->TurnUntilPolled(25));
  EXPECT_EQ(Offsets(held), Range(0, 25));
}

TEST_F(Positions, AHeldPartitionMayBeMovedBeforeItIsReleased) {
  Open(1, 20);
  ASSERT_TRUE(worker_->source().Hold(0, 0).ok());
  ASSERT_TRUE(worker_->source().Seek(0, 15).ok());
  ASSERT_TRUE(worker_->source().Hold(0, 12).ok());
  ASSERT_TRUE(worker_->source().Release(0).ok());
  ASSERT_TRUE(worker_->TurnUntilPolled(8));
  EXPECT_EQ(Offsets(0), Range(12, 20));
}

// K1: resuming a partition that runs would replay it from a stale offset.
TEST_F(Positions, ReleasingWhatIsNotHeldDoesNothing) {
  Open(1, 20);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(worker_->source().Release(0).ok());
  Arrive(0, 0);
  EXPECT_EQ(Offsets(0), Range(20, 21));
}

TEST_F(Positions, ASeekRepeatsAndSkipsExactly) {
  Open(1, 20);
  ASSERT_TRUE(worker_->source().Seek(0, 5).ok());
  ASSERT_TRUE(worker_->TurnUntilPolled(15));
  EXPECT_EQ(Offsets(0), Range(5, 20));
  worker_->LetGo();
  WriteNumbers(source_, 0, 10);
  ASSERT_TRUE(worker_->source().Seek(0, 28).ok());
  ASSERT_TRUE(worker_->TurnUntilPolled(2));
  EXPECT_EQ(Offsets(0), Range(28, 30));
}

// K5: what a full Poll left behind, and what librdkafka had fetched, is dropped by a seek.
TEST_F(Positions, ManySmallPollsWithSeeksBetweenLoseNothing) {
  Open(2, 3'000);
  for (PartitionSlot slot : {0u, 1u}) ASSERT_TRUE(worker_->source().Seek(slot, 0).ok());
  std::set<std::pair<PartitionSlot, Offset>> seen;
  std::vector<Offset> next = {0, 0};
  int turns = 0;
  ASSERT_TRUE(worker_->TurnUntil(
      [&] {
        for (const Polled& record : worker_->polled) {
          EXPECT_EQ(record.offset, next[record.slot]);
          next[record.slot] = record.offset + 1;
          seen.emplace(record.slot, record.offset);
        }
        worker_->LetGo();
        if (++turns % 7 == 0 &&
            turns < 200) {  // an abandoned batch: back by ten, held and released
          const PartitionSlot slot = static_cast<PartitionSlot>(turns % 2);
          next[slot] = std::max<Offset>(0, next[slot] - 10);
          EXPECT_TRUE(worker_->source().Hold(slot, next[slot]).ok());
          EXPECT_TRUE(worker_->source().Release(slot).ok());
        }
        return next[0] == 3'000 && next[1] == 3'000;
      },
      37));
  EXPECT_EQ(seen.size(), 6'000u);
}

// K3: a pause survives revocation inside librdkafka.
TEST_F(Positions, AHeldPartitionFlowsAfterItWasAssignedAnew) {
  Open(2, 20);
  for (PartitionSlot slot : {0u, 1u}) ASSERT_TRUE(worker_->source().Hold(slot, 0).ok());
  {
    Worker other(GroupOf(group_, group_ + "-b", {source_}), Connect());
    ASSERT_TRUE(Eventually([&] {
      worker_->Turn(0);
      other.Turn(0);
      return worker_->assigned.size() == 1 && other.assigned.size() == 1;
    }));
  }
  // Nobody holds what it had; the one that stayed flows from the committed offset or the start.
  ASSERT_TRUE(worker_->TurnUntilPolled(20));
  EXPECT_EQ(Offsets(worker_->assigned[0].slot), Range(0, 20));
}

TEST_F(Positions, AWorkerThatTakesNothingFollowsItsGroup) {
  Open(2, 20);
  Worker other(GroupOf(group_, group_ + "-b", {source_}), Connect());
  ASSERT_TRUE(Eventually([&] {
    worker_->Turn(0);
    other.Turn(0);
    return worker_->CountEvents(SourceEvent::Kind::kRevoked) == 1 && worker_->assigned.size() == 1;
  }));
  EXPECT_TRUE(worker_->polled.empty());
}

TEST_F(Positions, NothingOfARevokedAssignmentIsDelivered) {
  Open(2, 20);
  Worker other(GroupOf(group_, group_ + "-b", {source_}), Connect());
  WriteNumbers(source_, 0, 500);
  WriteNumbers(source_, 1, 500);
  std::vector<size_t> polled_at_revoke;
  ASSERT_TRUE(Eventually([&] {
    worker_->Turn(3);
    other.Turn(0);
    if (worker_->CountEvents(SourceEvent::Kind::kRevoked) == 1 && polled_at_revoke.empty()) {
      polled_at_revoke.push_back(worker_->polled.size());
    }
    return worker_->assigned.size() == 1;
  }));
  // Between the two events nothing came; afterwards only the partition that was assigned.
  const size_t before = worker_->polled.size();
  ASSERT_EQ(polled_at_revoke.size(), 1u);
  EXPECT_EQ(polled_at_revoke[0], before);
  ASSERT_TRUE(worker_->TurnUntilPolled(before + 520));
  EXPECT_EQ(worker_->polled[before].offset, 0);
  for (size_t i = before; i < worker_->polled.size(); ++i) {
    EXPECT_EQ(worker_->polled[i].slot, worker_->assigned[0].slot);
  }
}

// Behind the last record may be what is none: nobody waits for it.
TEST_F(Positions, AMarkerBehindTheLastRecordIsPassed) {
  Open(1, 20);
  EXPECT_TRUE(worker_->TurnUntil([&] { return worker_->source().Passed(0) == 20; }));
  Transaction& transaction = worker_->transaction();
  const OutputTopic topic = worker_->Open(source_);
  ASSERT_TRUE(transaction.Begin().ok());
  ProducedRecord record;
  record.value = "behind which the marker stands";
  ASSERT_TRUE(transaction.Produce(topic, 0, record).ok());
  EXPECT_TRUE(transaction.Commit(nullptr, {}).committed());
  EXPECT_TRUE(worker_->TurnUntil([&] { return worker_->source().Passed(0) == 22; }));
  EXPECT_EQ(Offsets(0), Range(20, 21));
  Arrive(0, 1);
  EXPECT_EQ(Offsets(0).back(), 22);
  ASSERT_TRUE(worker_->source().Seek(0, 0).ok());
  EXPECT_EQ(worker_->source().Passed(0), kNoOffset) << "there are records again";
}

TEST_F(Positions, StartLatestAndByTime) {
  source_ = MakeTopic("source");
  Write(source_, 0,
        {{.key = {}, .value = "old", .timestamp_ms = 1'000, .headers = {}},
         {.key = {}, .value = "mid", .timestamp_ms = 2'000, .headers = {}},
         {.key = {}, .value = "new", .timestamp_ms = 3'000, .headers = {}}});
  const auto start_of = [&](kafka::StartPolicy policy) {
    const std::string name = UniqueName("start");
    kafka::SourceOptions options = GroupOf(name, name, {source_});
    options.start = [policy](const kafka::Beginning&) { return policy; };
    Worker worker(options, Connect());
    EXPECT_TRUE(worker.TurnUntilAssigned(1));
    return worker.assigned[0].start;
  };
  using Start = kafka::StartPolicy::Kind;
  EXPECT_EQ(start_of({.kind = Start::kEarliest}), 0);
  EXPECT_EQ(start_of({.kind = Start::kLatest}), 3);
  EXPECT_EQ(start_of({.kind = Start::kTime, .time_ms = 1'500}), 1);
  EXPECT_EQ(start_of({.kind = Start::kTime, .time_ms = 2'000}), 1);
  EXPECT_EQ(start_of({.kind = Start::kTime, .time_ms = 9'000}), 3);
}

TEST_F(Positions, APatternFollowsTopicsThatAppear) {
  const std::string prefix = UniqueName("pattern");
  kafka::SourceOptions options = GroupOf(prefix, prefix, {Cat("^", prefix, "-.*")});
  options.connection.consumer["topic.metadata.refresh.interval.ms"] = "500";
  Worker worker(options, Connect());
  const std::string first = MakeTopic(prefix);
  ASSERT_TRUE(worker.TurnUntilAssigned(1));
  const std::string second = MakeTopic(prefix);
  ASSERT_TRUE(worker.TurnUntilAssigned(2));
  WriteNumbers(second, 0, 3);
  EXPECT_TRUE(worker.TurnUntilPolled(3));
}

TEST_F(Positions, SourceDataThatIsGoneIsReportedNotSkipped) {
  Open(1, 20);
  ASSERT_TRUE(worker_->source().Hold(0, 5).ok());
  DeleteRecordsBefore(source_, 0, 10);
  ASSERT_TRUE(worker_->source().Release(0).ok());
  ASSERT_TRUE(worker_->TurnUntil(
      [&] { return worker_->CountEvents(SourceEvent::Kind::kPartitionError) > 0; }));
  EXPECT_EQ(worker_->events.back().code, Code::kOffsetOutOfRange);
  EXPECT_EQ(worker_->events.back().offset, 5);
  EXPECT_TRUE(worker_->polled.empty());
  // It can be held like any other …
  const Status held = worker_->source().Hold(0, 5);
  ASSERT_TRUE(held.ok()) << held.message();
  for (int i = 0; i < 5; ++i) worker_->Turn();
  EXPECT_TRUE(worker_->polled.empty());
  // … and the one way past it is that somebody says from where.
  ASSERT_TRUE(worker_->source().Seek(0, 10).ok());
  ASSERT_TRUE(worker_->source().Release(0).ok());
  ASSERT_TRUE(worker_->TurnUntilPolled(10));
  EXPECT_EQ(Offsets(0), Range(10, 20));
  // The group has not noticed anything, and goes on with what there is.
  EXPECT_EQ(worker_->CountEvents(SourceEvent::Kind::kRevoked), 0);
  const CommitResult committed =
      worker_->CommitOne(MakeTopic("target"), "x",
                         {.partition = {source_, 0}, .offset = 20, .metadata = {}}, worker_->epoch);
  EXPECT_TRUE(committed.committed()) << committed.status.message();
  Worker other(GroupOf(group_, group_ + "-b", {source_}), Connect());
  EXPECT_TRUE(Eventually([&] {
    worker_->Turn(0);
    other.Turn(0);
    return worker_->epoch != nullptr && other.epoch != nullptr;
  }));
}

// K19: a batch that cannot be decompressed is fetched for ever.
TEST_F(Positions, ABatchThatCannotBeDecodedIsReportedOnce) {
  source_ = MakeTopic("bomb");
  group_ = UniqueName("group");
  kafka::SourceOptions options = GroupOf(group_, group_, {source_});
  options.connection.consumer = {{"fetch.max.bytes", "500000"},
                                 {"receive.message.max.bytes", "600000"},
                                 {"message.max.bytes", "400000"}};
  WriteNumbers(source_, 0, 3);
  Write(source_, 0, {{.key = {}, .value = std::string(900'000, 'z'), .headers = {}}},
        {{"compression.codec", "zstd"}});
  Worker worker(options, Connect());
  ASSERT_TRUE(
      worker.TurnUntil([&] { return worker.CountEvents(SourceEvent::Kind::kPartitionError) > 0; }));
  EXPECT_EQ(worker.events.back().code, Code::kDecodeFailed)
      << worker.events.back().status.message();
  EXPECT_EQ(worker.events.back().offset, 3);
  EXPECT_EQ(worker.polled.size(), 3u);
  for (int i = 0; i < 10; ++i) worker.Turn();
  EXPECT_EQ(worker.CountEvents(SourceEvent::Kind::kPartitionError), 1);
}

TEST_F(Positions, ADeletedTopicIsNamed) {
  Open(1, 5);
  DeleteTopic(source_);
  EXPECT_TRUE(worker_->TurnUntil([&] {
    return worker_->CountEvents(SourceEvent::Kind::kPartitionError) +
               worker_->CountEvents(SourceEvent::Kind::kRevoked) >
           0;
  }));
}

}  // namespace
}  // namespace fracas::broker_test
