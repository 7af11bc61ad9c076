#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "contract/evaluator.h"
#include "core/finding.h"
#include "pipeline/round.h"
#include "pipeline/stream_plan.h"
#include "ports/source.h"

namespace fracas::pipeline {

// The document inside a record's value: behind its framing. False: the framing is not there.
[[nodiscard]] bool StripFraming(Framing framing, std::string_view value, std::string_view* document);

// A finding as text. Most come from the contract (contract/describe.h); those about a record's form, which
// no contract has seen, are told here.
struct Told {
  std::string message;
  std::string schema;     // schema location; "" for form findings
  std::string mode;       // what identifies the failure mode beside code and stream
  bool redacted = false;
};
// For one record (a dead letter): with a bounded, redacted excerpt.
Told TellRecord(const StreamPlan& stream, const Batch& batch, size_t record, const Finding& finding);
// For all records that fail in the same way (a failure event): no values.
Told TellMode(const StreamPlan& stream, const Batch& batch, const Finding& finding);

// Looks at every record of a batch: form, contract, ids and times, in one walk. One per worker, reuses
// its memory; not thread-safe.
class Examiner {
 public:
  // `document_bytes_max`: the largest record limit of all streams.
  explicit Examiner(size_t document_bytes_max);

  // Fills the examine columns and findings of `batch` (ids are void when the next batch is examined).
  // `now_ms` is the round's wall clock. What is masked already is not looked at; the age of a replay is
  // judged against its ticket's original timestamp.
  void Examine(const StreamPlan& stream, const PayloadLease& lease, int64_t now_ms, Batch* batch);

 private:
  // Appends what is wrong with record `index`; fills its id and time.
  void ExamineRecord(const StreamPlan& stream, const contract::RecordContext& context, Batch* batch);
  void Identify(const StreamPlan& stream, const PayloadLease& lease, size_t index, Batch* batch);

  contract::Evaluator evaluator_;
  contract::Evaluator key_evaluator_;
  contract::Captured captured_;
  contract::Captured key_captured_;
  Findings key_findings_;
};

}  // namespace fracas::pipeline
