#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/codes.h"
#include "core/ids.h"
#include "core/status.h"

// A classified failure on the wire: one per (batch, code, fingerprint), on <group>.failures.
// CloudEvents 1.0, Kafka binding, structured mode: key "pipeline/stream", header
// content-type: application/cloudevents+json; charset=UTF-8, value:
//
//   { "specversion": "1.0",
//     "id": 32 hex digits, equal for equal (group, batch, code, fingerprint): retries dedupe,
//     "source": "/fracas/" group "/" pipeline "/" stream        (each percent-encoded),
//     "type": "fracas.failure", "subject": "pipeline/stream", "time": RFC 3339,
//     "datacontenttype": "application/json", "partitionkey": "pipeline/stream",
//     "data": {
//       "v": "1.0",
//       "code": 2103, "name": "TYPE_MISMATCH", "origin": …, "type": …,
//       "retryable": "true"|"false"|"unknown",
//       "recoverability": …, "severity": 1…10, "disposition": "warn"|"dead_letter"|"hold",
//       "timestamp": RFC 3339, "external_message": text, "internal_message": text,
//       "stacktrace": text|null,
//       "fingerprint": hex, "fingerprint_version": 1,
//       "pipeline": text, "stage": text, "stream": {"namespace": text, "name": text, "id": text},
//       "attempt": 1…, "contract": sha256|null, "row_count": n,
//       "samples": [≤ 5 {"topic", "partition", "offset", "pointer"}], "owner": text|null,
//       "error_type": "TYPE_MISMATCH", "error_message": text,
//       "source_path": "kafka://topic/partition/from-to" } }
//
// row_count and timestamp are shared by the failure and its error metadata. Schema:
// schemas/outputs/failure_event.schema.json.

namespace fracas::wire {

inline constexpr std::string_view kContentTypeHeader = "content-type";
inline constexpr std::string_view kCloudEventContentType =
    "application/cloudevents+json; charset=UTF-8";
inline constexpr int32_t kFingerprintVersion = 1;

struct FailureSample {
  std::string topic;
  Partition partition = 0;
  Offset offset = 0;
  std::string pointer;
  bool operator==(const FailureSample&) const = default;
};

struct FailureEvent {
  std::string group;
  std::string pipeline;
  std::string stream;             // id, unique in the pipeline
  std::string stage;
  std::string dataset_namespace;  // dataset = namespace.name; may be empty
  std::string dataset_name;
  Code code = Code::kNone;        // REQUIRES (encode): a real code
  Disposition disposition = Disposition::kWarn;  // as applied, not the code's default
  int64_t time_ms = 0;            // the round's clock
  std::string internal_message;   // names the rule (contract::DescribeMode), never values
  std::string stacktrace;         // empty: null
  std::string fingerprint;
  BatchId batch;                  // batch.stream is not written
  std::string contract;           // sha256; empty: null
  uint64_t row_count = 0;
  std::vector<FailureSample> samples;  // the first limits::kSamplesPerFailureMax are written
  std::string owner;              // empty: null
  // Only read back; written from the code's table.
  std::string id;
  std::string external_message;
};

// 32 hex digits: the event's identity.
std::string FailureEventId(const FailureEvent& event);
// Appends the JSON text to `out`. Texts are cut at a code point to limits::kMessageTextBytesMax.
void EncodeFailureEvent(const FailureEvent& event, std::string* out);
// kReject: not a failure event of ours; kStop: unknown major version. A code that this program does
// not know becomes Code::kUnknown.
Result<FailureEvent> DecodeFailureEvent(std::string_view bytes);

}  // namespace fracas::wire
