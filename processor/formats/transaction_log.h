#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/status.h"

// Records of Kafka's own topic __transaction_state, in which a coordinator keeps the transactions
// of each transactional id. The layouts are generated from Kafka's TransactionLogKey.json and
// TransactionLogValue.json; numbers are big endian.
//
//   key    int16 version = 0, string transactional id
//   value  int16 version, then
//     0    int64 producer id, int16 epoch, int32 timeout ms, int8 status, nullable array of
//          {string topic, array of int32 partitions}, int64 last update ms, int64 start ms
//     1    the same with compact strings and arrays, and tagged fields behind each structure
//
//   string: int16 length, bytes · array: int32 count, items (-1: null) · compact: the length or
//   count plus 1 as unsigned varint (0: null) · tagged fields: unsigned varint count, each an
//   unsigned varint tag, an unsigned varint size, bytes; they are passed over, whatever they are
//
// IMPORTANT: bytes of others. Anything that is not this is said to be unknown, never guessed.

namespace fracas::formats {

inline constexpr std::string_view kTransactionLogTopic = "__transaction_state";

// Closed: a status byte that is none of these is damage.
enum class TransactionState : uint8_t {
  kEmpty,
  kOngoing,
  kPrepareCommit,  // decided: its markers are being written
  kPrepareAbort,
  kCompleteCommit,
  kCompleteAbort,
  kDead,
  kPrepareEpochFence,
};
std::string_view Name(TransactionState state);  // as Kafka's tools write it: "Ongoing"
// It still holds readers back.
bool IsOpen(TransactionState state);

struct TransactionEntry {
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  int32_t timeout_ms = 0;
  TransactionState state{};
  std::vector<TopicPartition> partitions;
  int64_t updated_ms = 0;  // by the coordinator's clock
  int64_t started_ms = 0;  // the same; < 0: none is open
};

// The transactional id. kReject: another version, or not such a key; the message says which.
Result<std::string> ReadTransactionKey(std::string_view bytes);
// kReject: another version, or damage; the message says what and where.
Result<TransactionEntry> ReadTransactionValue(std::string_view bytes);

}  // namespace fracas::formats
