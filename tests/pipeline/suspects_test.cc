#include "pipeline/suspects.h"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

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

// Whether somebody else, beside or alone, comes in only when `suspects` has ended.
void ExpectWaits(JudgingGate* gate, Suspects* suspects, bool waits) {
  auto other = std::async(std::launch::async, [gate] {
    gate->EnterBesides();
    gate->LeaveBesides();
  });
  const auto limit = waits ? std::chrono::milliseconds(20) : std::chrono::milliseconds(60'000);
  EXPECT_EQ(other.wait_for(limit) == std::future_status::timeout, waits);
  suspects->End();
  other.get();
  gate->EnterAlone();  // nobody is left inside
  gate->LeaveAlone();
}

TEST(JudgingGate, WhoWaitsToBeAloneGoesBeforeThoseWhoComeLater) {
  JudgingGate gate;
  std::atomic<bool> stop = false;
  std::vector<std::thread> busy;
  for (int i = 0; i < 3; ++i) {
    busy.emplace_back([&] {
      while (!stop.load()) {
        gate.EnterBesides();
        std::this_thread::yield();
        gate.LeaveBesides();
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    gate.EnterAlone();
    gate.LeaveAlone();
  }
  stop = true;
  for (std::thread& each : busy) each.join();
}

TEST(Suspects, WatchesARangeInWhichTheWorkerDied) {
  TestLog log;
  log.deaths = {{kSource, 10, 20, 1}};
  JudgingGate gate;
  Suspects suspects(&log, {}, &gate);
  Batch batch;
  Fill(&batch, 0, 10);
  suspects.Begin(&batch);
  EXPECT_EQ(batch.watch, nullptr);
  ExpectWaits(&gate, &suspects, false);
  Fill(&batch, 18, 40);
  suspects.Begin(&batch);
  EXPECT_EQ(batch.watch, &log);
  ExpectWaits(&gate, &suspects, true);
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
  JudgingGate gate;
  Suspects suspects(&log, {{kSource, 10, 20, 1}}, &gate);
  suspects.Begin(kSource, 20);
  ExpectWaits(&gate, &suspects, false);
  suspects.Begin(kSource, 19);
  ExpectWaits(&gate, &suspects, true);
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
  JudgingGate gate;
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
