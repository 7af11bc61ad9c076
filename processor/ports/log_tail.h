#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/status.h"
#include "ports/source.h"

namespace fracas {

struct TailStart {
  TopicPartition partition;
  Offset from = 0;  // where the log has no such offset (any more): kStop from a Poll, naming what it has
};

// Follows partitions without a group, as a read_committed reader, for as long as it lives. One thread.
class LogTail {
 public:
  using Visitor = std::function<void(const ConsumedRecord&, const PayloadLease&)>;

  virtual ~LogTail() = default;
  // Begins, or begins anew elsewhere: whatever was followed before is forgotten. kRetry: no broker answers.
  virtual Status Follow(const std::vector<TailStart>& starts) = 0;
  // Visits what is there in order of each partition, waiting up to `wait_ms` for the first, at most
  // `records_max`; ConsumedRecord::slot is the index in `starts`, its views live during the visit. A
  // broker that is away is OK and nothing visited (trouble() says so); kStop: the log is not what it was
  // (OFFSET_OUT_OF_RANGE, the topic is gone), the caller decides.
  virtual Status Poll(int wait_ms, size_t records_max, const Visitor& visit) = 0;
  // Everything below was visited or carries nothing for a read_committed reader: control markers and
  // aborted records are passed, so it reaches the high watermark of a log without open transactions.
  virtual Offset Position(size_t slot) const = 0;
  // "" when all is well: a Poll that visits nothing then means that nothing is there.
  virtual std::string trouble() const = 0;
};

}  // namespace fracas
