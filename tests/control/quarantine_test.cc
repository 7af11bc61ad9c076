#include <gtest/gtest.h>

#include "core/limits.h"
#include "core/text.h"
#include "tests/control/rules.h"

namespace fracas::control {
namespace {

using state::QuarantineScope;

wire::QuarantineAdd Add(std::vector<wire::QuarantineTarget> targets) {
  wire::QuarantineAdd add;
  add.targets = std::move(targets);
  add.owner = "crm-team";
  return add;
}

TEST(QuarantineRules, AddAgainAndReleaseAgain) {
  Rules rules;
  const std::string odd("C\0\xFF", 3);
  EXPECT_EQ(rules.Command(Add({{false, "C-1"}, {false, odd}, {true, "contacts/0/5"}})).because,
            "3 quarantined");
  const auto& size = rules.snapshot->quarantine.at(kStream);
  EXPECT_EQ(size.entries, 3u);
  EXPECT_EQ(size.ids, 2u);
  EXPECT_EQ(rules.snapshot->record_entries, 1u);
  EXPECT_EQ(size.oldest_ms, rules.now_ms);
  const auto changes = rules.changes.size();
  const wire::JournalEntry again = rules.Command(Add({{false, "C-1"}, {false, odd}}));
  EXPECT_TRUE(again.applied) << "an import that is repeated is no failure";
  EXPECT_EQ(rules.changes.size(), 1u) << "the cursor only, of " << changes;
  state::QuarantineEntry entry;
  ASSERT_TRUE(rules.Quarantined({kStream, QuarantineScope::kId, odd}, &entry));
  EXPECT_EQ(entry.owner, "crm-team");
  EXPECT_EQ(entry.code, Code::kQuarantined);
  EXPECT_TRUE(rules.Command(wire::QuarantineRelease{{{false, odd}, {false, "nobody"}}}).applied);
  EXPECT_FALSE(rules.Quarantined({kStream, QuarantineScope::kId, odd}, &entry));
  EXPECT_FALSE(rules.Command(wire::QuarantineRelease{{{false, odd}}}).applied);
  EXPECT_TRUE(rules.Command(wire::QuarantineRelease{{{true, "contacts/0/5"}}}).applied);
  EXPECT_EQ(rules.snapshot->records, nullptr);
  EXPECT_EQ(rules.snapshot->quarantine.at(kStream).ids, 1u);
}

TEST(QuarantineRules, AStaleCommandIsToldWhatChanged) {
  Rules rules;
  EXPECT_TRUE(rules.Command(Add({{false, "C-1", 0}, {false, "C-2", 0}})).applied);
  const wire::JournalEntry late = rules.Command(Add({{false, "C-1", 0}}));
  EXPECT_FALSE(late.applied) << "somebody else has quarantined it meanwhile";
  EXPECT_NE(late.because.find("version 1, changed by alice"), std::string::npos) << late.because;
  wire::QuarantineAdd other = Add({{false, "C-1", 1}});
  other.owner = "sales";
  EXPECT_TRUE(rules.Command(other).applied);
  const wire::JournalEntry stale =
      rules.Command(wire::QuarantineRelease{{{false, "C-1", 1}, {false, "C-2", 1}}});
  EXPECT_FALSE(stale.applied) << "all or nothing";
  EXPECT_NE(stale.because.find("1 of 2 have changed"), std::string::npos) << stale.because;
  EXPECT_EQ(rules.snapshot->quarantine.at(kStream).entries, 2u);
  EXPECT_TRUE(rules.Command(wire::QuarantineRelease{{{false, "C-1", 2}, {false, "C-2", 1}}}).applied);
  const wire::JournalEntry gone = rules.Command(wire::QuarantineRelease{{{false, "C-1", 2}}});
  EXPECT_FALSE(gone.applied);
  EXPECT_NE(gone.because.find("not quarantined any more"), std::string::npos) << gone.because;
}

// Three commands in one transaction: what it began with says nothing any more.
TEST(QuarantineRules, ARecordIsReleasedAndTakenAgainAtOnce) {
  Rules rules;
  rules.Command(Add({{true, "contacts/0/5"}}));
  Draft draft(rules.snapshot, &rules.store);
  TransitionContext context;
  context.now_ms = rules.now_ms;
  const StreamPolicy policy;
  context.policy = [&](std::string_view) { return &policy; };
  context.control_offset = 100;
  const auto apply = [&](const std::string& stream, wire::CommandArgs args) {
    wire::Command command;
    command.id = Cat("c", ++context.control_offset);
    command.stream = stream;
    command.who = "alice";
    command.why = "because";
    command.args = std::move(args);
    const auto entry = Apply(command, context, &draft);
    return entry.ok() && entry->applied;
  };
  EXPECT_TRUE(apply(kStream, wire::QuarantineRelease{{{true, "contacts/0/5"}}}));
  EXPECT_TRUE(apply("crm/other", Add({{true, "contacts/0/5"}})));
  EXPECT_FALSE(apply(kStream, Add({{true, "contacts/0/5"}}))) << "one stream's entry masks a record";
  EXPECT_EQ(draft.record_entries(), 1u);
}

TEST(QuarantineRules, RenewingIsAVersion) {
  Rules rules;
  wire::QuarantineAdd add = Add({{false, "C-1"}});
  add.expires_ms = rules.now_ms + 1'000;
  rules.Command(add);
  add.expires_ms += 9'000;
  const wire::JournalEntry entry = rules.Command(add);
  EXPECT_EQ(entry.version, 2u);
  EXPECT_NE(entry.before_json, entry.after_json);
  EXPECT_EQ(entry.after_json.find("C-1"), std::string::npos) << "ids are nobody's business";
}

TEST(QuarantineRules, ExpiryMarksAndNeverReleases) {
  Rules rules;
  wire::QuarantineAdd add = Add({{false, "C-1"}});
  add.expires_ms = rules.now_ms;
  EXPECT_FALSE(rules.Command(add).applied) << "over already";
  add.expires_ms = rules.now_ms + 1'000;
  rules.Command(add);
  const state::QuarantineKey key{kStream, QuarantineScope::kId, "C-1"};
  rules.now_ms += 999;
  EXPECT_TRUE(rules.Due({key}).empty());
  rules.now_ms += 1;
  ASSERT_EQ(rules.Due({key, key, {kStream, QuarantineScope::kId, "released"}}).size(), 1u);
  state::QuarantineEntry entry;
  ASSERT_TRUE(rules.Quarantined(key, &entry));
  EXPECT_TRUE(entry.expired);
  EXPECT_EQ(rules.snapshot->quarantine.at(kStream).expired, 1u);
  EXPECT_TRUE(rules.Due({key}).empty()) << "once";
  add.expires_ms = rules.now_ms + 5'000;
  rules.Command(add);
  EXPECT_EQ(rules.snapshot->quarantine.at(kStream).expired, 0u);
}

TEST(QuarantineRules, ARecordIsMaskedOnceWhateverTheStreamIsCalled) {
  Rules rules;
  rules.Fact(wire::PoisonFound{kP0, 5}, "other/stream");
  const wire::JournalEntry entry = rules.Command(Add({{true, "contacts/0/5"}}));
  EXPECT_FALSE(entry.applied);
  EXPECT_NE(entry.because.find("contacts/0/5"), std::string::npos);
}

TEST(QuarantineRules, PoisonIsIsolatedOnce) {
  Rules rules;
  EXPECT_TRUE(rules.Fact(wire::PoisonFound{kP0, 5}).applied);
  EXPECT_FALSE(rules.Fact(wire::PoisonFound{kP0, 5}).applied);
  EXPECT_EQ(rules.snapshot->records->at(kP0)->at(5)->code, Code::kPoisonRecord);
}

TEST(QuarantineRules, CodesAreTheTwoOfMaskedRecords) {
  Rules rules;
  wire::QuarantineAdd add = Add({{false, "C-1"}});
  add.code = Code::kTypeMismatch;
  EXPECT_FALSE(rules.Command(add).applied);
  add.code = Code::kPoisonRecord;
  EXPECT_TRUE(rules.Command(add).applied);
}

// --- Replays
// --------------------------------------------------------------------------------------------

wire::TicketCreate Ticket(const Rules& rules, const std::string& id, Offset letter) {
  wire::TicketCreate ticket;
  ticket.ticket = id;
  ticket.letter = kP0;
  ticket.letter_offset = letter;
  ticket.business_id = "C-1";
  ticket.digest = std::string(64, 'a');
  ticket.expires_ms = rules.now_ms + 60'000;
  return ticket;
}

TEST(ReplayRules, ATicketResolvesItsLetterOnce) {
  Rules rules;
  EXPECT_TRUE(rules.Command(Ticket(rules, "t1", 7)).applied);
  ASSERT_NE(rules.snapshot->tickets.Find("t1"), nullptr);
  EXPECT_TRUE(rules.Fact(wire::ReplayPublished{"t1", kP0, 99}).applied);
  EXPECT_EQ(rules.snapshot->tickets.size(), 0u);
  ASSERT_EQ(rules.ledger.size(), 1u);
  EXPECT_EQ(rules.ledger[0].key, state::LetterKey(kP0, 7));
  const auto letter = state::DecodeLetterResolution(rules.ledger[0].value);
  ASSERT_TRUE(letter.ok());
  EXPECT_EQ(letter->end, state::LetterEnd::kResolved);
  EXPECT_EQ(letter->published_offset, 99);
  EXPECT_EQ(letter->ticket, "t1");
  EXPECT_EQ(letter->who, "alice");
  EXPECT_FALSE(rules.Fact(wire::ReplayPublished{"t1", kP0, 99}).applied);
  EXPECT_TRUE(rules.ledger.empty());
}

TEST(ReplayRules, ANewerTicketOfALetterVoidsTheOlder) {
  Rules rules;
  rules.Command(Ticket(rules, "t1", 7));
  rules.Command(Ticket(rules, "t2", 7));
  EXPECT_EQ(rules.snapshot->tickets.Find("t1"), nullptr);
  EXPECT_EQ(rules.snapshot->tickets.FindLetter(kP0, 7)->id, "t2");
  EXPECT_FALSE(rules.Fact(wire::ReplayPublished{"t1", kP0, 99}).applied);
}

TEST(ReplayRules, ATicketMayReplaceTheOneThatItsSenderHasSeen) {
  Rules rules;
  const auto asked = [&](const std::string& id, std::optional<std::string> instead_of) {
    wire::TicketCreate ticket = Ticket(rules, id, 7);
    ticket.instead_of = std::move(instead_of);
    return rules.Command(ticket);
  };
  EXPECT_TRUE(asked("t1", "").applied);
  const wire::JournalEntry refused = asked("t2", "");
  EXPECT_FALSE(refused.applied) << "two people replay the same letter";
  EXPECT_TRUE(refused.because.starts_with(wire::kReplayUnderWay)) << refused.because;
  EXPECT_NE(refused.because.find("by alice"), std::string::npos) << refused.because;
  EXPECT_FALSE(asked("t2", "t0").applied);
  EXPECT_TRUE(asked("t2", "t1").applied);
  EXPECT_TRUE(asked("t3", std::nullopt).applied) << "whatever is there";
  rules.now_ms += 61'000;
  EXPECT_TRUE(asked("t4", "").applied) << "the other one has expired";
}

TEST(ReplayRules, WhatNoTicketIs) {
  Rules rules;
  const auto refused = [&](auto change) {
    wire::TicketCreate ticket = Ticket(rules, "t", 1);
    change(&ticket);
    return !rules.Command(ticket).applied;
  };
  EXPECT_TRUE(refused([](auto* ticket) { ticket->digest = "abc"; }));
  EXPECT_TRUE(refused([](auto* ticket) { ticket->digest[3] = 'X'; }));
  EXPECT_TRUE(refused([](auto* ticket) { ticket->replay_count = 0; }));
  EXPECT_TRUE(refused([](auto* ticket) { ticket->expires_ms = 0; }));
  EXPECT_TRUE(refused([](auto* ticket) { ticket->ticket.clear(); }));
  EXPECT_FALSE(refused([](auto*) {}));
  EXPECT_TRUE(refused([](auto*) {})) << "its id is taken";
}

TEST(ReplayRules, TicketsExpire) {
  Rules rules;
  for (int i = 0; i < 10; ++i) {
    wire::TicketCreate ticket = Ticket(rules, Cat("t", i), i);
    ticket.expires_ms += i * 1'000;
    rules.Command(ticket);
  }
  EXPECT_EQ(NextDueMs(*rules.snapshot), rules.now_ms + 60'000);
  rules.now_ms += 64'000;
  ASSERT_EQ(rules.Due().size(), 1u) << "one entry for all of a stream";
  EXPECT_EQ(rules.snapshot->tickets.size(), 5u);
  EXPECT_EQ(NextDueMs(*rules.snapshot), rules.now_ms + 1'000);
}

TEST(ReplayRules, DiscardedLettersTakeTheirTicketsAlong) {
  Rules rules;
  rules.Command(Ticket(rules, "t1", 7));
  EXPECT_TRUE(rules.Command(wire::LetterDiscard{{{kP0, 7}, {kP0, 8}}}).applied);
  EXPECT_EQ(rules.ledger.size(), 2u);
  EXPECT_EQ(rules.snapshot->tickets.size(), 0u);
}

TEST(TicketTable, ACopyIsNotChangedWithItsOriginal) {
  TicketTable table;
  for (int i = 0; i < 1'000; ++i) {
    state::Ticket ticket;
    ticket.id = Cat("t", i);
    ticket.letter_offset = i;
    ticket.expires_ms = 1'000 - i;
    table.Put(ticket);
  }
  TicketTable copy = table;
  EXPECT_TRUE(copy.SameAs(table));
  for (int i = 0; i < 1'000; i += 2) copy.Erase(Cat("t", i));
  EXPECT_FALSE(copy.SameAs(table));
  EXPECT_EQ(table.size(), 1'000u);
  EXPECT_EQ(copy.size(), 500u);
  EXPECT_EQ(table.EarliestMs(), 1);
  EXPECT_NE(table.Find("t0"), nullptr);
  EXPECT_EQ(copy.Find("t0"), nullptr);
  EXPECT_NE(copy.FindLetter({}, 1), nullptr);
  EXPECT_EQ(copy.FindLetter({}, 2), nullptr);
  size_t expired = 0;
  copy.VisitExpired(100, [&](const TicketTable::Pointer&) { ++expired; });
  EXPECT_EQ(expired, 50u);
}

}  // namespace
}  // namespace fracas::control
