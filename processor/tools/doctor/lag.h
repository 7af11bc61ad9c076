#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ids.h"
#include "ports/cluster_inspector.h"
#include "tools/doctor/diagnosis.h"
#include "tools/live_state.h"

namespace fracas::tools {

// One partition of a source, seen twice.
struct SourceSeen {
  TopicPartition partition;
  std::string stream;  // "pipeline/stream"
  Offset low = 0;
  Offset high = 0;
  Offset before = kNoOffset;  // the group's offset at the first look; kNoOffset: it has none
  Offset now = kNoOffset;     // … and some seconds later
  bool only_markers = false;  // behind `now` no record is left: markers of transactions, aborted ones

  Offset lag() const { return only_markers ? 0 : high - (now == kNoOffset ? low : now); }
};

struct LagQuestion {
  std::string group;
  std::string config_file;
  std::string address;              // of the instance that runs here; "" none is configured
  Result<GroupSeen> members;        // of the group
  const LiveState* live = nullptr;  // null: the streams' state is not known
  int64_t now_ms = 0;
  int64_t watched_ms = 0;  // between the two looks
  std::vector<SourceSeen> sources;
};
// What is behind and why: lost to retention, stopped streams, nobody at work, partitions that do
// not move. Pure.
AreaReport CheckLag(const LagQuestion& question);

}  // namespace fracas::tools
