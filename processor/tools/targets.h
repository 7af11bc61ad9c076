#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/status.h"
#include "state/format/entities.h"
#include "wire/command.h"

// What people type to name things: records, partitions, attempts, ids, durations, times. Every failure is
// kReject and shows how it is written.

namespace fracas::tools {

// "orders.raw/3": a partition.
Result<TopicPartition> ParsePartition(std::string_view text);

struct RecordName {
  TopicPartition source;
  Offset offset = 0;
};
// "orders.raw/3/1042": a record.
Result<RecordName> ParseRecord(std::string_view text);

// "orders.raw/3/1000-1100#2": one attempt at a batch, as logs and failure events name it.
struct AttemptName {
  TopicPartition source;
  Offset from = 0;
  Offset to = 0;
  int32_t attempt = 1;
};
Result<AttemptName> ParseAttempt(std::string_view text);

// "90s", "30m", "2h", "7d" → milliseconds.
Result<int64_t> ParseDuration(std::string_view text);
// How long to wait: a duration, or "0s" for not at all.
Result<int64_t> ParseWait(std::string_view text);
// "2026-01-31T12:00:00Z", with any zone → milliseconds since 1970.
Result<int64_t> ParseTime(std::string_view text);

// A business id as text; it must be UTF-8 and fit (limits::kIdBytesMax).
Result<wire::QuarantineTarget> IdTarget(std::string_view text);
// A business id of any bytes.
Result<wire::QuarantineTarget> Base64Target(std::string_view text);
// "topic/partition/offset", written as the state writes it.
Result<wire::QuarantineTarget> RecordTarget(std::string_view text);

// A line of a list: an id as it stands, or, when it begins with '{', {"id": text}, {"id_base64": text} or
// {"record": "topic/partition/offset"}; a number as id means its digits. Other members are ignored.
Result<wire::QuarantineTarget> LineTarget(std::string_view line);

// The key of the target's entry. `stream`: "pipeline/stream".
state::QuarantineKey KeyOf(const std::string& stream, const wire::QuarantineTarget& target);

}  // namespace fracas::tools
