#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "tools/targets.h"

// Which records made an attempt at a batch fail: as far as its failure events name them (each names the first
// limits::kSamplesPerFailureMax of its kind).

namespace fracas::tools {

struct AttemptQuestion {
  std::string stream;          // "pipeline/stream": the key of its events
  AttemptName attempt;
  std::string failures_topic;
  LogReader* reader = nullptr;
  Admin* admin = nullptr;
  std::function<void(uint64_t done, uint64_t total)> progress;  // in offsets; may be empty
};

struct AttemptRecords {
  std::vector<RecordName> records;  // ascending, each once
  uint64_t failed = 0;              // rows of these failures, named or not: more than records.size()
                                    // means that some are not known (a record with two findings counts twice)
  bool held = false;                // failures that held the batch; false: it had none, these are the records
                                    // that too many dead letters consisted of
};

// Reads the events backwards until those of the attempt were found. kReject: there are none (left to
// retention, or no such attempt).
Result<AttemptRecords> RecordsOfAttempt(const AttemptQuestion& question);

}  // namespace fracas::tools
