#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "core/limits.h"
#include "core/text.h"
#include "state/format/codec.h"
#include "tests/control/group.h"

namespace fracas::control {
namespace {

using state::BreakerState;

wire::Tripped Trip(Partition partition, Offset from, int32_t attempt,
                   Code cause = Code::kTypeMismatch) {
  wire::Tripped fact;
  fact.source = {"contacts", partition};
  fact.from = from;
  fact.to = from + 10;
  fact.attempt = attempt;
  fact.cause = cause;
  return fact;
}

TEST(Authority, WritesGenesisFirstAndAppliesInOrder) {
  Group group;
  Instance* one = group.Start("one");
  group.Settle();
  EXPECT_TRUE(one->authority->active());
  ASSERT_FALSE(group.broker.Visible(kState).empty());
  EXPECT_EQ(*group.broker.Visible(kState)[0].key, state::GenesisKey());
  const auto control = wire::DecodeControl(*group.broker.Visible(kControl)[0].value);
  ASSERT_TRUE(control.ok());
  EXPECT_EQ(std::get<wire::ControlGenesis>(*control).group, kGroup);

  group.Send(group.Fact("trip", Trip(0, 100, 1)));
  const Offset reset = group.Send(group.Command("reset", wire::BreakerReset{}));
  group.Send(group.Command("again", wire::BreakerReset{}));
  group.Settle();
  EXPECT_EQ(one->breaker().state, BreakerState::kProbe);
  EXPECT_EQ(group.Answer("reset").control_offset, reset);
  EXPECT_TRUE(group.Answer("reset").applied);
  EXPECT_FALSE(group.Answer("again").applied);
  EXPECT_EQ(one->authority->counts().applied, 2u);
  EXPECT_EQ(one->authority->counts().refused, 1u);
  group.ExpectFolded();
}

TEST(Authority, CommandsThatCameBeforeTheGenesisAreApplied) {
  Group group;
  group.Send(group.Command("early", wire::BreakerTrip{}));
  Instance* one = group.Start("one");
  group.Settle();
  EXPECT_EQ(one->breaker().state, BreakerState::kRed);
  group.Crash(one);
  Instance* two = group.Start("two");
  group.Settle();
  EXPECT_TRUE(two->authority->active());
  EXPECT_TRUE(group.Answer("early").applied) << "once";
  EXPECT_EQ(group.uuids, 2) << "one for each topic, none made again";
}

TEST(Authority, WhatCannotBeReadIsAnsweredAndStopsNothing) {
  Group group;
  Instance* one = group.Start("one");
  group.Settle();
  group.Append("");
  group.Append("{");
  group.Append(std::string("\0\xFF", 2));
  group.Append(
      R"({"v":"1.0","kind":"command","id":"odd","type":"breaker.explode","stream":"crm/contacts","who":"eve"})");
  group.Append(std::string(limits::kControlBytesMax + 1, ' '));
  group.Append(R"({"v":"1.0","kind":"wish"})");
  group.Send(group.Command("after", wire::BreakerTrip{}));
  group.Settle();
  EXPECT_TRUE(one->status.ok());
  EXPECT_TRUE(group.Answer("after").applied);
  const wire::JournalEntry odd = group.Answer("odd");
  EXPECT_FALSE(odd.applied);
  EXPECT_EQ(odd.who, "eve");
  EXPECT_EQ(group.Journal().size(), 7u);
}

TEST(Authority, ANewerFormatEndsTheRole) {
  Group group;
  Instance* one = group.Start("one");
  group.Settle();
  group.Append(R"({"v":"2.0","kind":"fact"})");
  group.Settle();
  ASSERT_FALSE(one->status.ok());
  EXPECT_EQ(one->status.action(), Action::kStop);
  EXPECT_NE(one->status.message().find("g.control, offset"), std::string_view::npos);
}

TEST(Authority, AnotherGroupsTopicEndsTheRole) {
  Group group;
  group.Append(
      R"({"v":"1.0","kind":"genesis","uuid":"u","group":"other","time":"2026-01-31T12:00:00.000Z"})");
  Instance* one = group.Start("one");
  group.Settle();
  ASSERT_FALSE(one->status.ok());
  EXPECT_EQ(one->status.action(), Action::kStop);
  EXPECT_NE(one->status.message().find("other"), std::string_view::npos);
}

TEST(Authority, GroupOffsetsThatAreResetDoubleAndLoseNothing) {
  Group group;
  Instance* one = group.Start("one");
  for (int i = 0; i < 20; ++i) group.Send(group.Fact(Cat("f", i), Trip(0, i * 10, 1)));
  group.Settle();
  const uint64_t version = one->breaker().stamp.version;
  EXPECT_EQ(version, 20u);
  group.Crash(one);
  for (const Offset offset :
       {Offset{0}, Offset{41}}) {  // to the beginning, and beyond what comes next
    const int64_t epoch = group.broker.InitProducer("admin");
    const uint64_t member = group.broker.Join("admin", {});
    group.broker.AddOffset("admin", epoch, {member, group.broker.generation()}, kControl,
                           {offset, ""});
    group.broker.End("admin", epoch, true);
    group.broker.Leave(member);
    group.Send(group.Fact(Cat("later", offset), Trip(0, 1'000 + offset, 1)));
    Instance* next = group.Start(Cat("next", offset));
    group.Settle();
    EXPECT_TRUE(group.Answer(Cat("later", offset)).applied);
    group.Crash(next);
  }
  Instance* last = group.Start("last");
  group.Settle();
  EXPECT_EQ(last->breaker().stamp.version, version + 2);
  group.ExpectFolded();
}

TEST(Authority, ACommandThatIsSentTwiceIsAppliedOnce) {
  Group group;
  Instance* one = group.Start("one");
  group.Send(group.Command("trip", wire::BreakerTrip{}));
  group.Send(group.Command("trip", wire::BreakerTrip{}));
  group.Settle();
  group.Send(group.Command("reset", wire::BreakerReset{}));
  group.Settle();
  group.Crash(one);
  group.Send(group.Command("trip", wire::BreakerTrip{}));
  Instance* two = group.Start("two");
  group.Settle();
  EXPECT_EQ(two->breaker().state, BreakerState::kGreen)
      << "the third copy, under another authority";
  EXPECT_EQ(two->authority->counts().repeated, 1u);
  EXPECT_TRUE(group.Answer("trip").applied);
}

TEST(Authority, AControlTopicMadeAnewIsReadFromItsBeginning) {
  Group group;
  Instance* one = group.Start("one");
  for (int i = 0; i < 5; ++i) group.Send(group.Command(Cat("old", i), wire::Note{}));
  group.Settle();
  group.Crash(one);
  group.Recreate(kControl);
  group.Send(group.Command("new", wire::BreakerTrip{}));
  Instance* two = group.Start("two");
  group.Settle();
  EXPECT_TRUE(group.Answer("new").applied);
  EXPECT_EQ(two->tail->snapshot()->cursor.control_uuid.substr(29), "103");
  EXPECT_TRUE(std::any_of(group.log.begin(), group.log.end(), [](const std::string& line) {
    return line.starts_with("control_topic_recreated");
  }));
}

TEST(Authority, RetentionThatTookUnreadCommandsIsSaid) {
  Group group;
  Instance* one = group.Start("one");
  group.Settle();
  group.Crash(one);
  for (int i = 0; i < 5; ++i) group.Send(group.Command(Cat("lost", i), wire::Note{}));
  group.log_faults.low[kControl] = static_cast<Offset>(group.broker.log(kControl).size());
  group.Send(group.Command("kept", wire::BreakerTrip{}));
  Instance* two = group.Start("two");
  group.Settle();
  EXPECT_TRUE(group.Answer("kept").applied);
  EXPECT_EQ(two->tail->snapshot()->cursor.control_uuid.substr(29), "101") << "the same topic still";
  EXPECT_TRUE(std::any_of(group.log.begin(), group.log.end(), [](const std::string& line) {
    return line.starts_with("commands_lost");
  }));
}

// --- Its own tail
// ---------------------------------------------------------------------------------------

TEST(Authority, AppliesNothingBeforeItsTailHasPassedWhatAPredecessorWrote) {
  Group group;
  Instance* one = group.Start("one");
  Instance* two = group.Start("two");
  group.Settle();
  Instance* active = one->authority->active() ? one : two;
  Instance* other = active == one ? two : one;
  other->tail_stands = true;
  group.Send(group.Fact("trip", Trip(0, 100, 1)));
  group.Settle();
  group.Crash(active);
  group.Send(group.Command("reset", wire::BreakerReset{}));
  other->Turns(50);
  EXPECT_FALSE(other->authority->active());
  EXPECT_EQ(group.Journal().size(), 1u) << "it would be refused: GREEN already";
  other->tail_stands = false;
  group.Settle();
  EXPECT_TRUE(group.Answer("reset").applied);
  EXPECT_EQ(other->breaker().state, BreakerState::kProbe);
}

TEST(Authority, WaitsForItsOwnLastTransaction) {
  Group group;
  Instance* one = group.Start("one");
  group.Settle();
  one->tail_stands = true;
  group.Send(group.Command("trip", wire::BreakerTrip{}));
  one->Turns(10);
  group.Send(group.Command("reset", wire::BreakerReset{}));
  one->Turns(50);
  EXPECT_EQ(group.Journal().size(), 1u);
  one->tail_stands = false;
  group.Settle();
  EXPECT_TRUE(group.Answer("reset").applied);
}

TEST(Authority, AnOpenTransactionInTheStateTopicHoldsItBackAndIsNamed) {
  Group group;
  const int64_t epoch = group.broker.InitProducer("foreign");
  Instance* one = group.Start("one");
  group.Settle();
  group.broker.Append("foreign", epoch, kState, {"x", "y", {}, 0});
  group.Send(group.Command("first", wire::BreakerTrip{}));
  group.step_ms = 1'000;
  group.Settle(120);
  group.Send(group.Command("second", wire::BreakerReset{}));
  group.Settle(60);
  EXPECT_EQ(group.broker.Visible(kJournal).size(), 1u);
  EXPECT_FALSE(one->authority->trouble().empty());
  EXPECT_GT(group.clock.MonotonicMs() - one->tail->followed_ms(), limits::kStateLagMsMax)
      << "an instance that does not see what is there says so";
  group.broker.End("foreign", epoch, false);
  group.Settle();
  EXPECT_TRUE(group.Answer("second").applied);
}

// --- Endings
// --------------------------------------------------------------------------------------------

TEST(Authority, EveryEndingOfATransactionAppliesEachCommandOnce) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Group group(seed);
    group.faults.not_committed = 100;
    group.faults.unknown_committed = 100;
    group.faults.unknown_aborted = 100;
    group.faults.fenced = 100;
    group.faults.seek_fails = 50;
    group.Start("one");
    group.Start("two");
    sim::Random random(seed + 1'000);
    int sent = 0;
    for (int step = 0; step < 200; ++step) {
      if (random.Chance(300)) group.Send(group.Fact(Cat("f", sent), Trip(0, 10 * sent, 1))), ++sent;
      group.instances[random.Below(2)]->Turn();
      if (random.Chance(20)) group.broker.Rebalance();
      group.clock.Advance(static_cast<int64_t>(random.Below(500)));
    }
    group.faults.on = false;
    group.step_ms = 500;
    group.Settle(20);
    group.broker.TimeOut("g.authority");  // what somebody left open when it lost the partition
    group.Settle(200);
    for (const auto& instance : group.instances) {
      EXPECT_TRUE(instance->status.ok()) << instance->status.message();
      EXPECT_EQ(instance->breaker().stamp.version, static_cast<uint64_t>(sent));
    }
    std::set<std::string> answered;
    for (const wire::JournalEntry& entry : group.Journal()) {
      EXPECT_TRUE(entry.applied) << entry.because;
      EXPECT_TRUE(answered.insert(entry.id).second) << entry.id;
    }
    EXPECT_EQ(answered.size(), static_cast<size_t>(sent));
    group.ExpectFolded();
    if (HasFailure()) return;
  }
}

TEST(Authority, CrashesAtEveryPlaceOfATransaction) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Group group(seed);
    group.faults.interleave = 150;
    sim::Random random(seed + 7);
    group.Start("i0");
    int sent = 0;
    int crashes = 0;
    bool crash_now = false;
    group.in_the_middle = [&] {
      if (crashes < 12 && random.Chance(300)) crash_now = group.instances.back()->crashed = true;
    };
    for (int step = 0; step < 250; ++step) {
      if (random.Chance(300)) group.Send(group.Fact(Cat("f", sent), Trip(0, 10 * sent, 1))), ++sent;
      group.instances.back()->Turn();
      if (!crash_now) continue;
      crash_now = false;
      group.Crash(group.instances.back().get());
      group.Start(Cat("i", ++crashes));
    }
    group.faults.on = false;
    group.step_ms = 500;
    group.Settle(100);
    EXPECT_GT(crashes, 0);
    EXPECT_EQ(group.instances.back()->breaker().stamp.version, static_cast<uint64_t>(sent));
    EXPECT_EQ(group.Journal().size(), static_cast<size_t>(sent));
    group.ExpectFolded();
    if (HasFailure()) return;
  }
}

TEST(Authority, ACommandWhoseRecordsAreRefusedDoesNotStopTheOthers) {
  Group group;
  Instance* one = group.Start("one");
  group.Settle();
  // The ledger takes nothing: only what writes to it is refused.
  group.faults.refusing_topic = kLedger.topic;
  group.step_ms = 500;
  group.Send(group.Command("trip", wire::BreakerTrip{}));
  group.Send(group.Command("discard", wire::LetterDiscard{{{{"contacts", 0}, 5}}}));
  group.Send(group.Command("reset", wire::BreakerReset{}));
  group.Settle(200);
  EXPECT_TRUE(group.Answer("trip").applied);
  EXPECT_FALSE(group.Answer("discard").applied);
  EXPECT_NE(group.Answer("discard").because.find("g.ledger"), std::string::npos);
  EXPECT_TRUE(group.Answer("reset").applied);
  EXPECT_EQ(one->breaker().state, BreakerState::kGreen);
}

TEST(Authority, TopicsThatAreGoneAreWaitedFor) {
  Group group;
  group.broker.DeleteTopic(kLedger.topic);
  Instance* one = group.Start("one");
  group.Settle();
  EXPECT_FALSE(one->authority->active());
  EXPECT_NE(one->authority->trouble().find("g.ledger"), std::string::npos);
  group.broker.CreateTopic(kLedger.topic, 1);
  group.step_ms = 1'000;
  group.Settle();
  EXPECT_TRUE(one->authority->active());
}

TEST(Authority, AnIdleWeekChangesNothing) {
  Group group;
  Instance* one = group.Start("one");
  group.Settle();
  for (int day = 0; day < 8; ++day) {
    group.clock.Advance(86'400'000);
    one->Turn();
  }
  group.broker.InitProducer("g.authority");  // as if the broker had forgotten the id
  group.Send(group.Command("trip", wire::BreakerTrip{}));
  group.step_ms = 500;
  group.Settle();
  EXPECT_TRUE(group.Answer("trip").applied);
}

// --- Time and size
// --------------------------------------------------------------------------------------

TEST(Authority, ProbesByItselfAndMarksWhatExpires) {
  Group group;
  Instance* one = group.Start("one");
  group.Send(group.Fact("trip", Trip(0, 100, 1, Code::kBrokerUnavailable)));
  wire::QuarantineAdd add;
  for (int i = 0; i < 50; ++i) add.targets.push_back({false, Cat("C-", i)});
  add.expires_ms = group.clock.WallMs() + 100'000;
  group.Send(group.Command("add", add));
  group.Settle();
  EXPECT_EQ(one->breaker().state, BreakerState::kRed);
  group.clock.Advance(15'000);
  group.Settle();
  EXPECT_EQ(one->breaker().state, BreakerState::kProbe);
  EXPECT_EQ(one->tail->snapshot()->quarantine.at(kStream).expired, 0u);
  group.clock.Advance(85'000 + limits::kExpirySweepMs);
  group.Settle();
  EXPECT_EQ(one->tail->snapshot()->quarantine.at(kStream).expired, 50u);
  group.ExpectFolded();
}

// FRACAS_IMPORT_COMMANDS=1000 imports a million.
TEST(Authority, ManyIdsAreImportedInBoundedTransactions) {
  const char* wanted = std::getenv("FRACAS_IMPORT_COMMANDS");
  const int commands = wanted == nullptr ? 60 : std::atoi(wanted);
  Group group;
  Instance* one = group.Start("one");
  group.Settle();
  for (int c = 0; c < commands; ++c) {
    wire::QuarantineAdd add;
    for (int i = 0; i < 1'000; ++i)
      add.targets.push_back({false, Cat("customer-0000-0000-", c * 1'000 + i)});
    group.Send(group.Command(Cat("add", c), add));
  }
  for (int i = 0; i < 2'000 && one->authority->counts().applied < static_cast<uint64_t>(commands);
       ++i)
    one->Turns(3);
  group.Settle(5);
  EXPECT_EQ(one->authority->counts().applied, static_cast<uint64_t>(commands));
  EXPECT_EQ(one->tail->snapshot()->quarantine.at(kStream).ids,
            static_cast<uint64_t>(commands) * 1'000);
  EXPECT_GE(one->authority->counts().transactions, static_cast<uint64_t>(commands) / 25)
      << "a transaction is bounded";
  const uint64_t seed = QuarantineFilter::SeedOf(kStream);
  for (int i = 0; i < commands * 1'000; i += 97) {
    ASSERT_TRUE(
        one->tail->filter().Maybe(QuarantineFilter::Hash(seed, Cat("customer-0000-0000-", i))));
  }
  EXPECT_GE(one->tail->filter().capacity(), one->tail->filter().added());
}

}  // namespace
}  // namespace fracas::control
