#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/codes.h"
#include "core/ids.h"
#include "core/status.h"

// Where records come from. One Source belongs to one worker thread; nothing here is thread-safe except
// where said. Implementations: kafka/consumer.h, files/file_source.h, tests/sim.

namespace fracas {

// The bytes of consumed records, kept alive without copying. Whoever holds the lease may read the views
// of its records; destroying it frees them. It is destroyed only after the transaction that produced
// from it has ended (committed; aborted and drained; or its producer destroyed). May be destroyed on any
// thread, also after its Source.
class PayloadLease {
 public:
  virtual ~PayloadLease() = default;
  // Calls `visit(name, value)` for each header of record `index` in order; a null value has
  // data() == nullptr. Headers repeat, may be empty and binary. Views live as long as the lease, until
  // Transaction::Forward has taken the record's headers.
  virtual void VisitHeaders(
      uint32_t index,
      const std::function<void(std::string_view name, std::string_view value)>& visit) const = 0;
};

// What the group knew of us when an assignment began: member and generation. A transaction uses the
// epoch that its records were read under, never a newer one. Immutable, shared, any thread. Whoever has a
// transaction that is not over keeps its epoch: where the group gives the same member the same generation
// again, which fences nothing, the next assignment waits until nobody has the epoch before it.
class AssignmentEpoch {
 public:
  virtual ~AssignmentEpoch() = default;
  // Grows by one with each assignment of this Source; 0 is never used.
  virtual uint64_t number() const = 0;
};

// An index that names an assigned partition; valid from its kAssigned event to its kRevoked event.
using PartitionSlot = uint32_t;

struct ConsumedRecord {
  PartitionSlot slot = 0;
  Offset offset = 0;
  int64_t timestamp_ms = 0;    // kNoTime (core/record.h) if the record has none
  std::string_view key;        // data() == nullptr: null
  std::string_view value;      // data() == nullptr: null (tombstone)
  uint32_t lease_index = 0;    // in the lease that was passed to Poll
};

struct AssignedPartition {
  PartitionSlot slot = 0;
  TopicPartition partition;
  Offset start = 0;            // the first offset that will be delivered
  Offset committed = kNoOffset;  // the group's committed offset; kNoOffset if it had none
  std::string metadata;        // of the committed offset; empty if none
  // Where the group had no offset: how many partitions the topic has now. 0: there is no group to tell.
  int32_t partitions = 0;
};

struct SourceEvent {
  enum class Kind : uint8_t {
    kAssigned,        // `epoch` and `partitions` are set; fetching begins with the next Poll
    kRevoked,         // everything assigned before is gone; slots and epoch are void
    kPartitionError,  // `slot`, `offset` (kNoOffset if unknown) and `status`: this partition is stuck
    kEndOfInput,      // a finite source has nothing left, ever
    kFenced,          // another process uses this instance's name; recreate, or stop if it repeats
    kFailed,          // the handle is unusable: `status`; Recreate
  };
  Kind kind{};
  std::shared_ptr<const AssignmentEpoch> epoch{};
  std::vector<AssignedPartition> partitions{};
  PartitionSlot slot = 0;
  Offset offset = kNoOffset;
  // kPartitionError: what was seen. OFFSET_OUT_OF_RANGE (source data is gone), OBJECT_NOT_FOUND (the topic
  // is gone), PERMISSION_DENIED, DECODE_FAILED (a batch that cannot be decompressed), UNKNOWN.
  Code code = Code::kNone;
  Status status{};
};

// Where a group stands on a partition.
struct CommittedOffset {
  Offset offset = kNoOffset;  // kNoOffset: it has none
  std::string metadata;       // empty if none
};

struct PollLimits {
  size_t records_max = 0;  // 0: membership and events only; the lease may be null
  size_t bytes_max = 0;   // of keys and values; one record may exceed it
  int wait_ms = 0;        // for the first record; 0 polls
};

class Source {
 public:
  virtual ~Source() = default;

  // A lease for the records of one round.
  virtual std::unique_ptr<PayloadLease> NewLease() = 0;

  // Takes what is there, keeping the bytes in `lease` (made by NewLease; polled into repeatedly). Returns
  // at least once within wait_ms; also serves membership, so it is called at least every few seconds,
  // even when every partition is held. The span lives until the next Poll. When `events` is not empty
  // the records of this call were read before them and under the epoch before them; after kRevoked none
  // are returned. Never returns a record twice unless Seek asked for it, and never one below the position.
  // Events are appended.
  virtual std::span<const ConsumedRecord> Poll(const PollLimits& limits, PayloadLease* lease,
                                               std::vector<SourceEvent>* events) = 0;

  // The next record of `slot` will be `offset`; what was fetched beyond is dropped.
  virtual Status Seek(PartitionSlot slot, Offset offset) = 0;
  // Seeks to `offset`, then pauses (that order: a pause remembers the position). Idempotent.
  virtual Status Hold(PartitionSlot slot, Offset offset) = 0;
  // Resumes a held partition at the offset that Hold or Seek named last. No-op if it is not held.
  virtual Status Release(PartitionSlot slot) = 0;
  // Below it nothing is left to deliver of `slot`, which is not held: behind the last record that was
  // delivered may be markers of transactions and aborted records. kNoOffset: not known.
  virtual Offset Passed(PartitionSlot) const { return kNoOffset; }
  // Asks the group where it stands, waiting for transactions in doubt: after an ambiguous commit.
  // Bounded in time.
  virtual Result<CommittedOffset> Committed(const TopicPartition& partition) = 0;
  // Throws the handle away and joins anew: everything assigned is gone, as after kRevoked.
  virtual Status Recreate() = 0;
  // Leaves the group (or, with a static name, only closes). Bounded in time. Idempotent.
  virtual void Close() = 0;
};

}  // namespace fracas
