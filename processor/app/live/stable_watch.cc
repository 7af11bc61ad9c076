#include "app/live/stable_watch.h"

#include <utility>

namespace fracas::app {

void StableWatch::Take(const std::vector<PartitionEnds>& ends, int64_t now_ms) {
  std::map<TopicPartition, Stand> held;
  for (const PartitionEnds& each : ends) {
    const auto before = held_.find(each.partition);
    const bool known = each.status.ok() && each.stable != kNoOffset && each.high != kNoOffset;
    if (!known) {
      if (before != held_.end()) held.insert(*before);
      continue;
    }
    if (each.stable >= each.high) continue;
    const bool same = before != held_.end() && before->second.stable == each.stable;
    held[each.partition] = same ? before->second : Stand{.stable = each.stable, .since_ms = now_ms};
  }
  held_ = std::move(held);
}

int64_t StableWatch::SinceMs(const TopicPartition& partition) const {
  const auto found = held_.find(partition);
  return found == held_.end() ? 0 : found->second.since_ms;
}

}  // namespace fracas::app
