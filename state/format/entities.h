#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/codes.h"
#include "core/ids.h"

// What the state of a group consists of: the values behind the keys of <group>.state (and, for the
// dead letters, <group>.ledger). The authority alone writes them; everybody else folds them. Plain
// values; their bytes are in state/format/codec.h.

namespace fracas::state {

// Names and places that commands carry must fit a record; the codec refuses longer ones.
inline constexpr size_t kTextBytesMax = 4096;

// Stands in front of every value: which command or fact made it what it is.
struct Stamp {
  uint64_t version = 0;                // of the entity: 1, 2, 3 …; what a command expects
  Offset control_offset = kNoOffset;   // of the command or fact; kNoOffset: the authority's own timer
  std::string command_id{};            // "" for a timer
  int64_t time_ms = 0;                 // the authority's clock
  bool operator==(const Stamp&) const = default;
};

// The first record of <group>.state and of <group>.control: whose they are.
struct Genesis {
  std::string uuid{};  // 32 hex digits, made once
  std::string group{};
  uint32_t format_major = 1;  // of everything in the topic; a reader stops at one that it does not know
  uint32_t format_minor = 0;
  int64_t time_ms = 0;
  bool operator==(const Genesis&) const = default;
};

// How far the authority has come: everything in the control topic at or below `control_offset` has been
// applied or refused. Written in each of its transactions.
struct Cursor {
  std::string control_uuid{};  // the genesis of the control topic that the offset belongs to
  Offset control_offset = kNoOffset;
  int64_t time_ms = 0;
  bool operator==(const Cursor&) const = default;
};

// --- Breakers -------------------------------------------------------------------------------------------

enum class BreakerState : uint8_t { kGreen = 0, kRed = 1, kProbe = 2 };
std::string_view Name(BreakerState state);  // "GREEN", "RED", "PROBE"

// A range that was abandoned and waits. from == to: the partition is stuck by itself (no range to try).
struct PendingRange {
  TopicPartition source{};
  Offset from = 0;
  Offset to = 0;
  int32_t attempt = 1;           // the one that failed; a probe is attempt + 1
  Code cause = Code::kNone;
  std::string reason{};          // one sentence, without values of records
  Offset record = kNoOffset;     // the first record that made it fail; kNoOffset: none did
  int32_t record_failures = 0;   // attempts in a row that failed at that record
  int64_t oldest_ms = 0;         // Kafka timestamp of its first record; 0: unknown
  int64_t since_ms = 0;          // first trip of this range
  bool passed = false;           // PROBE: this one is through
  bool operator==(const PendingRange&) const = default;
};

// The newest fact of a partition that was merged: older ones are repetitions.
struct MergedFact {
  TopicPartition source{};
  Offset from = 0;
  int32_t attempt = 0;
  bool operator==(const MergedFact&) const = default;
};

// Holds that act as dead letters for a while.
struct Diversion {
  std::vector<Code> codes{};   // ascending; empty: none
  int64_t until_ms = 0;      // 0: until the ranges of `ranges` are through
  std::string who{};
  std::string why{};
  int64_t since_ms = 0;
  bool operator==(const Diversion&) const = default;
};

// Probing by itself, for transient causes.
struct RetryState {
  int32_t done = 0;          // probes begun by the authority since the stream turned RED
  int64_t next_ms = 0;       // when the next begins; 0: none is planned
  bool exhausted = false;    // the policy's count is used up: somebody is paged, probing goes on
  bool operator==(const RetryState&) const = default;
};

// An order to move on over source records that are gone; done by the partition's owner.
struct AcceptedLoss {
  TopicPartition source{};
  Offset from = 0;           // the committed offset that it was ordered at
  Offset to = 0;             // where to go on
  std::string who{};
  std::string why{};
  bool operator==(const AcceptedLoss&) const = default;
};

struct Breaker {
  Stamp stamp{};
  BreakerState state = BreakerState::kGreen;
  int64_t since_ms = 0;          // in this state; RED: probes by itself in between count as RED
  Code cause = Code::kNone;      // of the first trip; kNone: a person's
  std::string reason{};
  std::string who{};             // who tripped or reset it; "" a worker or the authority's timer
  bool planned = false;          // maintenance: pages nobody …
  int64_t planned_until_ms = 0;  // … until then; 0: not planned
  std::string contract{};        // PROBE: sha256 of the contract to be tried; "" any
  bool reload = false;           // PROBE: instances that have another contract read theirs again
  std::vector<PendingRange> pending{};  // by source, ascending; one per partition
  std::vector<MergedFact> merged{};     // by source, ascending; one per partition that ever tripped
  Diversion diversion{};
  RetryState retry{};
  std::vector<AcceptedLoss> losses{};   // not yet executed; by source, one per partition
  std::vector<int64_t> isolated_ms{};   // when auto-quarantine acted, within its window
  bool operator==(const Breaker&) const = default;
};

// --- Quarantine -----------------------------------------------------------------------------------------

enum class QuarantineScope : uint8_t { kId = 1, kRecord = 2 };

// What is masked: a business id of a stream (its canonical bytes), or one record.
struct QuarantineKey {
  std::string stream{};   // "pipeline/stream"
  QuarantineScope scope = QuarantineScope::kId;
  std::string id{};     // kId: canonical bytes; kRecord: RecordId(...)
  auto operator<=>(const QuarantineKey&) const = default;
};
// "topic/partition/offset", the canonical bytes of a record's coordinates.
std::string RecordId(const TopicPartition& source, Offset offset);

struct QuarantineEntry {
  Stamp stamp{};
  Code code = Code::kNone;   // QUARANTINED, POISON_RECORD: what a masked record is coded as
  std::string reason{};
  std::string owner{};
  std::string who{};
  int64_t since_ms = 0;
  int64_t expires_ms = 0;    // 0: never; reaching it alerts, it does not release
  bool expired = false;      // the authority has seen that
  bool operator==(const QuarantineEntry&) const = default;
};

// --- Replays --------------------------------------------------------------------------------------------

// Lifts the mask for one replay and names the dead letter that its publication resolves.
struct Ticket {
  Stamp stamp{};
  std::string id{};          // the key; what the replay's header names
  std::string stream{};      // "pipeline/stream"
  TopicPartition letter{};   // source coordinates of the dead letter that it replaces
  Offset letter_offset = 0;
  std::string business_id{};   // canonical bytes; "" none
  std::string digest{};      // sha256 of key and value (wire/replay.h), 64 hex digits
  int64_t original_timestamp_ms = 0;  // age is judged against it
  int32_t replay_count = 0;  // of the replay: the dead letter's + 1
  std::string who{};
  std::string why{};
  int64_t expires_ms = 0;
  bool operator==(const Ticket&) const = default;
};

// --- Dead letters (<group>.ledger) ------------------------------------------------------------------------

enum class LetterEnd : uint8_t { kResolved = 1, kDiscarded = 2 };

// A dead letter that is not open any more; absent: open (or expired with the topic's retention). The key
// is the letter's source coordinates.
struct LetterResolution {
  Stamp stamp{};
  std::string stream{};
  TopicPartition letter{};
  Offset letter_offset = 0;
  LetterEnd end = LetterEnd::kResolved;
  std::string ticket{};       // kResolved
  TopicPartition published{};   // kResolved: the source coordinates of the replay that was published
  Offset published_offset = kNoOffset;
  std::string who{};
  std::string why{};
  bool operator==(const LetterResolution&) const = default;
};

}  // namespace fracas::state
