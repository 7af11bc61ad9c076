#pragma once

#include <functional>

#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "tools/live_state.h"

namespace fracas::tools {

// The Kafka timestamp of the first record of `source` at or behind `from`, below `to`; 0: not known.
using RecordTime = std::function<int64_t(const TopicPartition& source, Offset from, Offset to)>;

// Whether a reader of committed records finds one in [from, to); true where that is not known. Markers of
// transactions and aborted records take offsets too: behind the last record they are no lag.
using AnyRecord = std::function<bool(const TopicPartition& source, Offset from, Offset to)>;
// The same, asked of a log.
bool HasRecord(LogReader* reader, const TopicPartition& source, Offset from, Offset to);

// More offsets than that behind the last record are hardly ever markers alone, and take time to read.
inline constexpr Offset kMarkersMax = 10'000;

// Both may be empty.
struct RecordLooks {
  RecordTime time_of;
  AnyRecord any;
};

// Asks the cluster what the state cannot know and fills it in for every stream of the configuration: how far
// the whole group is behind (`lag`), and until when the source keeps what a stream that is RED has to read:
// its pending ranges, and its other partitions from the group's offsets on (`retention`). Some calls a
// partition; `looks.time_of` is asked where the state does not know how old the first record is, `looks.any`
// where the group does not stand at the end. On a failure, what was asked before it stays filled in.
Status AddClusterFacts(const config::Config& config, Admin* admin, const RecordLooks& looks,
                       LiveState* live);

}  // namespace fracas::tools
