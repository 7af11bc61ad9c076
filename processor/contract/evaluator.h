#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "contract/contract.h"
#include "core/finding.h"
#include "core/limits.h"

// Judges one document after the other: scan, prove and, where prove does not answer, tree and
// explain.

namespace fracas::contract {

// What the judge needs to know of a record beside its bytes.
struct RecordContext {
  int64_t timestamp_ms = kNoTime;  // Kafka's; kNoTime: `now_ms` stands in
  int64_t now_ms = 0;              // the round's clock
  uint32_t record = 0;             // goes into Finding::record
};

// The value at an identity pointer. Strings are decoded; numbers keep their text.
struct Capture {
  bool present = false;
  std::string_view text;  // view into the document or the evaluator's arena; void at the next Reset
};

struct Captured {
  std::array<Capture, limits::kCapturesMax> values;  // parallel to Rules::captures
  int64_t event_time_ms = kNoTime;
  uint32_t findings_omitted = 0;  // of this document, beyond limits::kFindingsPerRecordMax
};

// One per worker; reuses all its memory. Not thread-safe.
class Evaluator {
 public:
  explicit Evaluator(size_t document_bytes_max);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  enum class Path : uint8_t { kProved, kExplained };

  // Appends a finding for each reason why the document fails (at most
  // limits::kFindingsPerRecordMax), none if it is valid. `captured` is filled as far as the
  // document is JSON. Says which path answered.
  Path Evaluate(const Contract& contract, std::string_view document, const RecordContext& context,
                Findings* findings, Captured* captured);
  // As Evaluate, by explain alone: the differential tests' and inspect's entry.
  void Explain(const Contract& contract, std::string_view document, const RecordContext& context,
               Findings* findings, Captured* captured);
  // Forgets the text of captures: once per batch, when nothing refers to them any more.
  void Reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fracas::contract
