#include "pipeline/report.h"

#include <gtest/gtest.h>

#include "contract/contract.h"
#include "core/limits.h"

namespace fracas::pipeline {
namespace {

class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    StreamPlan stream;
    stream.pipeline = "ingest";
    stream.id = "crm.contacts";
    stream.contract = contract::CompileRules({}).contract;
    plan_->group = "fracas";
    plan_->instance = "node-1";
    plan_->streams = {std::make_shared<const StreamPlan>(std::move(stream))};
    round_.view = std::make_shared<const ControlView>(ControlView::Parts{
        .plan = plan_,
        .state = nullptr,
        .streams = std::vector<StreamControl>(1),
        .changes = 7,
        .lagging = ""});
    round_.wall_ms = 1'769'860'800'123;
  }

  // A published batch of three records at the beginning of `partition`.
  void Count(Partition partition, Reporter* reporter) {
    Batch batch;
    batch.id = {StreamIndex{0}, {std::string(249, 't'), partition}, 0, 3, 1};
    for (Offset offset = 0; offset < 3; ++offset) batch.records.Append(offset, 0, "", "{}", 0);
    batch.verdict.tally = {3, 0, 0, 0};
    reporter->Count(batch, round_);
  }

  std::shared_ptr<Plan> plan_ = std::make_shared<Plan>();
  Round round_;
};

TEST_F(ReportTest, OneSummaryOfAStream) {
  Reporter reporter(4);
  reporter.Begin();
  Count(0, &reporter);
  Count(1, &reporter);
  std::vector<Report> reports;
  reporter.TakeSummaries(&round_, &reports);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].key, "ingest/crm.contacts");
  const auto summary = wire::DecodeSummary(reports[0].value);
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  EXPECT_EQ(summary->ranges.size(), 2u);
  EXPECT_EQ(summary->counts.published, 6u);
  EXPECT_EQ(summary->worker, 4u);
  EXPECT_EQ(summary->state_offset, 7);
  reports.clear();
  reporter.TakeSummaries(&round_, &reports);
  EXPECT_TRUE(reports.empty());
}

// A topic takes 1 MB by default: a round with more ranges writes several summaries, each true by
// itself.
TEST_F(ReportTest, ManyRangesMakeSeveralSummaries) {
  Reporter reporter(0);
  reporter.Begin();
  const auto ranges = static_cast<Partition>(2 * limits::kSummaryRangesMax + 1);
  for (Partition partition = 0; partition < ranges; ++partition) Count(partition, &reporter);
  std::vector<Report> reports;
  reporter.TakeSummaries(&round_, &reports);
  ASSERT_EQ(reports.size(), 3u);
  uint64_t published = 0;
  Partition next = 0;
  for (const Report& report : reports) {
    EXPECT_LT(report.value.size(), limits::kMiB / 2);
    const auto summary = wire::DecodeSummary(report.value);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(wire::CheckConservation(*summary), "");
    published += summary->counts.published;
    for (const wire::SummaryRange& range : summary->ranges) {
      EXPECT_EQ(range.source.partition, next++);
    }
  }
  EXPECT_EQ(next, ranges);
  EXPECT_EQ(published, 3u * static_cast<uint64_t>(ranges));
}

}  // namespace
}  // namespace fracas::pipeline
