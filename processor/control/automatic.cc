#include <algorithm>
#include <cmath>
#include <utility>

#include "control/change.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"

// What a stream that a fact has made RED does by itself: transient causes are probed after a while,
// a record that keeps failing is isolated by its coordinates (never by an id: it could name
// somebody else's).

namespace fracas::control {

using state::Breaker;
using state::PendingRange;

namespace {

bool IsTransient(const PendingRange& range) {
  return Info(range.cause).retryable == Retryable::kTrue;
}

bool IsIsolable(const PendingRange& range, const StreamPolicy& policy) {
  return policy.quarantine_after >= 0 && range.record != kNoOffset;
}

int64_t DelayMs(const RetryPolicy& policy, int32_t done, double random) {
  double delay = static_cast<double>(policy.initial_ms) *
                 std::pow(policy.multiplier, static_cast<double>(done));
  delay = std::min(delay, static_cast<double>(policy.max_ms));
  return std::max<int64_t>(1, static_cast<int64_t>(random * delay));
}

// Of what made the stream RED last.
const RetryPolicy& RetryOf(const StreamPolicy& policy, Code cause) {
  const auto own = policy.retry_of.find(Info(cause).type);
  return own == policy.retry_of.end() ? policy.retry : own->second;
}

std::string PlanRetry(const Change& change, const StreamPolicy& stream, Breaker* breaker) {
  const RetryPolicy& policy = RetryOf(stream, breaker->cause);
  state::RetryState& retry = breaker->retry;
  if (retry.done >= policy.count) {
    retry.exhausted = true;
    retry.next_ms = change.now_ms() + std::max<int64_t>(1, policy.max_ms);
    return Cat(retry.done, " probes did not help, somebody is to look; the next is at ",
               FormatTimestamp(retry.next_ms));
  }
  retry.next_ms = change.now_ms() + DelayMs(policy, retry.done, change.context->random());
  return Cat("probe ", retry.done + 1, " of ", policy.count, " is at ",
             FormatTimestamp(retry.next_ms));
}

Result<bool> Isolate(const Change& change, const PendingRange& range) {
  const state::QuarantineKey key{change.entry.stream, state::QuarantineScope::kRecord,
                                 state::RecordId(range.source, range.record)};
  state::QuarantineEntry entry;
  Result<bool> there = change.draft->quarantined(key, &entry);
  if (!there.ok() || *there) return there;
  entry.stamp = change.Stamp(1);
  entry.code = Code::kQuarantined;
  entry.reason = Cat("failed ", range.record_failures, " times in a row: ", Info(range.cause).name);
  entry.who = "auto-quarantine";
  entry.since_ms = change.now_ms();
  change.draft->Put(key, std::move(entry));
  return true;
}

}  // namespace

Result<std::string> Automate(const Change& change, Breaker* breaker) {
  breaker->retry.next_ms = 0;
  if (TrippedByHand(*breaker)) return std::string();
  static const StreamPolicy kDefault;
  const StreamPolicy* policy = change.policy() == nullptr ? &kDefault : change.policy();
  std::vector<const PendingRange*> failing;
  bool transient = true;
  for (const PendingRange& range : breaker->pending) {
    const bool isolable = IsIsolable(range, *policy);
    if (!isolable && !IsTransient(range)) return std::string();  // somebody has to change something
    if (isolable && range.record_failures >= policy->quarantine_after) failing.push_back(&range);
    transient = transient && IsTransient(range);
  }
  if (failing.empty()) return PlanRetry(change, *policy, breaker);
  std::erase_if(breaker->isolated_ms, [&](int64_t at_ms) {
    return at_ms <= change.now_ms() - policy->quarantine_per_ms;
  });
  const size_t after = breaker->isolated_ms.size() + failing.size();
  if (after > static_cast<size_t>(std::max<int64_t>(0, policy->quarantine_max)) ||
      after > limits::kBreakerRangesMax ||
      change.draft->record_entries() + failing.size() > limits::kQuarantineRecordsMax) {
    if (transient) return PlanRetry(change, *policy, breaker);
    breaker->reason = Cat("auto-quarantine has isolated ", breaker->isolated_ms.size(),
                          " records, its cap: ", failing.front()->reason);
    return std::string("auto-quarantine is at its cap: somebody is to look");
  }
  for (const PendingRange* range : failing) {
    const Result<bool> done = Isolate(change, *range);
    if (!done.ok()) return done.status();
    breaker->isolated_ms.push_back(change.now_ms());
  }
  std::string text = Cat("isolated ", failing.size(), " record(s) that kept failing, first ",
                         ToString(failing.front()->source, failing.front()->record));
  ProbeByItself(breaker);
  return text;
}

}  // namespace fracas::control
