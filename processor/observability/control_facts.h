#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "state/format/entities.h"

// What the group's state and the thread that applies commands look like, asked for at scrape time; plain data
// that app/ fills in.

namespace fracas::observability {

// Since when read_committed readers of a stream's topics stand in front of an open transaction; 0: of
// none.
struct ReadersHeld {
  int64_t source_since_ms = 0;
  int64_t published_since_ms = 0;
};

// Facts of the whole group about one stream. Only the instance that holds the authority exports them, so that
// no two instances tell different ages of the same thing.
struct StreamFacts {
  std::string stream;  // "pipeline/stream"
  state::BreakerState state = state::BreakerState::kGreen;
  int64_t since_ms = 0;           // in this state; 0: since ever
  bool planned = false;           // maintenance that has not run out: pages nobody
  uint64_t pending = 0;           // ranges that wait
  bool retry_exhausted = false;   // probing by itself has not helped
  bool diversion = false;         // holds act as dead letters
  int64_t source_ends_ms = 0;     // when the source's retention may take what waits; 0: not known
  int64_t source_kept_ms = 0;     // how long that topic keeps a record; 0: not known
  int64_t letters_kept_ms = 0;    // likewise of that dead-letter topic
  int64_t letters_end_ms = 0;     // when a dead-letter topic's may take the oldest open one; 0: not known
  Offset lost = 0;                // offsets that wait and are gone already
  uint64_t quarantined = 0;
  uint64_t quarantine_expired = 0;
  int64_t quarantine_oldest_ms = 0;  // 0: none
  // Dead letters, where the ledger is kept.
  struct Letters {
    uint64_t open = 0;
    uint64_t open_masked = 0;  // of these, quarantined records
    uint64_t resolved = 0;
    uint64_t discarded = 0;
    uint64_t expired = 0;
    int64_t oldest_ms = 0;  // of the open ones; 0: none
  };
  std::optional<Letters> letters;
  ReadersHeld held;
};

struct ControlFacts {
  int64_t now_ms = 0;
  // The state lane of this instance.
  bool restored = false;
  Offset restore_position = 0;
  Offset restore_target = 0;
  int64_t lag_ms = 0;
  // The authority; all 0 where the instance has not the role.
  bool active = false;
  uint64_t applied = 0;
  uint64_t refused = 0;
  uint64_t repeated = 0;
  uint64_t transactions = 0;
  uint64_t transactions_failed = 0;
  uint64_t tickets = 0;               // open; told while active
  std::vector<StreamFacts> streams{};  // empty unless active
};

// nullopt: the state is not known yet, or this program has none. Any thread.
using ControlFactsSource = std::function<std::optional<ControlFacts>()>;

}  // namespace fracas::observability
