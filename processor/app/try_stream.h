#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/services.h"
#include "core/audit.h"
#include "core/codes.h"
#include "core/status.h"
#include "pipeline/examiner.h"
#include "pipeline/failures.h"
#include "pipeline/stream_plan.h"
#include "ports/admin.h"
#include "ports/log_reader.h"

namespace fracas::app {

// What a stream's contract and policy would do to its real topics. Joins no group, writes nothing.

struct TryFailure {
  Disposition disposition = Disposition::kWarn;
  uint64_t records = 0;
  std::string message;  // of the first record, redacted
  std::string example;  // its coordinates
};

struct TryReport {
  uint64_t records = 0;
  uint64_t published = 0;   // warned ones included
  uint64_t warned = 0;
  uint64_t dead_lettered = 0;
  uint64_t held = 0;        // records with a code that holds
  bool would_hold = false;  // by a record, or by the audit's thresholds
  uint64_t red_at = 0;      // the first record, counted from 1, at which the stream would turn RED
  std::string red_where;    // its coordinates
  std::string red_why;
  std::map<Code, TryFailure> failures;
  int64_t first_ms = 0;     // of the records looked at, by Kafka's timestamps
  int64_t last_ms = 0;
};

// Judges records one by one in the order of each partition; the audit window sees them as a backlog, which
// is what a first run would be.
class Trial {
 public:
  // `stream` outlives it.
  Trial(const pipeline::StreamPlan* stream, int64_t now_ms);
  void Judge(const TopicPartition& partition, const ConsumedRecord& record, const PayloadLease& lease);
  const TryReport& report() const { return report_; }

 private:
  void Note(const Classified& judged, const std::string& where);
  void WouldHold(const std::string& where, const std::string& why);

  const pipeline::StreamPlan* const stream_;
  const int64_t now_ms_;
  pipeline::Examiner examiner_;
  pipeline::FailureGroups groups_;
  pipeline::Suspects suspects_{nullptr, {}, nullptr};  // of nobody
  pipeline::Batch batch_;
  std::map<TopicPartition, AuditWindow> windows_;
  TryReport report_;
};

// `fracas try`: reads the last records of every topic of the stream, prints the report; the exit code is 3
// when the stream would be held.
int TryStream(const cli::TryRequest& request, const std::string& program_version);

}  // namespace fracas::app
