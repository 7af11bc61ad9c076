#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/ids.h"
#include "ports/cluster_inspector.h"

namespace fracas::app {

// Since when readers of partitions stand in front of an open transaction: the last stable offset
// stands still below the high watermark. Made of looks from time to time, so it is as exact as they
// are frequent; a partition under steady writing has a new last stable offset at each look and does
// not count. One thread.
class StableWatch {
 public:
  // A look at `now_ms`. Partitions whose ends are not known this time keep what was known of them;
  // those that are not in `ends` are forgotten.
  void Take(const std::vector<PartitionEnds>& ends, int64_t now_ms);

  // 0: readers go on, or it was not looked at.
  int64_t SinceMs(const TopicPartition& partition) const;

 private:
  struct Stand {
    Offset stable = kNoOffset;
    int64_t since_ms = 0;
  };
  std::map<TopicPartition, Stand> held_;
};

}  // namespace fracas::app
