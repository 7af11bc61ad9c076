#pragma once

#include <memory>
#include <vector>

#include "app/live/stable_watch.h"
#include "app/live/state_view.h"
#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/cluster_inspector.h"

namespace fracas::app {

// Whether read_committed readers get on: ours of the sources, and those of the published topics. One
// thread.
class ReaderLook {
 public:
  explicit ReaderLook(const config::Config* config) : config_(config) {}

  // Asks the cluster and fills in `held` of the streams of `view`; what it does not answer keeps its
  // last answer.
  void Take(Admin* admin, int64_t now_ms, ClusterView* view);
  // Nobody here has to know: the connection ends, and what was seen is forgotten.
  void Rest();

 private:
  // Connects when it is asked first, or when that failed.
  Result<std::vector<PartitionEnds>> Ends(const std::vector<TopicPartition>& partitions);

  const config::Config* const config_;
  std::unique_ptr<ClusterInspector> inspector_;
  StableWatch watch_;
};

}  // namespace fracas::app
