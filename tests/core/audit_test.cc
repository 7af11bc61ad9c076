#include "core/audit.h"

#include "core/finding.h"
#include "gtest/gtest.h"

namespace fracas {
namespace {

constexpr int64_t kWindow = 300'000;

// A batch with so many good and rejected records, the rejected ones first.
RecordColumns Records(size_t good, size_t rejected, Code code = Code::kJsonMalformed) {
  RecordColumns records;
  for (size_t i = 0; i < good + rejected; ++i) {
    records.Append(static_cast<Offset>(i), 0, {}, "v", 0);
    records.outcome[i] = i < rejected ? Outcome::kDeadLettered : Outcome::kPublished;
    records.code[i] = i < rejected ? code : Code::kNone;
  }
  return records;
}

Verdict Judge(const Thresholds& thresholds, const AuditWindow& window, size_t good,
              size_t rejected, int64_t now = 0) {
  return Audit(thresholds, window, {.records = good + rejected, .rejected = rejected},
               Records(good, rejected), Publishing::kCopy, now);
}

TEST(Audit, PublishesABatchWithoutFailure) {
  const Verdict verdict = Judge({}, AuditWindow(kWindow), 10, 0);
  EXPECT_EQ(verdict.action, Verdict::Action::kPublish);
  EXPECT_EQ(verdict.tally, (Tally{.published = 10}));
}

TEST(Audit, PublishesRejectedRecordsWithoutThresholds) {
  const Verdict verdict = Judge({}, AuditWindow(kWindow), 0, 10);
  EXPECT_EQ(verdict.action, Verdict::Action::kPublish);
  EXPECT_EQ(verdict.tally, (Tally{.dead_lettered = 10}));
}

TEST(Audit, HoldCodeAbandonsAndNamesTheFirstRecord) {
  RecordColumns records = Records(5, 2, Code::kTypeMismatch);
  const Verdict verdict =
      Audit({}, AuditWindow(kWindow), {.records = 7, .held = 1, .first_held = 1}, records,
            Publishing::kCopy, 0);
  EXPECT_EQ(verdict.action, Verdict::Action::kAbandon);
  EXPECT_EQ(verdict.reason, Verdict::Reason::kHoldCode);
  EXPECT_EQ(verdict.record, 1u);
  EXPECT_EQ(verdict.code, Code::kTypeMismatch);
  EXPECT_FALSE(verdict.would_hold);
  EXPECT_EQ(verdict.tally.Sum(), 7u);
}

TEST(Audit, ObservingNeverAbandonsAndSaysWhatItWouldDo) {
  RecordColumns records = Records(5, 2, Code::kTypeMismatch);
  const Verdict verdict =
      Audit({}, AuditWindow(kWindow), {.records = 7, .held = 1, .first_held = 0}, records,
            Publishing::kObserve, 0);
  EXPECT_EQ(verdict.action, Verdict::Action::kPublish);
  EXPECT_TRUE(verdict.would_hold);
  EXPECT_EQ(verdict.code, Code::kTypeMismatch);
}

TEST(Audit, RatioTripsOnlyAboveItsValueAndFromMinRecords) {
  const Thresholds thresholds{.window_ms = kWindow, .max_failed_ratio = 0.05, .min_records = 100};
  const AuditWindow empty(kWindow);
  EXPECT_EQ(Judge(thresholds, empty, 95, 5).reason, Verdict::Reason::kPassed);
  EXPECT_EQ(Judge(thresholds, empty, 94, 6).reason, Verdict::Reason::kFailedRatio);
  EXPECT_EQ(Judge(thresholds, empty, 0, 99).reason, Verdict::Reason::kPassed);
  EXPECT_EQ(Judge(thresholds, empty, 94, 6).code, Code::kQualityGateFailed);
}

TEST(Audit, CountTripsAboveItsValue) {
  const Thresholds thresholds{.window_ms = kWindow, .max_failed_records = 3};
  EXPECT_EQ(Judge(thresholds, AuditWindow(kWindow), 0, 3).reason, Verdict::Reason::kPassed);
  EXPECT_EQ(Judge(thresholds, AuditWindow(kWindow), 0, 4).reason, Verdict::Reason::kFailedRecords);
  EXPECT_EQ(Judge({.max_failed_records = 0}, AuditWindow(kWindow), 9, 1).reason,
            Verdict::Reason::kFailedRecords);
}

TEST(Audit, WindowAddsUpAndForgets) {
  const Thresholds thresholds{.window_ms = kWindow, .max_failed_records = 3};
  AuditWindow window(kWindow);
  window.Add(1'000, {.records = 50, .rejected = 3});
  EXPECT_EQ(Judge(thresholds, window, 9, 1, 2'000).reason, Verdict::Reason::kFailedRecords);
  EXPECT_EQ(Judge(thresholds, window, 9, 1, kWindow).reason, Verdict::Reason::kFailedRecords);
  EXPECT_EQ(Judge(thresholds, window, 9, 1, kWindow + 10'000).reason, Verdict::Reason::kPassed);
}

TEST(Audit, GoodBatchPassesWhateverTheWindowRemembers) {
  AuditWindow window(kWindow);
  window.Add(0, {.records = 10, .rejected = 10});
  const Thresholds thresholds{.max_failed_ratio = 0.01, .max_failed_records = 1};
  EXPECT_EQ(Judge(thresholds, window, 5, 0).reason, Verdict::Reason::kPassed);
}

TEST(AuditWindow, TakesBackWhatDidNotCommit) {
  AuditWindow window(kWindow);
  const AuditWindow::Entry kept = window.Add(5, {.records = 10, .rejected = 1});
  const AuditWindow::Entry taken = window.Add(5, {.records = 20, .rejected = 2});
  window.Remove(taken);
  EXPECT_EQ(window.Records(5), 10u);
  EXPECT_EQ(window.Failed(5), 1u);
  EXPECT_EQ(kept.records, 10u);
}

TEST(AuditWindow, RemoveOfAForgottenSlotChangesNothing) {
  AuditWindow window(300);  // slots of 10 ms
  const AuditWindow::Entry old = window.Add(0, {.records = 10, .rejected = 1});
  window.Add(310, {.records = 7, .rejected = 3});  // the same slot of the ring
  window.Remove(old);
  EXPECT_EQ(window.Records(310), 7u);
  EXPECT_EQ(window.Failed(310), 3u);
}

}  // namespace
}  // namespace fracas
