#pragma once

#include <functional>

#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"
#include "tools/live_state.h"

namespace fracas::tools {

// The Kafka timestamp of the first record of `source` at or behind `from`, below `to`; 0: not known.
using RecordTime = std::function<int64_t(const TopicPartition& source, Offset from, Offset to)>;

// Asks the cluster what the state cannot know and fills it in for every stream of the configuration: how far
// the whole group is behind (`lag`), and until when the source keeps what a stream that is RED has to read:
// its pending ranges, and its other partitions from the group's offsets on (`retention`). Some calls a
// partition; `time_of` (may be empty) is asked where the state does not know how old the first record is. On
// a failure, what was asked before it stays filled in.
Status AddClusterFacts(const config::Config& config, Admin* admin, const RecordTime& time_of,
                       LiveState* live);

}  // namespace fracas::tools
