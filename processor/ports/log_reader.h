#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/ids.h"
#include "core/status.h"
#include "ports/source.h"

namespace fracas {

// Reads ranges of a log without a group: nothing is committed, nobody else is disturbed. One thread.
class LogReader {
 public:
  virtual ~LogReader() = default;
  // Visits the records of [from, to) that a read_committed reader sees, in order, until `visit` returns
  // false. Gaps (compaction, aborted records, control markers) are skipped. Bounded: no progress for the
  // time limit is a Retry status. Views live during the visit.
  virtual Status Read(const TopicPartition& partition, Offset from, Offset to,
                      const std::function<bool(const ConsumedRecord&, const PayloadLease&)>& visit) = 0;
};

}  // namespace fracas
