#include <algorithm>
#include <map>
#include <utility>

#include "control/change.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"

// What the passing of time does.

namespace fracas::control {

using state::Breaker;
using state::BreakerState;
using wire::JournalEntry;

namespace {

bool IsOver(int64_t at_ms, int64_t now_ms) { return at_ms != 0 && at_ms <= now_ms; }

bool RetryDue(const Breaker& breaker, int64_t now_ms) {
  return breaker.state == BreakerState::kRed && IsOver(breaker.retry.next_ms, now_ms);
}

Change BeginTimer(const TransitionContext& context, std::string_view type,
                  const std::string& stream, Draft* draft) {
  Change change = Begin(context, draft);
  change.entry.id = Cat("timer:", type, ":", stream, ":", context.now_ms);
  change.entry.type = type;
  change.entry.stream = stream;
  change.entry.who = "authority";
  return change;
}

// Each thing that is due is a transition of its own: one version, one journal entry.
void BreakerDue(const TransitionContext& context, const std::string& stream, Draft* draft,
                std::vector<JournalEntry>* entries) {
  const int64_t now_ms = context.now_ms;
  if (IsOver(draft->breaker(stream).diversion.until_ms, now_ms)) {
    Breaker breaker = draft->breaker(stream);
    breaker.diversion = {};
    entries->push_back(PutBreaker(BeginTimer(context, "breaker.diversion_over", stream, draft),
                                  std::move(breaker), "its time is over, holds hold again"));
  }
  if (IsOver(draft->breaker(stream).planned_until_ms, now_ms)) {
    Breaker breaker = draft->breaker(stream);
    breaker.planned = false;
    breaker.planned_until_ms = 0;
    entries->push_back(PutBreaker(BeginTimer(context, "breaker.planned_over", stream, draft),
                                  std::move(breaker),
                                  "the maintenance should be over, somebody is to look"));
  }
  if (RetryDue(draft->breaker(stream), now_ms)) {
    Breaker breaker = draft->breaker(stream);
    ProbeByItself(&breaker);
    if (breaker.retry.done < INT32_MAX) ++breaker.retry.done;
    breaker.who.clear();
    std::string done = Cat("probe ", breaker.retry.done, " by itself");
    entries->push_back(PutBreaker(BeginTimer(context, "breaker.retry", stream, draft),
                                  std::move(breaker), std::move(done)));
  }
}

Status ExpireEntries(const TransitionContext& context,
                     const std::vector<state::QuarantineKey>& expired_keys, Draft* draft,
                     std::vector<JournalEntry>* entries) {
  std::map<std::string, size_t> expired;
  for (const state::QuarantineKey& key : expired_keys) {
    state::QuarantineEntry entry;
    const Result<bool> there = draft->quarantined(key, &entry);
    if (!there.ok()) return there.status();
    // It may have been released or renewed since it was found.
    if (!*there || entry.expired || !IsOver(entry.expires_ms, context.now_ms)) continue;
    const Change change = BeginTimer(context, "quarantine.expired", key.stream, draft);
    entry.expired = true;
    entry.stamp = change.Stamp(entry.stamp.version + 1);
    draft->Put(key, std::move(entry));
    ++expired[key.stream];
  }
  for (const auto& [stream, count] : expired) {
    entries->push_back(Applied(BeginTimer(context, "quarantine.expired", stream, draft),
                               Cat(count,
                                   " entries are past their expiry, they mask on: renew or "
                                   "release them")));
  }
  return {};
}

void ExpireTickets(const TransitionContext& context, Draft* draft,
                   std::vector<JournalEntry>* entries) {
  std::vector<std::pair<std::string, std::string>> over;  // id, stream
  draft->base().tickets.VisitExpired(context.now_ms, [&](const TicketTable::Pointer& ticket) {
    const state::Ticket* now = draft->ticket(ticket->id);
    if (over.size() < limits::kExpiredAtOnceMax && now != nullptr &&
        now->expires_ms <= context.now_ms) {
      over.emplace_back(ticket->id, ticket->stream);
    }
  });
  std::map<std::string, size_t> expired;
  for (const auto& [id, stream] : over) {
    draft->EraseTicket(id);
    ++expired[stream];
  }
  for (const auto& [stream, count] : expired) {
    entries->push_back(Applied(BeginTimer(context, "ticket.expired", stream, draft),
                               Cat(count, " tickets were not used in time, they are void")));
  }
}

}  // namespace

Result<std::vector<JournalEntry>> ApplyDue(const TransitionContext& context,
                                           const std::vector<state::QuarantineKey>& expired_keys,
                                           Draft* draft) {
  TransitionContext timer = context;
  timer.control_offset = kNoOffset;
  std::vector<JournalEntry> entries;
  for (const auto& [stream, breaker] : draft->base().breakers) {
    BreakerDue(timer, stream, draft, &entries);
  }
  if (Status s = ExpireEntries(timer, expired_keys, draft, &entries); !s.ok()) return s;
  ExpireTickets(timer, draft, &entries);
  return entries;
}

int64_t NextDueMs(const Snapshot& snapshot) {
  int64_t next_ms = snapshot.tickets.EarliestMs();
  const auto at = [&](int64_t time_ms) {
    if (time_ms != 0) next_ms = std::min(next_ms, time_ms);
  };
  for (const auto& [stream, breaker] : snapshot.breakers) {
    at(breaker->diversion.until_ms);
    at(breaker->planned_until_ms);
    if (breaker->state == BreakerState::kRed) at(breaker->retry.next_ms);
  }
  return next_ms;
}

}  // namespace fracas::control
