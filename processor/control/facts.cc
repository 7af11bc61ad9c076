#include <algorithm>
#include <utility>

#include "control/change.h"
#include "core/limits.h"
#include "core/text.h"
#include "wire/text.h"

// What workers report about a stream's ranges.

namespace fracas::control {

using state::Breaker;
using state::BreakerState;
using state::PendingRange;
using wire::JournalEntry;

namespace {

std::string Place(const TopicPartition& source, Offset from, Offset to) {
  return Cat(source.topic, "/", source.partition, "/", from, "-", to);
}

// A fact of the same batch, as new or newer, came before.
bool IsRepetition(const TopicPartition& source, Offset from, int32_t attempt,
                  const Breaker& breaker) {
  return std::any_of(breaker.merged.begin(), breaker.merged.end(), [&](const auto& merged) {
    return merged.source == source && merged.from == from && merged.attempt >= attempt;
  });
}

PendingRange RangeOf(const wire::Tripped& fact, int64_t now_ms, const PendingRange* before) {
  PendingRange range;
  range.source = fact.source;
  range.from = fact.from;
  range.to = fact.to;
  range.attempt = fact.attempt;
  range.cause = fact.cause;
  wire::AppendText(fact.reason, limits::kRangeReasonBytesMax, &range.reason);
  range.record = fact.record;
  range.record_failures = fact.record == kNoOffset ? 0 : 1;
  range.oldest_ms = fact.oldest_ms;
  range.since_ms = now_ms;
  if (before == nullptr || before->from != fact.from) return range;
  range.since_ms = before->since_ms;
  if (fact.record != kNoOffset && fact.record == before->record) {
    range.record_failures = before->record_failures + 1;
  }
  return range;
}

void PutPending(PendingRange range, Breaker* breaker) {
  if (PendingRange* before = FindPending(range.source, breaker); before != nullptr) {
    *before = std::move(range);
    return;
  }
  const auto at = std::find_if(breaker->pending.begin(), breaker->pending.end(),
                               [&](const auto& each) { return range.source < each.source; });
  breaker->pending.insert(at, std::move(range));
}

// Nothing is left to wait for; who tripped by hand still wants the stream to stand.
bool NothingLeft(const Breaker& breaker) {
  return !TrippedByHand(breaker) &&
         std::all_of(breaker.pending.begin(), breaker.pending.end(),
                     [](const PendingRange& range) { return range.passed; });
}

}  // namespace

Result<JournalEntry> ApplyTripped(const wire::Tripped& fact, Change change) {
  Breaker breaker = change.draft->breaker(change.entry.stream);
  if (IsRepetition(fact.source, fact.from, fact.attempt, breaker)) {
    return Refused(std::move(change), "a repetition: this attempt was merged before");
  }
  const PendingRange* before = FindPending(fact.source, &breaker);
  const bool full = breaker.pending.size() >= limits::kBreakerRangesMax ||
                    breaker.merged.size() >= limits::kBreakerRangesMax;
  const bool known = std::any_of(breaker.merged.begin(), breaker.merged.end(),
                                 [&](const auto& each) { return each.source == fact.source; });
  if (full && !known) {
    return Refused(std::move(change), Cat("the stream has ", limits::kBreakerRangesMax,
                                          " partitions with ranges, no more are kept"));
  }
  PendingRange range = RangeOf(fact, change.now_ms(), before);
  std::erase_if(breaker.losses, [&](const auto& loss) {
    return loss.source == fact.source && loss.from != fact.from;  // it stands elsewhere now
  });
  const bool first = breaker.state != BreakerState::kRed;
  TurnRed(change.now_ms(), &breaker);
  PutPending(range, &breaker);
  Merge(fact.source, fact.from, fact.attempt, &breaker);
  if (first) {
    breaker.cause = fact.cause == Code::kNone ? Code::kUnknown : fact.cause;
    breaker.reason = range.reason;
    breaker.who.clear();
  }
  Result<std::string> automatic = Automate(change, &breaker);
  if (!automatic.ok()) return automatic.status();
  std::string done = Cat(Name(breaker.state), ": ", Place(fact.source, fact.from, fact.to),
                         " failed, attempt ", fact.attempt);
  if (!automatic->empty()) AppendTo(&done, "; ", *automatic);
  return PutBreaker(std::move(change), std::move(breaker), std::move(done));
}

JournalEntry ApplyPassed(const wire::ProbePassed& fact, Change change) {
  Breaker breaker = change.draft->breaker(change.entry.stream);
  PendingRange* range = FindPending(fact.source, &breaker);
  if (IsRepetition(fact.source, fact.from, fact.attempt, breaker) || range == nullptr ||
      range->passed || range->from != fact.from || range->attempt >= fact.attempt) {
    return Refused(std::move(change), "a repetition: no such range is pending");
  }
  Merge(fact.source, fact.from, fact.attempt, &breaker);
  const std::string place = Place(fact.source, fact.from, fact.to);
  if (fact.to < range->to) {
    // The batch limits are smaller than they were: the rest is tried as a batch of its own.
    range->from = fact.to;
    range->record_failures = 0;
    return PutBreaker(std::move(change), std::move(breaker), Cat(place, " passed, a part"));
  }
  if (breaker.state == BreakerState::kProbe) {
    range->passed = true;
  } else {
    ErasePending(fact.source, &breaker);  // another one failed before this one was through
  }
  std::string done = Cat(place, " passed");
  if (NothingLeft(breaker)) {
    TurnGreen(change.now_ms(), &breaker);
    breaker.who.clear();
    done += ", GREEN";
  }
  return PutBreaker(std::move(change), std::move(breaker), std::move(done));
}

namespace {

// The topic was made anew: its offsets are other records' now. How many entries that were.
Result<size_t> ReleaseRecords(const TopicPartition& source, Change* change) {
  const auto& records = change->draft->base().records;
  if (records == nullptr || !records->contains(source)) return size_t{0};
  size_t released = 0;
  for (const auto& [offset, entry] : *records->at(source)) {
    const state::QuarantineKey key{change->entry.stream, state::QuarantineScope::kRecord,
                                   state::RecordId(source, offset)};
    state::QuarantineEntry there;
    const Result<bool> ours = change->draft->quarantined(key, &there);
    if (!ours.ok()) return ours.status();
    if (!*ours) continue;
    change->draft->Erase(key);
    ++released;
  }
  return released;
}

}  // namespace

Result<JournalEntry> ApplyLossDone(const wire::LossAccepted& fact, Change change) {
  Breaker breaker = change.draft->breaker(change.entry.stream);
  // `to` may be another order's, which came when this one was being carried out: the group stands there all
  // the same, and what is lost behind it is found again.
  const bool ordered =
      std::any_of(breaker.losses.begin(), breaker.losses.end(), [&](const auto& each) {
        return each.source == fact.source && each.from == fact.from;
      });
  if (!ordered) {
    return Refused(std::move(change), "a repetition: there is no such order");
  }
  ErasePending(fact.source, &breaker);
  std::string done = Cat(fact.source.topic, "/", fact.source.partition, " goes on at ", fact.to,
                         " instead of ", fact.from);
  if (fact.to < fact.from) {
    // Offsets start again there: what was merged of the old ones says nothing about them.
    Unmerge(fact.source, &breaker);
    const Result<size_t> released = ReleaseRecords(fact.source, &change);
    if (!released.ok()) return released.status();
    if (*released > 0) AppendTo(&done, ", ", *released, " quarantined records of the old topic released");
  }
  if (NothingLeft(breaker)) {
    TurnGreen(change.now_ms(), &breaker);
    breaker.who.clear();
    done += ", GREEN";
  }
  return PutBreaker(std::move(change), std::move(breaker), std::move(done));
}

}  // namespace fracas::control
