#include "core/record.h"

namespace fracas {

void RecordColumns::Clear() {
  value.clear();
  key.clear();
  offset.clear();
  timestamp_ms.clear();
  lease_index.clear();
  business_id.clear();
  event_time_ms.clear();
  finding_begin.clear();
  finding_end.clear();
  outcome.clear();
  code.clear();
  decider.clear();
}

void RecordColumns::Append(Offset record_offset, int64_t record_timestamp_ms,
                           std::string_view record_key, std::string_view record_value,
                           uint32_t record_lease_index) {
  value.push_back(record_value);
  key.push_back(record_key);
  offset.push_back(record_offset);
  timestamp_ms.push_back(record_timestamp_ms);
  lease_index.push_back(record_lease_index);
  business_id.emplace_back();
  event_time_ms.push_back(kNoTime);
  finding_begin.push_back(0);
  finding_end.push_back(0);
  outcome.push_back(Outcome::kPending);
  code.push_back(Code::kNone);
  decider.push_back(kNoFinding);
}

}  // namespace fracas
