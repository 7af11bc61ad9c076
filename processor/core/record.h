#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/codes.h"
#include "core/ids.h"
#include "core/outcome.h"

namespace fracas {

inline constexpr int64_t kNoTime = INT64_MIN;
inline constexpr uint32_t kNoFinding = UINT32_MAX;

// The records of one batch as a structure of arrays: each step reads and writes only its columns. All
// columns have size() elements. Bytes belong to the payload lease of the round. In `value` and `key` a
// view with data() == nullptr is Kafka's null (a tombstone), an empty view with a pointer is zero bytes.
// Reused from round to round: Clear keeps the memory, so that a steady worker allocates nothing.
struct RecordColumns {
  // Filled by the intake.
  std::vector<std::string_view> value;
  std::vector<std::string_view> key;
  std::vector<Offset> offset;
  std::vector<int64_t> timestamp_ms;   // Kafka's own; kNoTime if the record has none
  std::vector<uint32_t> lease_index;   // the record within the round's payload lease (for its headers)
  // Filled by examine. An empty id means none. Ids are views into payloads or into the examiner's arena.
  std::vector<std::string_view> business_id;
  std::vector<int64_t> event_time_ms;  // kNoTime if none
  std::vector<uint32_t> finding_begin;  // [finding_begin, finding_end) in the batch's Findings
  std::vector<uint32_t> finding_end;
  // Filled by mask and classify.
  std::vector<Outcome> outcome;
  std::vector<Code> code;              // the code that decided; kNone when there is no failure
  std::vector<uint32_t> decider;       // the finding that decided; kNoFinding when there is none

  size_t size() const { return offset.size(); }
  void Clear();
  // Appends one record with its intake columns; the others get their empty values.
  void Append(Offset record_offset, int64_t record_timestamp_ms, std::string_view record_key,
              std::string_view record_value, uint32_t record_lease_index);
};

}  // namespace fracas
