#pragma once

#include <cstdint>

#include "core/ids.h"
#include "core/status.h"
#include "ports/admin.h"

namespace fracas {

// Questions about logs that only tools ask. Each call is bounded in time. One thread.
class ClusterProbe {
 public:
  virtual ~ClusterProbe() = default;
  // The first offset whose record has this Kafka timestamp or a later one; the log's end (its high
  // watermark) when there is none. Timestamps of a source need not ascend: records before it may be
  // younger.
  virtual Result<Offset> OffsetAt(const TopicPartition& partition, int64_t time_ms) = 0;
  // Where a read_committed reader stands still: the high watermark, or the first offset of the
  // oldest open transaction (`high` of the answer).
  virtual Result<Watermarks> Stable(const TopicPartition& partition) = 0;
};

}  // namespace fracas
