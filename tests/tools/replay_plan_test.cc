#include <gtest/gtest.h>

#include "core/limits_tools.h"
#include "core/text.h"
#include "tests/tools/fake_group.h"
#include "tools/replay/plan.h"

namespace fracas::tools {
namespace {

class FakeProbe : public ClusterProbe {
 public:
  explicit FakeProbe(FakeGroup* group) : group_(group) {}
  Result<Offset> OffsetAt(const TopicPartition& partition, int64_t time_ms) override {
    const auto& log = group_->logs[partition];
    for (size_t i = 0; i < log.size(); ++i) {
      if (log[i].timestamp_ms >= time_ms) return static_cast<Offset>(i);
    }
    return static_cast<Offset>(log.size());
  }
  Result<Watermarks> Stable(const TopicPartition& partition) override {
    return group_->Query(partition);
  }

 private:
  FakeGroup* const group_;
};

class ReplayPlanTest : public testing::Test {
 protected:
  ReplayPlanTest() : probe_(&group_) {
    config_.group = "shop";
    config_.file = "shop.yaml";
    config_.marks[""] = {"shop.yaml", 1, 1};
    config_.topics = {.failures = "shop.failures",
                      .batches = "shop.batches",
                      .control = "shop.control",
                      .journal = "shop.journal",
                      .state = "shop.state",
                      .ledger = "shop.ledger"};
    config::Stream& stream = config_.streams.emplace_back();
    stream.pipeline = "ingest";
    stream.id = "orders";
    stream.topics.push_back({.value = "orders.raw", .mark = {}});
    stream.publish_topic.value = "orders";
    stream.dead_letter_topic.value = "{topic}.dlq";
    stream.mode = config::PublishMode::kCopy;
    stream.replay.count_max = 7;
    stream.marks[""] = {"shop.yaml", 1, 1};
    for (const char* topic :
         {"orders.raw", "orders", "orders.raw.dlq", "archive", "again", "shop.replays"}) {
      group_.AddTopic(topic, 2);
    }
    for (int i = 0; i < 10; ++i) {
      for (const char* topic : {"orders.raw", "orders.raw.dlq", "archive"}) {
        group_.Append({topic, 0}, "k", "{}", 1'000 * i);
      }
    }
    group_.lows[{"archive", 0}] = 2;
    request_.to = "again";
  }
  PlanPorts ports() { return {.admin = &group_, .probe = &probe_, .clock = &group_.clock}; }
  Result<ReplayPlan> Plan() {
    Result<ReplayPlan> plan = PlanReplay(config_, request_, ports());
    if (!plan.ok()) return plan;
    if (Status s = PlanRanges(config_, ports(), &*plan); !s.ok()) return s;
    return plan;
  }
  std::string Refusal() {
    Result<ReplayPlan> plan = Plan();
    if (plan.ok()) return "planned";
    EXPECT_EQ(plan.status().action(), Action::kReject) << plan.status().message();
    return std::string(plan.status().message());
  }

  config::Config config_;
  FakeGroup group_;
  FakeProbe probe_;
  ReplayRequest request_;
};

std::string Text(const ReplayPlan& plan) {
  std::string text;
  for (const ReplayRange& range : plan.job.ranges) {
    AppendTo(&text, range.source.topic, "/", range.source.partition, "/", range.from, "-", range.to,
             " ");
  }
  return text;
}

TEST_F(ReplayPlanTest, ATopicIsReadAsFarAsItIs) {
  request_.what = {"archive"};
  Result<ReplayPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_FALSE(plan->letters);
  EXPECT_EQ(Text(*plan), "archive/0/2-10 ");
  EXPECT_EQ(plan->stream, nullptr);
  EXPECT_EQ(plan->unjudged, "no stream of shop.yaml reads again");
  EXPECT_EQ(plan->rules.count_max, limits::kReplayCountMaxDefault);
  EXPECT_TRUE(plan->made_name && plan->job.name.starts_with("job-"));
  request_.letters.since = "1970-01-01T00:00:05Z";
  plan = Plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(Text(*plan), "archive/0/5-10 ");
}

TEST_F(ReplayPlanTest, PlacesMustBeThereAndNamedOnce) {
  request_.what = {"archive/0/3-5", "archive/0/7"};
  Result<ReplayPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(Text(*plan), "archive/0/3-5 archive/0/7-8 ");
  request_.what = {"archive/0/3-5", "archive/0/4"};
  EXPECT_NE(Refusal().find("named twice"), std::string::npos);
  request_.what = {"archive/0/1"};  // retention has taken it
  EXPECT_NE(Refusal().find("holds offsets 2 to 10"), std::string::npos);
  request_.what = {"archive/0/10"};
  EXPECT_NE(Refusal().find("is not there"), std::string::npos);
  request_.what = {"nothing"};
  EXPECT_NE(Refusal().find("no topic nothing"), std::string::npos);
}

TEST_F(ReplayPlanTest, WhatWasPublishedAlreadyIsTypedOut) {
  request_.what = {"orders.raw"};
  EXPECT_NE(Refusal().find("--already-published"), std::string::npos);
  request_.what = {"orders"};
  EXPECT_NE(Refusal().find("--already-published"), std::string::npos);
  request_.already_published = true;
  EXPECT_TRUE(Plan().ok());
  request_ = {.to = "again"};
  for (const char* state : {"all", "resolved"}) {
    request_.letters.state = state;
    EXPECT_NE(Refusal().find("--already-published"), std::string::npos) << state;
  }
  request_.letters.state = "discarded";
  EXPECT_TRUE(Plan().ok());
}

TEST_F(ReplayPlanTest, NothingIsSentWhereFracasAloneWrites) {
  request_.what = {"archive"};
  for (const char* topic : {"orders.raw.dlq", "shop.control", "shop.state", "shop.replays"}) {
    request_.to = topic;
    EXPECT_NE(Refusal().find("written by Fracas alone"), std::string::npos) << topic;
  }
  request_.to = "orders";
  EXPECT_NE(Refusal().find("send to its source orders.raw"), std::string::npos);
  request_.to = "nothing";
  EXPECT_NE(Refusal().find("no topic nothing"), std::string::npos);
  request_.to = "again";
  request_.what = {"shop.journal"};
  EXPECT_NE(Refusal().find("no data of a stream"), std::string::npos);
}

TEST_F(ReplayPlanTest, DeadLettersAreThoseOfTheTargetsStream) {
  config::Stream other = config_.streams.front();
  other.id = "invoices";
  other.topics.front().value = "invoices.raw";
  other.publish_topic.value = "invoices";
  config_.streams.push_back(other);
  for (const char* topic : {"invoices.raw", "invoices", "invoices.raw.dlq"}) group_.AddTopic(topic);
  group_.Append({"invoices.raw.dlq", 0}, "k", "{}");
  request_.to = "orders.raw";
  request_.letters.codes = {"TYPE_MISMATCH"};
  Result<ReplayPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_TRUE(plan->letters);
  EXPECT_EQ(plan->selection.stream, "ingest/orders");
  EXPECT_EQ(Text(*plan), "orders.raw.dlq/0/0-10 ");
  ASSERT_NE(plan->stream, nullptr);
  EXPECT_EQ(plan->rules.count_max, 7);
  // Where the letters of what is sent will come: behind those that are there.
  ASSERT_EQ(plan->job.letters.size(), 2U);
  EXPECT_EQ(plan->job.letters[0].offset, 10);
  request_.to = "again";
  plan = Plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(Text(*plan), "invoices.raw.dlq/0/0-1 orders.raw.dlq/0/0-10 ");
}

TEST_F(ReplayPlanTest, AStreamThatOnlyObservesJudgesNothing) {
  config_.streams.front().mode = config::PublishMode::kNone;
  request_.to = "orders.raw";
  request_.what = {"archive"};
  Result<ReplayPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->stream, nullptr);
  EXPECT_NE(plan->unjudged.find("only observes"), std::string::npos);
}

TEST_F(ReplayPlanTest, LettersAndRecordsAreTwoJobs) {
  request_.what = {"orders.raw.dlq", "archive"};
  EXPECT_NE(Refusal().find("two jobs"), std::string::npos);
  request_.what = {"archive"};
  request_.letters.codes = {"TYPE_MISMATCH"};
  EXPECT_NE(Refusal().find("--topic archive"), std::string::npos);
  request_.letters.codes.clear();
  request_.quarantine = "C-1";
  EXPECT_NE(Refusal().find("select dead letters"), std::string::npos);
}

TEST_F(ReplayPlanTest, WhatRetentionHasTakenMeanwhileIsNotPassedOver) {
  ReplayJob job;
  job.name = "j";
  job.ranges = {{.source = {"archive", 0}, .from = 0, .to = 10, .next = 2}};
  EXPECT_TRUE(CheckStillThere(job, &group_).ok());
  job.ranges[0].next = 1;
  const Status gone = CheckStillThere(job, &group_);
  EXPECT_EQ(gone.action(), Action::kStop);
  EXPECT_NE(gone.message().find("offsets 1 to 2 of archive/0"), std::string::npos)
      << gone.message();
  job.ranges[0].next = 10;
  EXPECT_TRUE(CheckStillThere(job, &group_).ok()) << "it was read before";
}

TEST_F(ReplayPlanTest, TheNameIsTheRequest) {
  request_.what = {"archive"};
  const std::string name = Plan()->job.name;
  EXPECT_EQ(Plan()->job.name, name);
  request_.who = "somebody else";
  EXPECT_EQ(Plan()->job.name, name);
  request_.filter.headers = {"a"};
  EXPECT_NE(Plan()->job.name, name);
  request_.job = "mine";
  EXPECT_EQ(Plan()->job.name, "mine");
  EXPECT_EQ(ReplayTransactionalId(config_, "mine"), "shop.replay.mine");
}

TEST_F(ReplayPlanTest, ProgressMustFitIntoOneRecord) {
  const std::string name(200, 'x');
  group_.AddTopic(name, static_cast<int32_t>(limits::kReplayRangesMax) + 1);
  request_.what = {name};
  for (Partition number = 0; number < 4'000; ++number) group_.Append({name, number}, "k", "v");
  EXPECT_NE(Refusal().find("several jobs"), std::string::npos) << "too many bytes";
  const std::string brief = "b";
  group_.AddTopic(brief, static_cast<int32_t>(limits::kReplayRangesMax) + 1);
  request_.what = {brief};
  for (Partition number = 0; number < static_cast<Partition>(limits::kReplayRangesMax); ++number) {
    group_.Append({brief, number}, "k", "v");
  }
  EXPECT_TRUE(Plan().ok());
  group_.Append({brief, static_cast<Partition>(limits::kReplayRangesMax)}, "k", "v");
  EXPECT_NE(Refusal().find("more than 5000 partitions"), std::string::npos);
}

}  // namespace
}  // namespace fracas::tools
