#include "tools/loss.h"

#include <gtest/gtest.h>

#include "tests/tools/fake_group.h"

namespace fracas::tools {
namespace {

class LossTest : public testing::Test {
 protected:
  LossTest() {
    group_.AddTopic("orders.raw");
    for (int i = 0; i < 100; ++i) group_.Append(kSource, "k", "v", 1'000 + i);
    group_.lows[kSource] = 40;
    group_.committed[kSource] = 10;
    config_.group = "shop";
  }
  Result<LossPlan> Plan(const std::string& to) {
    return PlanLoss(config_, {.source = kSource, .to = to}, &group_, &group_);
  }

  const TopicPartition kSource{"orders.raw", 0};
  config::Config config_;
  FakeGroup group_;
};

TEST_F(LossTest, WhatIsGoneIsCounted) {
  Result<LossPlan> plan = Plan("earliest");
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->from, 10);
  EXPECT_EQ(plan->to, 40);
  EXPECT_EQ(plan->gone, 30);
  EXPECT_EQ(plan->readable, 0);
  EXPECT_EQ(plan->next_ms, 1'040);
}

TEST_F(LossTest, WhatCouldStillBeReadIsToldApart) {
  Result<LossPlan> plan = Plan("55");
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->gone, 30);
  EXPECT_EQ(plan->readable, 15);
  plan = Plan("100");
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->next_ms, 0) << "nothing follows";
}

TEST_F(LossTest, NothingIsGivenUpByMistake) {
  for (const char* to : {"101", "39", "5", "-1", "latest", ""}) {
    EXPECT_EQ(Plan(to).status().action(), Action::kReject) << to;
  }
  group_.committed[kSource] = 60;
  EXPECT_NE(Plan("earliest").status().message().find("nothing"), std::string_view::npos);
  group_.committed.clear();
  EXPECT_EQ(Plan("earliest").status().action(), Action::kReject);
}

TEST_F(LossTest, ATopicThatWasMadeAnewIsBegunAnew) {
  group_.committed[kSource] = 60;
  LossQuestion question{.source = kSource, .to = "earliest", .out_of_range = true};
  Result<LossPlan> plan = PlanLoss(config_, question, &group_, &group_);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_TRUE(plan->back);
  EXPECT_EQ(plan->to, 40);
  EXPECT_EQ(plan->gone, 0);
  EXPECT_EQ(plan->readable, 0);
  question.to = "60";
  EXPECT_EQ(PlanLoss(config_, question, &group_, &group_).status().action(), Action::kReject);
}

}  // namespace
}  // namespace fracas::tools
