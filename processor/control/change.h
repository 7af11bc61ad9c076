#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/transitions.h"

// What the rules have in common. Part of the transitions: breaker.cc, facts.cc, quarantine.cc,
// replays.cc, due.cc.

namespace fracas::control {

// What a command, fact or timer is about to change, and the journal entry of it.
struct Change {
  const TransitionContext* context = nullptr;
  Draft* draft = nullptr;
  wire::JournalEntry entry;

  state::Stamp Stamp(uint64_t version) const;
  const StreamPolicy* policy() const { return context->policy(entry.stream); }
  int64_t now_ms() const { return context->now_ms; }
};

// The entry as it begins: `id`, type, stream, who and why are the caller's.
Change Begin(const TransitionContext& context, Draft* draft);
wire::JournalEntry Refused(Change change, std::string because);
wire::JournalEntry Applied(Change change, std::string because);
// Puts the breaker with its next version; before and after are in the entry.
wire::JournalEntry PutBreaker(Change change, state::Breaker breaker, std::string because);

// "node-1/0" or a person; never empty.
std::string_view Actor(const state::Breaker& breaker);
// "RED since 2026-01-31T12:00:00.000Z by alice (maintenance)".
std::string Describe(const state::Breaker& breaker);

// --- Ranges
// ---------------------------------------------------------------------------------------------

// nullptr: nothing pending there.
state::PendingRange* FindPending(const TopicPartition& source, state::Breaker* breaker);
void ErasePending(const TopicPartition& source, state::Breaker* breaker);
// Sets the newest fact of a partition.
void Merge(const TopicPartition& source, Offset from, int32_t attempt, state::Breaker* breaker);
void Unmerge(const TopicPartition& source, state::Breaker* breaker);
bool TrippedByHand(const state::Breaker& breaker);

// --- Moves
// ----------------------------------------------------------------------------------------------

void TurnGreen(int64_t now_ms, state::Breaker* breaker);
void TurnProbe(int64_t now_ms, state::Breaker* breaker);
// Nobody has ordered it, nobody has looked: the incident, and how long it lasts, goes on through it.
void ProbeByItself(state::Breaker* breaker);
void TurnRed(int64_t now_ms, state::Breaker* breaker);
// What happens by itself to a stream that a fact has just made RED: a probe is planned, records are
// isolated and it goes to PROBE, or nothing. A sentence for the journal.
Result<std::string> Automate(const Change& change, state::Breaker* breaker);

// --- By type
// --------------------------------------------------------------------------------------------

wire::JournalEntry ApplyTrip(const wire::Command& command, const wire::BreakerTrip& args,
                             Change change);
wire::JournalEntry ApplyReset(const wire::Command& command, const wire::BreakerReset& args,
                              Change change);
wire::JournalEntry ApplyDivertEnd(Change change);
wire::JournalEntry ApplyAcceptLoss(const wire::Command& command, const wire::AcceptLoss& args,
                                   Change change);
Result<wire::JournalEntry> ApplyAdd(const wire::Command& command, const wire::QuarantineAdd& args,
                                    Change change);
Result<wire::JournalEntry> ApplyRelease(const wire::QuarantineRelease& args, Change change);
wire::JournalEntry ApplyTicket(const wire::Command& command, const wire::TicketCreate& args,
                               Change change);
wire::JournalEntry ApplyDiscard(const wire::Command& command, const wire::LetterDiscard& args,
                                Change change);

Result<wire::JournalEntry> ApplyTripped(const wire::Tripped& fact, Change change);
wire::JournalEntry ApplyPassed(const wire::ProbePassed& fact, Change change);
wire::JournalEntry ApplyReplay(const wire::ReplayPublished& fact, Change change);
Result<wire::JournalEntry> ApplyLossDone(const wire::LossAccepted& fact, Change change);
Result<wire::JournalEntry> ApplyPoison(const wire::PoisonFound& fact, Change change);

}  // namespace fracas::control
