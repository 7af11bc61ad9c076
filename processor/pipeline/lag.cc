#include "pipeline/lag.h"

#include <algorithm>

namespace fracas::pipeline {

void LagGauge::Refresh(const std::vector<PartitionPosition>& positions,
                       const std::function<bool()>& stopping) {
  std::vector<int64_t> lag(streams_.size(), 0);
  std::vector<bool> known(streams_.size(), true);
  for (const PartitionPosition& position : positions) {
    if (stopping()) return;
    const auto ends = admin_->Query(position.partition);
    const uint32_t stream = ToInt(position.stream);
    if (!ends.ok()) {
      known[stream] = false;
      continue;
    }
    // What retention has taken is not read any more; the partition error says that it is gone.
    lag[stream] += std::max<int64_t>(0, ends->high - std::max(position.done, ends->low));
  }
  for (size_t i = 0; i < streams_.size(); ++i) {
    if (known[i]) streams_[i]->lag.store(lag[i], std::memory_order_relaxed);
  }
}

}  // namespace fracas::pipeline
