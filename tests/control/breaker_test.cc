#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/limits.h"
#include "tests/control/rules.h"
#include "tests/sim/random.h"

namespace fracas::control {
namespace {

using state::BreakerState;

constexpr char kSha[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

// --- Every state and every input
// ------------------------------------------------------------------------

enum class Start { kGreen, kRed, kRedByHand, kProbe };
enum class Input {
  kTrip,
  kTripPlanned,
  kReset,
  kTripped,
  kPassed,
  kStalePassed,
  kLoss,
  kDivertEnd
};

struct Row {
  Start start;
  Input input;
  bool applied;
  BreakerState state;
  size_t pending;
};

// One range is pending at kP0 in kRed and kProbe; none is by hand.
constexpr Row kRows[] = {
    {Start::kGreen, Input::kTrip, true, BreakerState::kRed, 0},
    {Start::kGreen, Input::kTripPlanned, true, BreakerState::kRed, 0},
    {Start::kGreen, Input::kReset, false, BreakerState::kGreen, 0},
    {Start::kGreen, Input::kTripped, true, BreakerState::kRed, 1},
    {Start::kGreen, Input::kPassed, false, BreakerState::kGreen, 0},
    {Start::kGreen, Input::kStalePassed, false, BreakerState::kGreen, 0},
    {Start::kGreen, Input::kLoss, false, BreakerState::kGreen, 0},
    {Start::kGreen, Input::kDivertEnd, false, BreakerState::kGreen, 0},
    {Start::kRed, Input::kTrip, false, BreakerState::kRed, 1},
    {Start::kRed, Input::kTripPlanned, true, BreakerState::kRed, 1},
    {Start::kRed, Input::kReset, true, BreakerState::kProbe, 1},
    {Start::kRed, Input::kTripped, true, BreakerState::kRed, 2},
    {Start::kRed, Input::kPassed, true, BreakerState::kGreen, 0},
    {Start::kRed, Input::kStalePassed, false, BreakerState::kRed, 1},
    {Start::kRed, Input::kLoss, true, BreakerState::kRed, 1},
    {Start::kRed, Input::kDivertEnd, false, BreakerState::kRed, 1},
    {Start::kRedByHand, Input::kTrip, false, BreakerState::kRed, 0},
    {Start::kRedByHand, Input::kTripPlanned, true, BreakerState::kRed, 0},
    {Start::kRedByHand, Input::kReset, true, BreakerState::kGreen, 0},
    {Start::kRedByHand, Input::kTripped, true, BreakerState::kRed, 1},
    {Start::kRedByHand, Input::kPassed, false, BreakerState::kRed, 0},
    {Start::kRedByHand, Input::kStalePassed, false, BreakerState::kRed, 0},
    {Start::kRedByHand, Input::kLoss, false, BreakerState::kRed, 0},
    {Start::kRedByHand, Input::kDivertEnd, false, BreakerState::kRed, 0},
    {Start::kProbe, Input::kTrip, true, BreakerState::kRed, 1},
    {Start::kProbe, Input::kTripPlanned, true, BreakerState::kRed, 1},
    {Start::kProbe, Input::kReset, false, BreakerState::kProbe, 1},
    {Start::kProbe, Input::kTripped, true, BreakerState::kRed, 2},
    {Start::kProbe, Input::kPassed, true, BreakerState::kGreen, 0},
    {Start::kProbe, Input::kStalePassed, false, BreakerState::kProbe, 1},
    {Start::kProbe, Input::kLoss, true, BreakerState::kProbe, 1},
    {Start::kProbe, Input::kDivertEnd, false, BreakerState::kProbe, 1},
};

void Bring(Start start, Rules* rules) {
  if (start == Start::kGreen) return;
  if (start == Start::kRedByHand) {
    rules->Command(wire::BreakerTrip{});
    return;
  }
  rules->Fact(Trip(kP0, 100, 200, 1));
  if (start == Start::kProbe) rules->Command(wire::BreakerReset{});
}

wire::JournalEntry Give(Input input, Rules* rules) {
  switch (input) {
    case Input::kTrip: return rules->Command(wire::BreakerTrip{});
    case Input::kTripPlanned: return rules->Command(wire::BreakerTrip{true, rules->now_ms + 5'000});
    case Input::kReset: return rules->Command(wire::BreakerReset{});
    case Input::kTripped: return rules->Fact(Trip(kP1, 7, 9, 1));
    case Input::kPassed: return rules->Fact(Passed(kP0, 100, 200, 2));
    case Input::kStalePassed: return rules->Fact(Passed(kP0, 100, 200, 1));
    case Input::kLoss: return rules->Command(wire::AcceptLoss{kP0, 100, 150});
    case Input::kDivertEnd: return rules->Command(wire::DivertEnd{});
  }
  return {};
}

TEST(BreakerTable, EveryStateAndEveryInput) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(
        Cat("start ", static_cast<int>(row.start), ", input ", static_cast<int>(row.input)));
    Rules rules;
    Bring(row.start, &rules);
    const uint64_t before = rules.breaker().stamp.version;
    const wire::JournalEntry entry = Give(row.input, &rules);
    EXPECT_EQ(entry.applied, row.applied) << entry.because;
    EXPECT_EQ(rules.breaker().state, row.state);
    EXPECT_EQ(rules.breaker().pending.size(), row.pending);
    EXPECT_EQ(rules.breaker().stamp.version, before + (row.applied ? 1 : 0));
    EXPECT_EQ(entry.version, rules.breaker().stamp.version);
    EXPECT_EQ(entry.after_json.empty(), !row.applied);
    EXPECT_EQ(rules.breaker().stamp.time_ms == rules.now_ms, rules.breaker().stamp.version > 0);
  }
}

// --- Trips
// ----------------------------------------------------------------------------------------------

TEST(Breaker, SeveralPartitionsTripAndAllMustPass) {
  Rules rules;
  rules.Fact(Trip(kP1, 10, 20, 1));
  rules.Fact(Trip(kP0, 100, 200, 1));
  ASSERT_EQ(rules.breaker().pending.size(), 2u);
  EXPECT_EQ(rules.breaker().pending[0].source, kP0) << "ascending by source";
  rules.Command(wire::BreakerReset{});
  EXPECT_TRUE(rules.Fact(Passed(kP0, 100, 200, 2)).applied);
  EXPECT_EQ(rules.breaker().state, BreakerState::kProbe);
  EXPECT_TRUE(rules.breaker().pending[0].passed);
  EXPECT_TRUE(rules.Fact(Passed(kP1, 10, 20, 2)).applied);
  EXPECT_EQ(rules.breaker().state, BreakerState::kGreen);
  EXPECT_EQ(rules.breaker().merged.size(), 2u) << "remembered, so that old trips stay old";
  EXPECT_FALSE(rules.Fact(Trip(kP1, 10, 20, 1)).applied);
  EXPECT_EQ(rules.breaker().state, BreakerState::kGreen);
}

TEST(Breaker, WhatPassedIsNotTriedAgainWhenAnotherFails) {
  Rules rules;
  rules.Fact(Trip(kP0, 100, 200, 1));
  rules.Fact(Trip(kP1, 10, 20, 1));
  rules.Command(wire::BreakerReset{});
  rules.Fact(Passed(kP0, 100, 200, 2));
  rules.Fact(Trip(kP1, 10, 20, 2));
  EXPECT_EQ(rules.breaker().state, BreakerState::kRed);
  ASSERT_EQ(rules.breaker().pending.size(), 1u);
  EXPECT_EQ(rules.breaker().pending[0].source, kP1);
  EXPECT_EQ(rules.breaker().pending[0].attempt, 2);
}

TEST(Breaker, OffsetsThatWereSetBackTripAgain) {
  Rules rules;
  rules.Fact(Trip(kP0, 1'000, 1'100, 2));
  rules.Command(wire::BreakerReset{});
  rules.Fact(Passed(kP0, 1'000, 1'100, 3));
  ASSERT_EQ(rules.breaker().state, BreakerState::kGreen);
  EXPECT_TRUE(rules.Fact(Trip(kP0, 500, 600, 1)).applied);
  EXPECT_EQ(rules.breaker().state, BreakerState::kRed);
  EXPECT_EQ(rules.breaker().merged[0].from, 500);
}

TEST(Breaker, AProbeThatPassesInPartsStaysUntilItsEnd) {
  Rules rules;
  rules.Fact(Trip(kP0, 100, 200, 1));
  rules.Command(wire::BreakerReset{});
  EXPECT_TRUE(rules.Fact(Passed(kP0, 100, 150, 2)).applied);
  EXPECT_EQ(rules.breaker().pending[0].from, 150);
  EXPECT_EQ(rules.breaker().state, BreakerState::kProbe);
  EXPECT_TRUE(rules.Fact(Passed(kP0, 150, 200, 2)).applied);
  EXPECT_EQ(rules.breaker().state, BreakerState::kGreen);
}

TEST(Breaker, ThePartitionLimitHolds) {
  // Reached by nobody but a forger; the state must stay encodable.
  state::Breaker breaker;
  breaker.state = BreakerState::kRed;
  breaker.cause = Code::kTypeMismatch;
  for (size_t i = 0; i < limits::kBreakerRangesMax; ++i) {
    breaker.merged.push_back({{"t", static_cast<Partition>(i)}, 0, 1});
  }
  sim::MemoryStore store;
  Draft draft(std::make_shared<const Snapshot>(), &store);
  draft.Put(kStream, breaker);
  TransitionContext context;
  context.policy = [](std::string_view) { return nullptr; };
  wire::Fact fact;
  fact.stream = kStream;
  fact.args = Trip({"u", 0}, 1, 2, 1);
  EXPECT_FALSE(Apply(fact, context, &draft)->applied);
  fact.args = Trip({"t", 3}, 1, 2, 1);
  EXPECT_TRUE(Apply(fact, context, &draft)->applied);
}

// --- Commands
// -------------------------------------------------------------------------------------------

TEST(Breaker, AStaleCommandIsToldWhatChanged) {
  Rules rules;
  rules.Fact(Trip(kP0, 100, 200, 1));
  wire::Command first;
  first.id = "first";
  first.stream = kStream;
  first.who = "bob";
  first.why = "contract fixed";
  first.expected_version = 1;
  first.args = wire::BreakerReset{};
  wire::Command second = first;
  second.id = "second";
  second.args = wire::BreakerTrip{};
  EXPECT_TRUE(rules.Send(first).applied);
  const wire::JournalEntry refused = rules.Send(second);
  EXPECT_FALSE(refused.applied);
  for (const char* part :
       {"version 2", "version 1", "PROBE", "bob", "contract fixed", "1970-01-01T00:16:40"}) {
    EXPECT_NE(refused.because.find(part), std::string::npos) << part << ": " << refused.because;
  }
}

TEST(Breaker, ACommandThatComesTooLateIsRefused) {
  Rules rules;
  wire::Command command;
  command.id = "late";
  command.stream = kStream;
  command.not_after_ms = rules.now_ms;
  command.args = wire::BreakerTrip{};
  EXPECT_TRUE(rules.Send(command).applied) << "on time";
  command.not_after_ms = rules.now_ms - 1;
  command.args = wire::BreakerReset{};
  EXPECT_FALSE(rules.Send(command).applied);
  EXPECT_EQ(rules.breaker().state, BreakerState::kRed);
}

TEST(Breaker, AStreamThatIsNotConfiguredCanOnlyBeTidiedUp) {
  Rules rules;
  EXPECT_FALSE(rules.Command(wire::BreakerTrip{}, "gone/stream").applied);
  EXPECT_TRUE(rules.Command(wire::Note{}, "gone/stream").applied);
  EXPECT_TRUE(rules.Command(wire::LetterDiscard{{{kP0, 5}}}, "gone/stream").applied);
  EXPECT_TRUE(rules.Fact(Trip(kP0, 1, 2, 1), "gone/stream").applied) << "a newer configuration's";
}

TEST(Breaker, ResetNamesAContract) {
  Rules rules;
  rules.Fact(Trip(kP0, 100, 200, 1));
  EXPECT_FALSE(rules.Command(wire::BreakerReset{"abc", false, {}, 0}).applied);
  EXPECT_TRUE(rules.Command(wire::BreakerReset{kSha, true, {}, 0}).applied);
  EXPECT_EQ(rules.breaker().contract, kSha);
  EXPECT_TRUE(rules.breaker().reload);
  EXPECT_FALSE(rules.Command(wire::BreakerReset{kSha, true, {}, 0}).applied) << "the same";
  EXPECT_TRUE(rules.Command(wire::BreakerReset{}).applied) << "another try, with any contract";
  rules.Fact(Passed(kP0, 100, 200, 2));
  EXPECT_TRUE(rules.breaker().contract.empty());
}

TEST(Breaker, WhereNothingWaitsAResetHasContractsReadAgain) {
  Rules rules;
  EXPECT_TRUE(rules.Command(wire::BreakerReset{kSha, true, {}, 0}).applied) << "it flows";
  EXPECT_EQ(rules.breaker().state, BreakerState::kGreen);
  EXPECT_EQ(rules.breaker().contract, kSha);
  EXPECT_TRUE(rules.breaker().reload);
  EXPECT_FALSE(rules.Command(wire::BreakerReset{kSha, false, {}, 0}).applied) << "for nothing";
  EXPECT_FALSE(rules.Command(wire::BreakerReset{kSha, true, {Code::kTypeMismatch}, 0}).applied);
  rules.Command(wire::BreakerTrip{});
  EXPECT_FALSE(rules.breaker().reload);
  EXPECT_TRUE(rules.Command(wire::BreakerReset{kSha, true, {}, 0}).applied) << "nothing is pending";
  EXPECT_EQ(rules.breaker().state, BreakerState::kGreen);
  EXPECT_TRUE(rules.breaker().reload);
  rules.Command(wire::BreakerTrip{});
  EXPECT_TRUE(rules.Command(wire::BreakerReset{}).applied);
  EXPECT_FALSE(rules.breaker().reload);
}

TEST(Breaker, DiversionOfRangesEndsWithThem) {
  Rules rules;
  rules.Fact(Trip(kP0, 100, 200, 1));
  EXPECT_FALSE(rules.Command(wire::BreakerReset{"", false, {}, 1'000}).applied) << "of what?";
  const wire::BreakerReset divert{
      "", false, {Code::kTypeMismatch, Code::kCdeMissing, Code::kTypeMismatch}, 0};
  EXPECT_TRUE(rules.Command(divert).applied);
  EXPECT_EQ(rules.breaker().diversion.codes,
            (std::vector<Code>{Code::kCdeMissing, Code::kTypeMismatch}));
  rules.Fact(Passed(kP0, 100, 200, 2));
  EXPECT_TRUE(rules.breaker().diversion.codes.empty());
}

TEST(Breaker, DiversionForATimeOutlivesTheRangesAndEndsByTheTimer) {
  Rules rules;
  rules.Fact(Trip(kP0, 100, 200, 1));
  rules.Command(wire::BreakerReset{"", false, {Code::kTypeMismatch}, 60'000});
  rules.Fact(Passed(kP0, 100, 200, 2));
  EXPECT_EQ(rules.breaker().state, BreakerState::kGreen);
  EXPECT_FALSE(rules.breaker().diversion.codes.empty());
  EXPECT_EQ(NextDueMs(*rules.snapshot), rules.now_ms + 60'000);
  rules.now_ms += 59'999;
  EXPECT_TRUE(rules.Due().empty());
  rules.now_ms += 1;
  const auto due = rules.Due();
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].type, "breaker.diversion_over");
  EXPECT_EQ(due[0].control_offset, kNoOffset);
  EXPECT_TRUE(rules.breaker().diversion.codes.empty());
  EXPECT_EQ(NextDueMs(*rules.snapshot), INT64_MAX);
}

TEST(Breaker, MaintenanceThatLastsTooLongPages) {
  Rules rules;
  EXPECT_FALSE(rules.Command(wire::BreakerTrip{true, rules.now_ms}).applied) << "over already";
  EXPECT_FALSE(rules.Command(wire::BreakerTrip{false, rules.now_ms + 1}).applied);
  rules.Command(wire::BreakerTrip{true, rules.now_ms + 1'000});
  EXPECT_TRUE(rules.breaker().planned);
  rules.now_ms += 1'000;
  ASSERT_EQ(rules.Due().size(), 1u);
  EXPECT_FALSE(rules.breaker().planned);
  EXPECT_EQ(rules.breaker().state, BreakerState::kRed);
}

// --- By itself
// ------------------------------------------------------------------------------------------

TEST(Automatic, EachClassOfCauseHasItsPolicy) {
  Rules rules;
  rules.policy.retry_of[FailureType::kCapacity] = {.count = 1, .initial_ms = 60'000, .max_ms = 90'000};
  rules.random = 0.5;
  rules.Fact(Trip(kP0, 100, 200, 1, Code::kThrottled));
  EXPECT_EQ(rules.breaker().retry.next_ms, rules.now_ms + 30'000);
  rules.now_ms += 30'000;
  rules.Due();
  rules.Fact(Trip(kP0, 100, 200, 2, Code::kThrottled));
  EXPECT_TRUE(rules.breaker().retry.exhausted);
  EXPECT_EQ(rules.breaker().retry.next_ms, rules.now_ms + 90'000);
}

TEST(Automatic, TransientCausesAreProbedWithFullJitterThenAtTheMaximum) {
  Rules rules;
  rules.policy.retry.count = 3;
  rules.random = 0.25;
  int32_t attempt = 1;
  for (const int64_t delay_ms : {7'500, 15'000, 30'000}) {
    rules.Fact(Trip(kP0, 100, 200, attempt++, Code::kBrokerUnavailable));
    ASSERT_EQ(rules.breaker().retry.next_ms, rules.now_ms + delay_ms);
    EXPECT_FALSE(rules.breaker().retry.exhausted);
    rules.now_ms += delay_ms;
    ASSERT_EQ(rules.Due().size(), 1u);
    EXPECT_EQ(rules.breaker().state, BreakerState::kProbe);
    EXPECT_EQ(rules.breaker().retry.next_ms, 0);
  }
  for (int i = 0; i < 3; ++i) {
    rules.Fact(Trip(kP0, 100, 200, attempt++, Code::kBrokerUnavailable));
    EXPECT_TRUE(rules.breaker().retry.exhausted) << "somebody is paged, probing goes on";
    ASSERT_EQ(rules.breaker().retry.next_ms, rules.now_ms + rules.policy.retry.max_ms);
    rules.now_ms += rules.policy.retry.max_ms;
    ASSERT_EQ(rules.Due().size(), 1u);
  }
  rules.Fact(Passed(kP0, 100, 200, attempt));
  EXPECT_EQ(rules.breaker().retry, state::RetryState{});
}

// Whoever waits for it to flow again has waited since the first trip.
TEST(Automatic, ProbingByItselfBeginsNoNewIncident) {
  Rules rules;
  rules.Fact(Trip(kP0, 100, 200, 1, Code::kBrokerUnavailable));
  const int64_t since_ms = rules.breaker().since_ms;
  EXPECT_EQ(since_ms, rules.now_ms);
  rules.now_ms += 60'000;
  ASSERT_EQ(rules.Due().size(), 1u);
  EXPECT_EQ(rules.breaker().since_ms, since_ms) << "PROBE";
  rules.now_ms += 1'000;
  rules.Fact(Trip(kP0, 100, 200, 2, Code::kBrokerUnavailable));
  EXPECT_EQ(rules.breaker().since_ms, since_ms) << "RED";
  // Somebody has looked after it: what comes then is new.
  rules.now_ms += 1'000;
  EXPECT_TRUE(rules.Command(wire::BreakerReset{}).applied);
  EXPECT_EQ(rules.breaker().since_ms, rules.now_ms);
  rules.now_ms += 1'000;
  rules.Fact(Trip(kP0, 100, 200, 3, Code::kBrokerUnavailable));
  EXPECT_EQ(rules.breaker().since_ms, rules.now_ms);
}

TEST(Automatic, OneHardCauseStopsProbing) {
  Rules rules;
  rules.Fact(Trip(kP0, 100, 200, 1, Code::kBrokerUnavailable));
  EXPECT_NE(rules.breaker().retry.next_ms, 0);
  rules.Fact(Trip(kP1, 10, 20, 1, Code::kTypeMismatch));
  EXPECT_EQ(rules.breaker().retry.next_ms, 0);
}

TEST(Automatic, WhoTripsByHandStopsProbing) {
  Rules rules;
  rules.Fact(Trip(kP0, 100, 200, 1, Code::kBrokerUnavailable));
  EXPECT_TRUE(rules.Command(wire::BreakerTrip{}).applied);
  EXPECT_EQ(rules.breaker().retry.next_ms, 0);
  rules.Fact(Trip(kP1, 10, 20, 1, Code::kBrokerUnavailable));
  EXPECT_EQ(rules.breaker().retry.next_ms, 0);
  EXPECT_FALSE(rules.Command(wire::BreakerTrip{}).applied) << "nothing would change";
}

TEST(Automatic, ARecordThatKeepsFailingIsIsolatedByItsCoordinates) {
  Rules rules;
  rules.policy.quarantine_after = 2;
  rules.Fact(Trip(kP0, 100, 200, 1, Code::kTypeMismatch, 150));
  EXPECT_EQ(rules.breaker().state, BreakerState::kRed);
  EXPECT_NE(rules.breaker().retry.next_ms, 0) << "tried again by itself";
  rules.now_ms = rules.breaker().retry.next_ms;
  rules.Due();
  const wire::JournalEntry entry = rules.Fact(Trip(kP0, 100, 200, 2, Code::kTypeMismatch, 150));
  EXPECT_EQ(rules.breaker().state, BreakerState::kProbe) << entry.because;
  state::QuarantineEntry isolated;
  ASSERT_TRUE(
      rules.Quarantined({kStream, state::QuarantineScope::kRecord, "contacts/0/150"}, &isolated));
  EXPECT_EQ(isolated.who, "auto-quarantine");
  ASSERT_NE(rules.snapshot->records, nullptr);
  EXPECT_TRUE(rules.snapshot->records->at(kP0)->contains(150));
}

TEST(Automatic, AnotherRecordEachTimeIsNotTheSameFailure) {
  Rules rules;
  rules.policy.quarantine_after = 2;
  for (int32_t attempt = 1; attempt < 5; ++attempt) {
    rules.Fact(Trip(kP0, 100, 200, attempt, Code::kTypeMismatch, 150 + attempt));
    EXPECT_EQ(rules.breaker().state, BreakerState::kRed);
    EXPECT_EQ(rules.breaker().pending[0].record_failures, 1);
  }
}

TEST(Automatic, IsolationHasACapInATime) {
  Rules rules;
  rules.policy.quarantine_after = 1;
  rules.policy.quarantine_max = 2;
  rules.Fact(Trip(kP0, 100, 200, 1, Code::kTypeMismatch, 150));
  rules.Fact(Trip(kP0, 100, 200, 2, Code::kTypeMismatch, 151));
  EXPECT_EQ(rules.breaker().state, BreakerState::kProbe);
  rules.Fact(Trip(kP0, 100, 200, 3, Code::kTypeMismatch, 152));
  EXPECT_EQ(rules.breaker().state, BreakerState::kRed);
  EXPECT_EQ(rules.breaker().retry.next_ms, 0);
  EXPECT_NE(rules.breaker().reason.find("cap"), std::string::npos);
  rules.now_ms += rules.policy.quarantine_per_ms;
  rules.Fact(Trip(kP0, 100, 200, 4, Code::kTypeMismatch, 153));
  EXPECT_EQ(rules.breaker().state, BreakerState::kProbe);
  EXPECT_EQ(rules.breaker().isolated_ms.size(), 1u) << "the old ones are forgotten";
}

// --- Properties
// -----------------------------------------------------------------------------------------

wire::JournalEntry Random(sim::Random* random, Rules* rules) {
  const TopicPartition source{"contacts", static_cast<Partition>(random->Below(3))};
  const Offset from = static_cast<Offset>(random->Below(4) * 10);
  const Offset to = from + static_cast<Offset>(random->Below(3) * 5);
  const auto attempt = static_cast<int32_t>(1 + random->Below(5));
  const Code causes[] = {Code::kTypeMismatch, Code::kBrokerUnavailable, Code::kUnknown};
  switch (random->Below(9)) {
    case 0: return rules->Command(wire::BreakerTrip{});
    case 1: return rules->Command(wire::BreakerTrip{true, rules->now_ms + 5'000});
    case 2:
      return rules->Command(wire::BreakerReset{random->Chance(500) ? kSha : "", false, {}, 0});
    case 3: return rules->Command(wire::BreakerReset{"", false, {Code::kTypeMismatch}, 3'000});
    case 4: return rules->Command(wire::AcceptLoss{source, from, to});
    case 5: return rules->Fact(wire::LossAccepted{source, from, to});
    case 6: return rules->Fact(Passed(source, from, to, attempt));
    default:
      return rules->Fact(Trip(source, from, to, attempt, causes[random->Below(3)],
                              random->Chance(500) ? from : kNoOffset));
  }
}

void ExpectInvariants(const state::Breaker& breaker) {
  const bool by_hand = TrippedByHand(breaker);
  const bool waits = std::any_of(breaker.pending.begin(), breaker.pending.end(),
                                 [](const auto& range) { return !range.passed; });
  switch (breaker.state) {
    case BreakerState::kGreen:
      EXPECT_TRUE(breaker.pending.empty());
      EXPECT_TRUE(breaker.losses.empty());
      EXPECT_EQ(breaker.cause, Code::kNone);
      break;
    case BreakerState::kRed:
      EXPECT_TRUE(waits || by_hand);
      EXPECT_TRUE(std::none_of(breaker.pending.begin(), breaker.pending.end(),
                               [](const auto& range) { return range.passed; }));
      EXPECT_TRUE(!by_hand || breaker.retry.next_ms == 0);
      break;
    case BreakerState::kProbe:
      EXPECT_TRUE(waits);
      EXPECT_EQ(breaker.retry.next_ms, 0);
      break;
  }
  const auto ascending = [](const auto& list) {
    return std::is_sorted(list.begin(), list.end(),
                          [](const auto& a, const auto& b) { return a.source < b.source; });
  };
  EXPECT_TRUE(ascending(breaker.pending) && ascending(breaker.merged) && ascending(breaker.losses));
}

TEST(BreakerProperties, HoldForRandomSequences) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    sim::Random random(seed);
    Rules rules;
    Rules twin;  // the same inputs give the same bytes
    sim::Random twins(seed);
    rules.policy.quarantine_after = twin.policy.quarantine_after = seed % 3 == 0 ? 2 : -1;
    for (int step = 0; step < 60; ++step) {
      const uint64_t before = rules.breaker().stamp.version;
      const wire::JournalEntry entry = Random(&random, &rules);
      const auto changes = rules.changes;
      Random(&twins, &twin);
      ASSERT_EQ(changes.size(), twin.changes.size());
      for (size_t i = 0; i < changes.size(); ++i)
        ASSERT_EQ(changes[i].value, twin.changes[i].value);
      ASSERT_EQ(rules.breaker().stamp.version, before + (entry.applied ? 1 : 0)) << entry.type;
      ExpectInvariants(rules.breaker());
      rules.now_ms += 1'000;
      twin.now_ms += 1'000;
      const uint64_t due_before = rules.breaker().stamp.version;
      ASSERT_EQ(rules.breaker().stamp.version, due_before);
      const size_t due = rules.Due().size();
      ASSERT_EQ(rules.breaker().stamp.version, due_before + due);
      twin.Due();
      ExpectInvariants(rules.breaker());
      if (HasFailure()) return;
    }
  }
}

TEST(BreakerProperties, AFactTwiceIsAFactOnce) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    sim::Random random(seed);
    Rules rules;
    for (int step = 0; step < 40; ++step) {
      const wire::Tripped fact = Trip({"contacts", static_cast<Partition>(random.Below(2))},
                                      static_cast<Offset>(random.Below(3) * 10), 30,
                                      static_cast<int32_t>(1 + random.Below(3)));
      rules.Fact(fact);
      const state::Breaker once = rules.breaker();
      ASSERT_FALSE(rules.Fact(fact).applied);
      ASSERT_EQ(rules.breaker(), once);
      if (random.Chance(400)) rules.Command(wire::BreakerReset{});
    }
  }
}

}  // namespace
}  // namespace fracas::control
