#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "core/ids.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "wire/failure_event.h"

namespace fracas::tools {

// How often a failure mode occurred, as far as its failure events tell.
struct ModeCount {
  uint64_t records = 0;  // of several attempts at the same offsets only the last one counts
  uint64_t events = 0;
  int64_t first_ms = 0;
  int64_t last_ms = 0;
};

struct ModeQuestion {
  std::string failures_topic;
  std::string stream;  // "pipeline/stream": the key of its events
  std::set<std::string> fingerprints;
  LogReader* reader = nullptr;
  Admin* admin = nullptr;
  std::function<void(uint64_t done, uint64_t total)> progress;  // in offsets; may be empty
};

// The events of one mode, in the order in which they were written.
class ModeCounter {
 public:
  void Add(const wire::FailureEvent& event);
  ModeCount Count() const;

 private:
  struct Range {
    Offset to = 0;
    uint64_t records = 0;
  };
  ModeCount count_;
  std::map<TopicPartition, std::map<Offset, Range>> ranges_;  // by where they begin; disjoint
};

// By fingerprint. Reads the newest limits::kModeEventsMax events of each partition. A topic that
// does not exist counts nothing.
Result<std::map<std::string, ModeCount>> CountModes(const ModeQuestion& question);

}  // namespace fracas::tools
