#include <gtest/gtest.h>

#include "tests/control/rules.h"

// Going on over records that are lost, and a topic that was made anew.

namespace fracas::control {
namespace {

using state::BreakerState;

TEST(Loss, AcceptedLossIsAnOrderUntilItsFact) {
  Rules rules;
  rules.Fact(Trip(kP0, 100, 100, 1, Code::kOffsetOutOfRange));
  EXPECT_FALSE(rules.Command(wire::AcceptLoss{kP0, 99, 500}).applied);
  EXPECT_FALSE(rules.Command(wire::AcceptLoss{kP1, 100, 500}).applied);
  EXPECT_FALSE(rules.Command(wire::AcceptLoss{kP0, 100, 100}).applied);
  EXPECT_TRUE(rules.Command(wire::AcceptLoss{kP0, 100, 400}).applied);
  EXPECT_TRUE(rules.Command(wire::AcceptLoss{kP0, 100, 500}).applied);
  ASSERT_EQ(rules.breaker().losses.size(), 1u);
  EXPECT_EQ(rules.breaker().losses[0].to, 500);
  EXPECT_TRUE(rules.Fact(wire::LossAccepted{kP0, 100, 400}).applied) << "the group stands there";
  EXPECT_EQ(rules.breaker().state, BreakerState::kGreen);
  EXPECT_TRUE(rules.breaker().losses.empty());
  EXPECT_FALSE(rules.Fact(wire::LossAccepted{kP0, 100, 500}).applied);
}

TEST(Loss, ALossIsAcceptedFromWhereTheGroupStandsInAProbedRange) {
  Rules rules;
  rules.Fact(Trip(kP0, 100, 200, 1));
  EXPECT_FALSE(rules.Command(wire::AcceptLoss{kP0, 201, 500}).applied);
  EXPECT_TRUE(rules.Command(wire::AcceptLoss{kP0, 150, 500}).applied) << "a part of it has passed";
  EXPECT_TRUE(rules.Fact(wire::LossAccepted{kP0, 150, 500}).applied);
  EXPECT_EQ(rules.breaker().state, BreakerState::kGreen);
}

TEST(Loss, OnlyATopicMadeAnewMayBeReadAgain) {
  Rules rules;
  rules.Fact(Trip(kP0, 5'000, 5'100, 1, Code::kTypeMismatch));
  const wire::JournalEntry entry = rules.Command(wire::AcceptLoss{kP0, 5'000, 0});
  EXPECT_FALSE(entry.applied);
  EXPECT_NE(entry.because.find("again"), std::string::npos) << entry.because;
}

TEST(Loss, ATopicMadeAnewBeginsAnew) {
  Rules rules;
  rules.Fact(Trip(kP0, 5'000, 5'000, 1, Code::kOffsetOutOfRange));
  rules.Command(wire::AcceptLoss{kP0, 5'000, 0});
  rules.Fact(wire::LossAccepted{kP0, 5'000, 0});
  EXPECT_TRUE(rules.breaker().merged.empty());
  EXPECT_TRUE(rules.Fact(Trip(kP0, 0, 10, 1)).applied);
}

TEST(Loss, RecordsOfATopicThatIsGoneAreNotQuarantinedInTheNewOne) {
  Rules rules;
  const auto quarantine = [&](const TopicPartition& source, Offset offset) {
    wire::QuarantineAdd add;
    add.targets.push_back({true, state::RecordId(source, offset)});
    EXPECT_TRUE(rules.Command(add).applied);
  };
  quarantine(kP0, 3);
  quarantine(kP0, 9'000);
  quarantine(kP1, 3);
  rules.Fact(Trip(kP0, 100, 100, 1, Code::kOffsetOutOfRange));
  rules.Command(wire::AcceptLoss{kP0, 100, 500});
  rules.Fact(wire::LossAccepted{kP0, 100, 500});
  EXPECT_EQ(rules.snapshot->record_entries, 3u) << "retention only: it is still the same topic";
  rules.Fact(Trip(kP0, 5'000, 5'000, 1, Code::kOffsetOutOfRange));
  rules.Command(wire::AcceptLoss{kP0, 5'000, 0});
  const wire::JournalEntry entry = rules.Fact(wire::LossAccepted{kP0, 5'000, 0});
  EXPECT_NE(entry.because.find("2 quarantined records"), std::string::npos) << entry.because;
  EXPECT_EQ(rules.snapshot->record_entries, 1u);
  EXPECT_TRUE(rules.snapshot->records->contains(kP1));
}

}  // namespace
}  // namespace fracas::control
