#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/codes.h"
#include "core/header.h"
#include "core/ids.h"
#include "core/status.h"
#include "ports/source.h"

// Where a round goes: one transaction for outputs, dead letters, events, summaries and source offsets.
// One Transaction object belongs to one publisher thread. Implementations: kafka/producer.h,
// files/file_transaction.h, tests/sim.

namespace fracas {

// An output topic that Open has checked; valid until Recreate.
struct OutputTopic {
  uint32_t index = 0;
  int32_t partitions = 0;
};

// A record of ours. Bytes are not copied: they stay alive until the transaction has ended.
struct ProducedRecord {
  std::string_view key;      // data() == nullptr: null
  std::string_view value;    // data() == nullptr: null
  int64_t timestamp_ms = 0;  // kNoTime: the time of producing
  // Headers of a consumed record that come first (dead letters carry the originals), then `headers`.
  const PayloadLease* original = nullptr;
  uint32_t original_index = 0;
  std::span<const HeaderView> headers;  // copied
};

struct OffsetToCommit {
  TopicPartition partition;
  Offset offset = 0;      // >= 0
  std::string metadata;   // <= limits::kOffsetMetadataBytesMax
};

// How a transaction ended. Closed: only pipeline/recovery switches over it.
struct CommitResult {
  enum class Kind : uint8_t {
    kCommitted,
    kNotCommitted,   // certainly not: aborted; rewind and judge again
    kTopicRefused,   // certainly not, and `topic` will refuse again (deleted, ACL, too large, …): `code`
    kUnknown,        // in doubt: Recreate, then ask Source::Committed
    kFenced,         // another producer has this transactional id: Recreate, or stop if it repeats
  };
  Kind kind = Kind::kCommitted;
  Status status{};      // not ok unless kCommitted
  std::string topic{};  // kTopicRefused: which
  Code code = Code::kNone;  // kTopicRefused: SINK_REJECTED, PERMISSION_DENIED, OBJECT_NOT_FOUND, …
  bool committed() const { return kind == Kind::kCommitted; }
};

class Transaction {
 public:
  virtual ~Transaction() = default;

  // First call and after a failure in doubt: claims the transactional id, which ends what a predecessor
  // left open. Bounded in time.
  virtual Status Recreate() = 0;
  // Looks the topic up (it is not created) and keeps a handle.
  virtual Result<OutputTopic> Open(const std::string& topic) = 0;

  virtual Status Begin() = 0;
  // A consumed record, unchanged: key, value, headers (all of them, in order), timestamp. The payload is
  // not copied; the headers move out of the lease. kAbort: the producer refused it (queue full is waited
  // out inside); the round has failed and Commit will say why.
  virtual Status Forward(OutputTopic topic, Partition partition, const ConsumedRecord& record,
                         PayloadLease* lease) = 0;
  virtual Status Produce(OutputTopic topic, Partition partition, const ProducedRecord& record) = 0;
  // Ends the transaction: waits for every delivery, adds the offsets under `epoch` (REQUIRES: not null
  // when offsets is not empty), commits. When it returns anything but kUnknown or kFenced the
  // transaction is over and nothing refers to payloads any more; after those, not until Recreate returned.
  virtual CommitResult Commit(const AssignmentEpoch* epoch,
                              std::span<const OffsetToCommit> offsets) = 0;
  // Gives up an open transaction; nothing of it becomes visible.
  virtual CommitResult Abort() = 0;

  // Since Begin: what the producer accepted, and of that what a delivery report has failed.
  virtual uint64_t accepted() const = 0;
  virtual uint64_t failed() const = 0;
};

}  // namespace fracas
