#include "tools/next_step.h"

#include <gtest/gtest.h>

namespace fracas::tools {
namespace {

constexpr int64_t kNow = 1'769'860'800'000;

StreamLive Red() {
  StreamLive stream;
  stream.stream = "ingest/orders";
  stream.breaker.state = state::BreakerState::kRed;
  stream.breaker.cause = Code::kTypeMismatch;
  stream.breaker.pending = {{.source = {"orders.raw", 0},
                             .from = 10,
                             .to = 20,
                             .attempt = 2,
                             .cause = Code::kTypeMismatch,
                             .reason = "",
                             .record = 13}};
  return stream;
}

std::string Commands(const StreamLive& stream) {
  std::string all;
  for (const NextStep& step : NextSteps(stream, "f.yaml", kNow))
    all += step.command + " | " + step.because + "\n";
  return all;
}

TEST(NextSteps, GreenWantsNothing) {
  EXPECT_TRUE(NextSteps(StreamLive{.stream = "a/b"}, "f.yaml", kNow).empty());
}

TEST(NextSteps, AStalledStreamIsLookedInto) {
  StreamLive stream{.stream = "a/b"};
  stream.lag = 12;
  EXPECT_TRUE(NextSteps(stream, "f.yaml", kNow).empty()) << "it moves";
  stream.stalled_ms = kNow - 90'000;
  const std::vector<NextStep> steps = NextSteps(stream, "f.yaml", kNow);
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_EQ(steps[0].command, "fracas doctor -c f.yaml");
  EXPECT_NE(steps[0].because.find("12 records wait"), std::string::npos) << steps[0].because;
  EXPECT_NE(steps[0].because.find("2026-01-31T11:58:30"), std::string::npos) << steps[0].because;
}

TEST(NextSteps, RedIsResetOrItsRecordsQuarantined) {
  const std::vector<NextStep> steps = NextSteps(Red(), "f.yaml", kNow);
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_TRUE(
      steps[0].command.starts_with("fracas breaker reset -c f.yaml --stream ingest/orders --why"));
  EXPECT_NE(steps[0].because.find("fracas codes TYPE_MISMATCH"), std::string::npos);
  EXPECT_NE(steps[1].command.find("--from-attempt 'orders.raw/0/10-20#2'"), std::string::npos);
}

TEST(NextSteps, WhatIsTriedByItselfNeedsNobody) {
  StreamLive stream = Red();
  stream.breaker.retry = {.done = 1, .next_ms = kNow + 30'000};
  const std::vector<NextStep> steps = NextSteps(stream, "f.yaml", kNow);
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_EQ(steps[0].command, "");
  EXPECT_NE(steps[0].because.find("2026-01-31T12:00:30"), std::string::npos);
  stream.breaker.retry.exhausted = true;
  EXPECT_NE(Commands(stream).find("breaker reset"), std::string::npos);
}

TEST(NextSteps, PlannedMaintenanceWaitsForItsEnd) {
  StreamLive stream = Red();
  stream.breaker.planned = true;
  stream.breaker.planned_until_ms = kNow + 1;
  EXPECT_NE(Commands(stream).find("when the maintenance is over"), std::string::npos);
  stream.breaker.planned_until_ms = kNow - 1;
  EXPECT_EQ(Commands(stream).find("when the maintenance is over"), std::string::npos);
}

TEST(NextSteps, LostDataComesFirst) {
  StreamLive stream = Red();
  stream.retention = {{{"orders.raw", 0}, 10, 15, 0}};
  const std::vector<NextStep> steps = NextSteps(stream, "f.yaml", kNow);
  ASSERT_GE(steps.size(), 2u);
  EXPECT_TRUE(
      steps[0].command.starts_with("fracas offsets accept-loss -c f.yaml --stream ingest/orders "
                                   "--partition orders.raw/0 --to earliest"));
  EXPECT_NE(steps[0].because.find("5 offsets"), std::string::npos);
}

TEST(NextSteps, AProbeThatWaitsForAContractIsTold) {
  StreamLive stream = Red();
  stream.breaker.state = state::BreakerState::kProbe;
  stream.breaker.contract = std::string(64, 'a');
  stream.local = LocalView{.contract = std::string(64, 'b')};
  EXPECT_NE(Commands(stream).find("--reload"), std::string::npos);
  stream.local->contract = stream.breaker.contract;
  EXPECT_EQ(Commands(stream).find("--reload"), std::string::npos);
  EXPECT_NE(Commands(stream).find("0 of 1 ranges are through"), std::string::npos);
}

TEST(NextSteps, DiversionsExpiriesAndHeldPartitionsAreTold) {
  StreamLive stream{.stream = "a/b"};
  stream.breaker.diversion.codes = {Code::kTypeMismatch};
  stream.quarantine.expired = 3;
  stream.local = LocalView{.held = {{{"t", 1}, Code::kObjectNotFound, "the topic is gone"}}};
  const std::string all = Commands(stream);
  EXPECT_NE(all.find("breaker divert-end"), std::string::npos);
  EXPECT_NE(all.find("quarantine ls -c f.yaml --stream a/b --expired"), std::string::npos);
  EXPECT_NE(all.find("t/1 is held: the topic is gone"), std::string::npos);
}

TEST(RangeName, AsAttemptsAreNamed) {
  EXPECT_EQ(RangeName(Red().breaker.pending[0]), "orders.raw/0/10-20#2");
  state::PendingRange stuck = Red().breaker.pending[0];
  stuck.to = stuck.from;
  EXPECT_EQ(RangeName(stuck), "orders.raw/0 at 10");
}

}  // namespace
}  // namespace fracas::tools
