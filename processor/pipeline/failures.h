#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/codes.h"
#include "pipeline/round.h"
#include "pipeline/stream_plan.h"
#include "pipeline/suspects.h"
#include "wire/failure_event.h"

namespace fracas::pipeline {

// Failures of one batch that are the same failure mode: one failure event.
struct FailureGroup {
  Code code = Code::kNone;
  Disposition disposition = Disposition::kWarn;
  std::string fingerprint;
  std::string message;  // without values
  uint64_t rows = 0;
  std::vector<wire::FailureSample> samples;  // the first limits::kSamplesPerFailureMax
};

// The failed and warned records of a batch by (code, fingerprint). A record is in one group, by the finding
// that decided it, so rows add up. At most limits::kFailureGroupsPerBatchMax groups have a mode of their
// own; what comes later folds into one group per code. Reused; one per publisher; not thread-safe.
class FailureGroups {
 public:
  // `suspects`: told of each record that is described.
  void Gather(const StreamPlan& stream, const Batch& batch, Suspects* suspects);
  const std::vector<FailureGroup>& groups() const { return groups_; }
  // REQUIRES: the record has a deciding finding.
  const FailureGroup& of(size_t record) const { return groups_[group_of_[record]]; }

 private:
  struct Judged {
    Code code = Code::kNone;
    Disposition disposition = Disposition::kWarn;
    Offset offset = 0;
  };
  uint32_t FindGroup(const StreamPlan& stream, const Batch& batch, const Finding& finding,
                     const Judged& judged, Suspects* suspects);

  std::vector<FailureGroup> groups_;
  std::vector<uint32_t> group_of_;                        // by record
  std::unordered_map<std::string, uint32_t> by_place_;    // (code, rule, pointer) → group
  std::unordered_map<std::string, uint32_t> by_mode_;     // fingerprint → group
  std::string place_;
};

// Warnings are reported on first sight and then once in limits::kWarningEveryMs per (stream, code,
// fingerprint); rows in between are added to the next report. What a round reported counts only when its
// transaction has committed.
class WarningGate {
 public:
  // How many rows to report now, those that were left out before included; 0: not now.
  uint64_t Rows(StreamIndex stream, const FailureGroup& group, int64_t now_ms);
  void Keep();  // the transaction has committed
  void Drop();  // it has not

 private:
  struct Seen {
    int64_t reported_ms = 0;
    uint64_t left_out = 0;
  };
  std::unordered_map<std::string, Seen> seen_;
  std::unordered_map<std::string, Seen> staged_;
};

// One sentence: why a batch is abandoned (or, observed, would be), without values of records.
std::string AbandonReason(const StreamPlan& stream, const Batch& batch);

}  // namespace fracas::pipeline
