#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/model.h"
#include "core/codes.h"
#include "core/status.h"
#include "wire/command.h"
#include "wire/journal.h"

// The rules: what a command, a fact or the passing of time does to the state. Pure: time and
// randomness are arguments; the same inputs in the same order give the same state, whoever applies
// them.
//
// Breaker:
//   GREEN --tripped / breaker.trip--> RED        RED --tripped--> RED (adds or renews a range)
//   RED --breaker.reset / retry timer--> PROBE, or GREEN when no range is pending
//   PROBE --probe_passed of the last range--> GREEN     PROBE --tripped / breaker.trip--> RED
//   RED, PROBE --loss_accepted of the last range--> GREEN, unless a person has tripped the stream
//   breaker.trip on RED changes only whether it is planned, and ends probing by itself;
//   breaker.reset on PROBE only what is tried. Ranges that have passed are gone with the end of
//   PROBE.
// RED without a pending range: a person has tripped it (cause kNone).
//
// A fact is merged by (source, from, attempt): one of the same batch whose attempt is not newer
// than what was merged of its partition is a repetition and changes nothing. One that begins
// further back is new: somebody has set the group's offsets back.

namespace fracas::control {

// Probing by itself after a passing cause: so often, then somebody is paged and it goes on at the longest
// pause. Pauses grow from `initial_ms` to `max_ms`, each drawn between 0 and its length.
struct RetryPolicy {
  int32_t count = 3;
  int64_t initial_ms = 30'000;
  int64_t max_ms = 300'000;
  double multiplier = 2;
};

// A stream's policy, from the configuration of the instance that holds the authority.
struct StreamPolicy {
  RetryPolicy retry;
  std::map<FailureType, RetryPolicy> retry_of;  // of causes of that type, where it differs
  int64_t quarantine_after = -1;          // auto-quarantine; < 0: off
  int64_t quarantine_max = 20;            // so many …
  int64_t quarantine_per_ms = 3'600'000;  // … in such a time
};

struct TransitionContext {
  int64_t now_ms = 0;  // the authority's clock
  Offset control_offset = kNoOffset;
  // nullptr: no such stream. Commands that would stop, start or mask it are refused then; facts are
  // merged.
  std::function<const StreamPolicy*(std::string_view stream)> policy;
  std::function<double()> random;  // [0, 1): jitter
};

// Applies one command to `draft`; the entry says what became of it. A failed Status is the store's.
Result<wire::JournalEntry> Apply(const wire::Command& command, const TransitionContext& context,
                                 Draft* draft);
Result<wire::JournalEntry> Apply(const wire::Fact& fact, const TransitionContext& context,
                                 Draft* draft);
// Whatever is due at context.now_ms: retries of transient causes, ends of diversions and planned
// maintenance, expired quarantine entries (`expired_keys`: found by the caller's sweep) and
// tickets.
Result<std::vector<wire::JournalEntry>> ApplyDue(
    const TransitionContext& context, const std::vector<state::QuarantineKey>& expired_keys,
    Draft* draft);
// The earliest moment at which ApplyDue has something to do, quarantine apart; INT64_MAX: never.
int64_t NextDueMs(const Snapshot& snapshot);

// A breaker as a JSON object, for the journal, GET /state and status: at most `ranges_max` of its
// pending ranges, `pending_count` says how many there are.
std::string BreakerJson(const state::Breaker& breaker, size_t ranges_max = SIZE_MAX);

}  // namespace fracas::control
