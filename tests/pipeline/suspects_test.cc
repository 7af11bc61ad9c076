#include "pipeline/suspects.h"

#include <shared_mutex>

#include "core/limits.h"
#include "gtest/gtest.h"

namespace fracas::pipeline {
namespace {

class TestLog : public CrashLog {
 public:
  std::vector<CrashRange> deaths;
  std::vector<Offset> at;
  Offset forgotten = kNoOffset;
  std::vector<CrashRange> Deaths() const override { return deaths; }
  void Begin(const TopicPartition&, Offset, Offset) override {}
  void At(Offset offset) override { at.push_back(offset); }
  void End() override {}
  void Forget(const TopicPartition&, Offset offset) override { forgotten = offset; }
};

const TopicPartition kSource{"t", 1};

void Fill(Batch* batch, Offset from, Offset to) {
  batch->Reset();
  batch->id = {StreamIndex{0}, kSource, from, to, 1};
  for (Offset offset = from; offset < to; offset += 2) batch->records.Append(offset, 0, "", "{}", 0);
}

TEST(Suspects, WithoutALogNothingIsSpecial) {
  Suspects suspects(nullptr, {}, nullptr);
  Batch batch;
  Fill(&batch, 0, 10);
  suspects.Begin(&batch);
  suspects.End();
  EXPECT_TRUE(batch.masked.empty());
  EXPECT_EQ(batch.watch, nullptr);
}

TEST(Suspects, WatchesARangeInWhichTheWorkerDied) {
  TestLog log;
  log.deaths = {{kSource, 10, 20, 1}};
  std::shared_mutex gate;
  Suspects suspects(&log, {}, &gate);
  Batch batch;
  Fill(&batch, 0, 10);
  suspects.Begin(&batch);
  EXPECT_EQ(batch.watch, nullptr);
  EXPECT_TRUE(gate.try_lock_shared());
  gate.unlock_shared();
  Fill(&batch, 18, 40);
  suspects.Begin(&batch);
  EXPECT_EQ(batch.watch, &log);
  EXPECT_FALSE(gate.try_lock_shared());  // alone
  suspects.End();
  EXPECT_TRUE(gate.try_lock());
  gate.unlock();
  Fill(&batch, 18, 40);
  batch.id.source.partition = 2;
  suspects.Begin(&batch);
  EXPECT_EQ(batch.watch, nullptr);
}

TEST(Suspects, MasksARecordAtTheLastDeathOnly) {
  TestLog log;
  log.deaths = {{kSource, 14, 15, limits::kPoisonDeathsMax - 1}};
  Batch batch;
  Fill(&batch, 10, 20);
  Suspects(&log, {}, nullptr).Begin(&batch);
  EXPECT_TRUE(batch.masked.empty());
  EXPECT_EQ(batch.watch, &log);
  log.deaths[0].deaths = limits::kPoisonDeathsMax;
  Fill(&batch, 10, 20);
  Suspects(&log, {}, nullptr).Begin(&batch);
  ASSERT_EQ(batch.masked.size(), 1u);
  EXPECT_EQ(batch.records.offset[batch.masked[0].record], 14);
  EXPECT_EQ(batch.masked[0].code, Code::kPoisonRecord);
  EXPECT_TRUE(batch.masked[0].poison && batch.masked[0].unread);
  EXPECT_EQ(batch.watch, nullptr);
}

TEST(Suspects, ARecordThatKilledThePublisherIsMaskedByTheWorker) {
  TestLog log;
  Batch batch;
  Fill(&batch, 10, 20);
  Suspects(&log, {{kSource, 14, 15, limits::kPoisonDeathsMax}}, nullptr).Begin(&batch);
  ASSERT_EQ(batch.masked.size(), 1u);
  EXPECT_EQ(batch.masked[0].code, Code::kPoisonRecord);
}

TEST(Suspects, DescribesARecordAloneWhereSomebodyDied) {
  TestLog log;
  std::shared_mutex gate;
  Suspects suspects(&log, {{kSource, 10, 20, 1}}, &gate);
  suspects.Begin(kSource, 20);
  EXPECT_TRUE(gate.try_lock_shared());
  gate.unlock_shared();
  suspects.End();
  suspects.Begin(kSource, 19);
  EXPECT_FALSE(gate.try_lock_shared());
  suspects.End();
  EXPECT_TRUE(gate.try_lock());
  gate.unlock();
}

TEST(Suspects, AnEntryOfTheAuthorityIsNotRepeated) {
  TestLog log;
  log.deaths = {{kSource, 14, 15, limits::kPoisonDeathsMax}};
  Batch batch;
  Fill(&batch, 10, 20);
  batch.masked.push_back({2, Code::kPoisonRecord, "entry", false, true});
  Suspects(&log, {}, nullptr).Begin(&batch);
  ASSERT_EQ(batch.masked.size(), 1u);
  EXPECT_FALSE(batch.masked[0].poison);
}

TEST(Suspects, SuspicionEndsBehindTheRange) {
  TestLog log;
  log.deaths = {{kSource, 10, 20, 1}};
  std::shared_mutex gate;
  Suspects suspects(&log, {}, &gate);
  Round round;
  Batch* batch = round.AddBatch();
  Fill(batch, 10, 18);
  suspects.Committed(round);
  EXPECT_EQ(log.forgotten, kNoOffset);
  batch->id.to = 20;
  batch->verdict.action = Verdict::Action::kAbandon;
  suspects.Committed(round);
  EXPECT_EQ(log.forgotten, kNoOffset);
  batch->verdict.action = Verdict::Action::kPublish;
  suspects.Committed(round);
  EXPECT_EQ(log.forgotten, 20);
}

}  // namespace
}  // namespace fracas::pipeline
