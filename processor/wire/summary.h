#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/codes.h"
#include "core/ids.h"
#include "core/outcome.h"
#include "core/status.h"

// What became of one stream's part of one round, on <group>.batches, key "pipeline/stream":
//
//   { "v": "1.0", "pipeline": text, "stream": text, "time": RFC 3339, "instance": text,
//     "worker": n,
//     "ranges": [ {"topic", "partition", "from", "to", "attempt", "records", "gaps",
//                  "verdict": "publish"|"abandon", "code": 2103|absent} ],
//     "counts": {"published", "dead_lettered", "masked", "observed"},
//     "codes": { "TYPE_MISMATCH": n, … },
//     "state_offset": n|-1, "contract": sha256|null, "config": sha256, "program": "0.1.0" }
//
// Law of one partition: the ranges with verdict "publish" tile (each `from` is the committed
// offset, the `to` of the one before), and to - from = records + gaps. counts sums to the records
// of those ranges. An abandoned range moves no offset and counts nothing. Schema:
// schemas/outputs/summary.schema.json.

namespace fracas::wire {

// What a verdict says of a batch.
enum class RangeVerdict : uint8_t { kPublish, kAbandon };

struct SummaryRange {
  TopicPartition source;
  Offset from = 0;
  Offset to = 0;
  int32_t attempt = 1;
  uint64_t records = 0;
  uint64_t gaps = 0;
  RangeVerdict verdict = RangeVerdict::kPublish;
  Code code = Code::kNone;  // why it was abandoned
  bool operator==(const SummaryRange&) const = default;
};

struct Summary {
  std::string pipeline;
  std::string stream;
  int64_t time_ms = 0;      // the round's clock
  std::string instance;
  uint32_t worker = 0;
  std::vector<SummaryRange> ranges;  // at most limits::kSummaryRangesMax: the writer splits
  Tally counts;             // of the published ranges
  std::map<Code, uint64_t> codes;  // failed and warned records of the published ranges
  Offset state_offset = kNoOffset;
  std::string contract;     // sha256; empty: null
  std::string config;       // sha256 of the effective configuration
  std::string program;      // version
};

// Appends the JSON text to `out`.
void EncodeSummary(const Summary& summary, std::string* out);
// kReject: not a summary; kStop: unknown major version. Unknown codes are gathered under
// Code::kUnknown.
Result<Summary> DecodeSummary(std::string_view bytes);
// The law above, for one summary: records + gaps = to - from of every published range, and counts =
// the sum of their records. Empty: it holds; else what does not, for a message.
std::string CheckConservation(const Summary& summary);

}  // namespace fracas::wire
