#include "control/change.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"

namespace fracas::control {

namespace {

// The place of `source` in a list that is ascending by source.
template <typename List>
auto Place(const TopicPartition& source, List* list) {
  return std::lower_bound(
      list->begin(), list->end(), source,
      [](const auto& each, const TopicPartition& key) { return each.source < key; });
}

template <typename List>
void EraseSource(const TopicPartition& source, List* list) {
  std::erase_if(*list, [&](const auto& each) { return each.source == source; });
}

}  // namespace

state::Stamp Change::Stamp(uint64_t version) const {
  return {version, context->control_offset, context->control_offset == kNoOffset ? "" : entry.id,
          context->now_ms};
}

Change Begin(const TransitionContext& context, Draft* draft) {
  Change change;
  change.context = &context;
  change.draft = draft;
  change.entry.time_ms = context.now_ms;
  change.entry.control_offset = context.control_offset;
  return change;
}

wire::JournalEntry Refused(Change change, std::string because) {
  change.entry.applied = false;
  change.entry.because = std::move(because);
  return std::move(change.entry);
}

wire::JournalEntry Applied(Change change, std::string because) {
  change.entry.applied = true;
  change.entry.because = std::move(because);
  return std::move(change.entry);
}

wire::JournalEntry PutBreaker(Change change, state::Breaker breaker, std::string because) {
  const state::Breaker& before = change.draft->breaker(change.entry.stream);
  breaker.stamp = change.Stamp(before.stamp.version + 1);
  change.entry.version = breaker.stamp.version;
  change.entry.before_json = BreakerJson(before, limits::kJournalRangesMax);
  change.entry.after_json = BreakerJson(breaker, limits::kJournalRangesMax);
  change.draft->Put(change.entry.stream, std::move(breaker));
  return Applied(std::move(change), std::move(because));
}

std::string_view Actor(const state::Breaker& breaker) {
  if (!breaker.who.empty()) return breaker.who;
  return breaker.stamp.control_offset == kNoOffset ? "the authority's timer" : "a worker";
}

std::string Describe(const state::Breaker& breaker) {
  if (breaker.stamp.version == 0) return "GREEN, it never tripped";
  std::string text = Cat(Name(breaker.state), " since ", FormatTimestamp(breaker.since_ms), " by ",
                         Actor(breaker));
  if (!breaker.reason.empty()) AppendTo(&text, " (", breaker.reason, ")");
  return text;
}

// --- Ranges
// ---------------------------------------------------------------------------------------------

state::PendingRange* FindPending(const TopicPartition& source, state::Breaker* breaker) {
  const auto at = Place(source, &breaker->pending);
  return at == breaker->pending.end() || at->source != source ? nullptr : &*at;
}

void ErasePending(const TopicPartition& source, state::Breaker* breaker) {
  EraseSource(source, &breaker->pending);
  EraseSource(source, &breaker->losses);  // an order about a range that is over
}

void Merge(const TopicPartition& source, Offset from, int32_t attempt, state::Breaker* breaker) {
  const auto at = Place(source, &breaker->merged);
  if (at == breaker->merged.end() || at->source != source) {
    breaker->merged.insert(at, {source, from, attempt});
  } else {
    at->from = from;
    at->attempt = attempt;
  }
}

void Unmerge(const TopicPartition& source, state::Breaker* breaker) {
  EraseSource(source, &breaker->merged);
}

bool TrippedByHand(const state::Breaker& breaker) {
  return breaker.state == state::BreakerState::kRed && breaker.cause == Code::kNone;
}

// --- Moves
// ----------------------------------------------------------------------------------------------

void TurnGreen(int64_t now_ms, state::Breaker* breaker) {
  breaker->state = state::BreakerState::kGreen;
  breaker->since_ms = now_ms;
  breaker->cause = Code::kNone;
  breaker->reason.clear();
  breaker->planned = false;
  breaker->planned_until_ms = 0;
  breaker->contract.clear();
  breaker->reload = false;
  breaker->pending.clear();
  breaker->losses.clear();
  breaker->retry = {};
  if (breaker->diversion.until_ms == 0) breaker->diversion = {};  // it was for the ranges
}

void TurnProbe(int64_t now_ms, state::Breaker* breaker) {
  ProbeByItself(breaker);
  breaker->since_ms = now_ms;
}

void ProbeByItself(state::Breaker* breaker) {
  breaker->state = state::BreakerState::kProbe;
  breaker->planned = false;
  breaker->planned_until_ms = 0;
  breaker->contract.clear();
  breaker->reload = false;
  breaker->retry.next_ms = 0;
}

void TurnRed(int64_t now_ms, state::Breaker* breaker) {
  // Tried by itself in between (`who` is of the reset): the same incident.
  const bool by_itself = breaker->state == state::BreakerState::kProbe && breaker->who.empty();
  if (breaker->state != state::BreakerState::kRed && !by_itself) breaker->since_ms = now_ms;
  breaker->state = state::BreakerState::kRed;
  breaker->contract.clear();
  breaker->reload = false;
  // Their offsets have moved: there is nothing to try again.
  std::erase_if(breaker->pending, [](const state::PendingRange& range) { return range.passed; });
}

}  // namespace fracas::control
