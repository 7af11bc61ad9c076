#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/failures.h"
#include "pipeline/round.h"
#include "pipeline/stream_plan.h"
#include "wire/failure_event.h"
#include "wire/summary.h"

namespace fracas::pipeline {

// A record of our own, its bytes in Round::texts.
struct Report {
  std::string_view key;
  std::string_view value;
};

// What a round says about itself: failure events and one summary per stream (and further ones behind
// limits::kSummaryRangesMax ranges). One per publisher.
class Reporter {
 public:
  explicit Reporter(uint32_t worker) : worker_(worker) {}

  // Forgets what an unfinished round has counted.
  void Begin() { summaries_.clear(); }
  // One event per group of failures of `batch`, as `groups` gathered them; one more when it is abandoned
  // (or would be) for something that no single record did. Warnings pass the gate, and only with a
  // published batch.
  void AddEvents(const Batch& batch, const FailureGroups& groups, Round* round,
                 std::vector<Report>* events);
  // Adds `batch` to its stream's summary.
  void Count(const Batch& batch, const Round& round);
  // The summaries of everything counted since the last call.
  void TakeSummaries(Round* round, std::vector<Report>* summaries);
  // What the round tells the authority, a record each (pipeline/facts.h).
  void AddFacts(Round* round, std::vector<Report>* facts) const;
  WarningGate& gate() { return gate_; }

 private:
  // What every summary of `stream` in this round says beside its ranges and counts.
  void Describe(const StreamPlan& stream, const Round& round, wire::Summary* summary) const;
  wire::FailureEvent EventOf(const StreamPlan& stream, const Batch& batch, const Round& round) const;
  void AddPoison(const Batch& batch, Round* round, std::vector<Report>* events);
  void Add(const StreamPlan& stream, const wire::FailureEvent& event, Round* round,
           std::vector<Report>* events);

  const uint32_t worker_;
  WarningGate gate_;
  // By stream; more than one where a round has more ranges than a summary may.
  std::map<uint32_t, std::vector<wire::Summary>> summaries_;
};

}  // namespace fracas::pipeline
