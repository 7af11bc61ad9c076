#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/codes.h"
#include "core/ids.h"
#include "state/format/entities.h"

// What a group's streams are doing now, as one value: what a running instance answers at GET /state/streams,
// what is folded from <group>.state where none answers, and what `fracas status` shows. Its JSON is in
// tools/live_json.h. Plain data.

namespace fracas::tools {

struct QuarantineCounts {
  uint64_t entries = 0;
  uint64_t expired = 0;
  int64_t oldest_ms = 0;  // since when the oldest is in; 0: none
};

// Dead letters by what became of them.
struct LetterCounts {
  uint64_t open = 0;
  uint64_t open_masked = 0;  // of these, records that are quarantined: known, and waiting for a person
  uint64_t resolved = 0;
  uint64_t discarded = 0;
  uint64_t expired = 0;
  int64_t oldest_ms = 0;  // when the oldest open one was written; 0: none is open
  int64_t ends_ms = 0;    // when its topic's retention may take it; 0: never, or not known
};

// How long the source keeps what a stopped partition still has to read.
struct SourceRetention {
  TopicPartition source;
  Offset from = 0;      // where reading goes on
  Offset low = 0;       // the first offset that the source still has
  int64_t ends_ms = 0;  // when retention may take the record at `from`; 0: never, or not known
  int64_t kept_ms = 0;  // how long the topic keeps a record; 0: for ever, or not known
  // Offsets that are gone already.
  Offset lost() const { return low > from ? low - from : 0; }
};

// A partition that is stuck by itself, its stream untouched.
struct HeldPartition {
  TopicPartition partition;
  Code code = Code::kNone;
  std::string reason;
};

// What only the instance that answers knows, since it started.
struct LocalView {
  int64_t lag = 0;
  uint64_t consumed = 0;
  uint64_t published = 0;
  uint64_t dead_lettered = 0;
  uint64_t masked = 0;
  uint64_t observed = 0;
  int64_t last_record_ms = 0;  // 0: none yet
  std::string contract{};      // sha256 of what is loaded there
  std::vector<HeldPartition> held{};
};

struct StreamLive {
  std::string stream;         // "pipeline/stream"
  state::Breaker breaker{};   // version 0: it never tripped
  QuarantineCounts quarantine{};
  std::optional<LocalView> local{};       // absent: read from the topic
  std::optional<LetterCounts> letters{};  // absent: nobody who answers keeps the ledger
  std::vector<SourceRetention> retention{};  // of a stream that is RED or PROBE, as far as it is known
  // Of the whole group, in offsets with something behind them to judge; absent: not asked.
  std::optional<int64_t> lag{};
  int64_t stalled_ms = 0;  // since when records wait and the group has not moved; 0: it moves, or not known
  int64_t stands = 0;      // the group's offsets, summed: what moves. Not in the JSON
};

// How the state lane of the instance that answers is doing.
struct ControlLane {
  bool active = false;          // it holds the authority
  bool restored = false;        // the state was read up to the log's end at least once
  Offset restore_position = 0;
  Offset restore_target = 0;
  int64_t lag_ms = 0;           // since the tail last reached the log's end
};

struct LiveState {
  std::string group;
  std::string instance;         // "": folded from the topic
  Offset state_offset = 0;      // everything of <group>.state below is in it
  int64_t time_ms = 0;          // when it was read
  std::optional<ControlLane> lane;
  int64_t unanswered_ms = 0;        // since when the cluster does not answer the instance; 0: it does
  std::string unanswered{};         // what it says instead
  std::vector<StreamLive> streams;  // in the order of the configuration, then what only the state knows
};

// The stream called so; nullptr: none.
const StreamLive* Find(const LiveState& live, std::string_view stream);

// The retention that ends first; nullptr: of none an end is known.
const SourceRetention* EarliestEnd(const StreamLive& stream);
// Offsets of pending ranges that retention has taken already.
Offset LostOffsets(const StreamLive& stream);

// A quarantined id or record and its entry.
struct QuarantineItem {
  state::QuarantineKey key;
  state::QuarantineEntry entry;
};
struct QuarantinePage {
  std::vector<QuarantineItem> items;
  std::string next;  // what to ask `after` with for the next page; "" this was the last
};

}  // namespace fracas::tools
