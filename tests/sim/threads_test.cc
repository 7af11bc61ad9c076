#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/text.h"
#include "gtest/gtest.h"
#include "pipeline/engine.h"
#include "tests/sim/group/checker.h"
#include "tests/sim/ports.h"
#include "tests/sim/scene.h"

// The engine with its real threads on the log in memory: what the simulation cannot see (data races, lost
// wake-ups, shutdown). Under the thread sanitizer this is the test that counts.

namespace fracas::sim {
namespace {

using pipeline::Engine;

class RealClock : public Clock {
 public:
  int64_t WallMs() const override { return Now(); }
  int64_t MonotonicMs() const override { return Now(); }

 private:
  static int64_t Now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

class Threads : public ::testing::Test {
 protected:
  pipeline::EngineOptions Options(uint32_t workers) {
    pipeline::EngineOptions options;
    options.plan = plan_;
    options.workers = workers;
    options.clock = &clock_;
    options.meters = &meters_;
    options.make_ports = [this](uint32_t worker) -> Result<pipeline::WorkerPorts> {
      const std::string name = Cat("g-i-", worker);
      return pipeline::WorkerPorts{
          std::make_unique<SimSource>(&broker_, &random_, &faults_, name,
                                      std::vector<std::string>{"a", "b", "c"}),
          std::make_unique<SimTransaction>(SimTransaction::Options{
              &broker_, &random_, &faults_, name, &crashed_, [] {}, [](const std::string&) {}})};
    };
    options.on_trip = [this](const pipeline::TripFact& fact) {
      const std::lock_guard lock(trips_mutex_);
      trips_.push_back({"p0", plan_->streams[ToInt(fact.batch.stream)]->id, INT64_MAX});
    };
    return options;
  }

  // Everything planted has been consumed, or `ms` have passed.
  bool WaitConsumed(uint64_t records, int64_t ms) {
    const int64_t until = clock_.MonotonicMs() + ms;
    while (clock_.MonotonicMs() < until) {
      if (Consumed() >= records) return true;
      std::this_thread::yield();
    }
    return false;
  }

  uint64_t Consumed() {
    uint64_t consumed = 0;
    meters_.Visit([&](const StreamCell& cell) { consumed += cell.consumed.load(); },
                  [](const WorkerCell&) {});
    return consumed;
  }

  Broker broker_;
  Random random_{11};
  Faults faults_;
  Scene scene_{&broker_, &random_};
  std::shared_ptr<const pipeline::Plan> plan_ = scene_.MakePlan("i", "p0");
  RealClock clock_;
  Meters meters_;
  std::mutex trips_mutex_;
  std::vector<Trip> trips_;
  const bool crashed_ = false;
};

TEST_F(Threads, PublishesEverythingOnce) {
  faults_.not_committed = faults_.unknown_committed = faults_.unknown_aborted = 20;
  scene_.Append({}, 2'000);
  auto engine = Engine::Start(Options(3));
  ASSERT_TRUE(engine.ok()) << engine.status().message();
  EXPECT_TRUE(WaitConsumed(2'000, 60'000));
  // Readiness is told by each worker in turn: the last one may be at work for another moment.
  const int64_t until = clock_.MonotonicMs() + 60'000;
  while (!(*engine)->readiness().ready && clock_.MonotonicMs() < until) std::this_thread::yield();
  EXPECT_TRUE((*engine)->readiness().ready);
  EXPECT_TRUE((*engine)->Stop().ok());
  EXPECT_EQ((*engine)->Wait(0), Engine::Phase::kStopped);
  EXPECT_EQ(Consumed(), 2'000u);
  EXPECT_EQ(Check({&broker_, &scene_.planted(), &trips_}), std::vector<std::string>());
}

TEST_F(Threads, AHoldTurnsItsStreamRedAndNoOther) {
  scene_.Append({.held = 0, .rejected = 0, .warned = 0}, 200);
  auto engine = Engine::Start(Options(2));
  ASSERT_TRUE(engine.ok());
  ASSERT_TRUE(WaitConsumed(200, 60'000));
  {
    const std::lock_guard lock(broker_.mutex());
    broker_.log({"a", 0}).push_back(
        {Entry::State::kCommitted, {std::nullopt, R"({"v":"one"})", {}, 0}});
    broker_.log({"b", 0}).push_back(
        {Entry::State::kCommitted, {std::nullopt, R"({"v":1})", {}, 0}});
  }
  ASSERT_TRUE(WaitConsumed(201, 60'000));
  const int64_t until = clock_.MonotonicMs() + 60'000;
  while ((*engine)->readiness().red.empty() && clock_.MonotonicMs() < until) {
    std::this_thread::yield();
  }
  const pipeline::Readiness readiness = (*engine)->readiness();
  ASSERT_EQ(readiness.red.size(), 1u);
  EXPECT_EQ(readiness.red[0].stream, "a");
  EXPECT_EQ(readiness.red[0].cause, Code::kTypeMismatch);
  EXPECT_EQ(readiness.red[0].pending.size(), 1u);
  EXPECT_TRUE(readiness.ready);
  EXPECT_TRUE((*engine)->Stop().ok());
}

TEST_F(Threads, LostSourceDataTripsItsStreamAndIsReported) {
  faults_.lost = {"b", 1};
  auto engine = Engine::Start(Options(2));
  ASSERT_TRUE(engine.ok());
  const int64_t until = clock_.MonotonicMs() + 60'000;
  while ((*engine)->readiness().red.empty() && clock_.MonotonicMs() < until) {
    std::this_thread::yield();
  }
  const pipeline::Readiness readiness = (*engine)->readiness();
  ASSERT_EQ(readiness.red.size(), 1u);
  EXPECT_EQ(readiness.red[0].stream, "b");
  EXPECT_EQ(readiness.red[0].cause, Code::kOffsetOutOfRange);
  EXPECT_TRUE((*engine)->Stop().ok());
  size_t reported = 0;
  for (int32_t i = 0; i < 2; ++i) reported += broker_.Visible({"failures", i}).size();
  EXPECT_EQ(reported, 1u);
  EXPECT_EQ(broker_.Committed({"b", 1})->offset, 0);  // unmoved
}

TEST_F(Threads, LostSourceDataOfAnObservedStreamHoldsThePartitionOnly) {
  faults_.lost = {"c", 0};
  scene_.Append({.rejected = 0, .warned = 0}, 200);
  auto engine = Engine::Start(Options(1));
  ASSERT_TRUE(engine.ok());
  EXPECT_TRUE(WaitConsumed(200 - scene_.planted().at({"c", 0}).size(), 60'000));
  EXPECT_TRUE((*engine)->readiness().red.empty());
  ASSERT_EQ((*engine)->readiness().held.size(), 1u);
  EXPECT_EQ((*engine)->readiness().held[0].code, Code::kOffsetOutOfRange);
  EXPECT_TRUE((*engine)->Stop().ok());
}

TEST_F(Threads, StopsBeforeAnythingWasRead) {
  auto engine = Engine::Start(Options(2));
  ASSERT_TRUE(engine.ok());
  EXPECT_TRUE((*engine)->Stop().ok());
  EXPECT_TRUE((*engine)->Stop().ok());
}

TEST_F(Threads, FailsWhenItsOwnTopicIsMissing) {
  broker_.DeleteTopic("batches");
  auto engine = Engine::Start(Options(2));
  ASSERT_TRUE(engine.ok());
  EXPECT_EQ((*engine)->Wait(30'000), Engine::Phase::kFailed);
  EXPECT_NE((*engine)->status().message().find("batches"), std::string_view::npos);
}

TEST_F(Threads, HoldsAPartitionWithoutCounterpart) {
  broker_.DeleteTopic("a.dlq");
  broker_.CreateTopic("a.dlq", 2);
  scene_.Append({.rejected = 0, .warned = 0}, 300);
  auto engine = Engine::Start(Options(1));
  ASSERT_TRUE(engine.ok());
  const uint64_t rest = 300 - scene_.planted().at({"a", 2}).size();
  EXPECT_TRUE(WaitConsumed(rest, 60'000));
  const std::vector<pipeline::PartitionHold> held = (*engine)->readiness().held;
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].partition, (TopicPartition{"a", 2}));
  EXPECT_NE(held[0].reason.find("a.dlq"), std::string::npos);
  EXPECT_TRUE((*engine)->Stop().ok());
  EXPECT_EQ(Consumed(), rest);
}

}  // namespace
}  // namespace fracas::sim
