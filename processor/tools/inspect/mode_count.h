#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"

namespace fracas::tools {

// How often a failure mode occurred, as far as its failure events tell.
struct ModeCount {
  uint64_t records = 0;  // attempts at the same batch count again
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

// By fingerprint. Reads the newest limits::kModeEventsMax events of each partition. A topic that
// does not exist counts nothing.
Result<std::map<std::string, ModeCount>> CountModes(const ModeQuestion& question);

}  // namespace fracas::tools
