#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/status.h"
#include "ports/clock.h"
#include "ports/cluster_inspector.h"
#include "tools/doctor/lag.h"
#include "tools/doctor/lingering.h"
#include "tools/doctor/local.h"
#include "tools/topics.h"

// Where the logs end and where the group stands, seen twice: what did not move between the looks
// stands still. While it waits it watches the coordinators' topic for a record, which shows a
// broker's clock.

namespace fracas::tools {

struct LookPorts {
  ClusterInspector* inspector = nullptr;
  const Clock* clock = nullptr;
  std::function<void(int64_t ms)> wait;
};

class TwoLooks {
 public:
  explicit TwoLooks(LookPorts ports) : ports_(std::move(ports)) {}

  // Of all partitions of `topics`, as many as `seen` says.
  void First(const std::string& group, const std::vector<PlannedTopic>& topics,
             const std::map<std::string, TopicSeen>& seen);
  // limits::kDoctorWatchMs later, where something stands still.
  void Second();

  // Not OK: there was no answer, or not for us; then the rest is what was seen before.
  const Status& status() const { return status_; }
  // Not OK: the group's offsets may not be read, so that there are no sources.
  const Status& offsets_status() const { return offsets_status_; }
  const std::map<TopicPartition, PartitionEnds>& ends() const { return first_; }
  std::vector<SourceSeen> sources() const;
  const std::vector<HeldPartitionEnd>& held() const { return held_; }
  int64_t watched_ms() const { return watched_ms_; }
  // nullopt: nothing was written meanwhile, or `coordinators_status` says why not.
  const std::optional<Skew>& broker_skew() const { return broker_skew_; }
  const Status& coordinators_status() const { return coordinators_status_; }

 private:
  int64_t ElapsedMs() const { return ports_.clock->MonotonicMs() - first_ms_; }
  void FindCoordinators();
  bool LookAtCoordinators();
  void TakeSecond(const std::vector<TopicPartition>& waiting,
                  const std::vector<TopicPartition>& behind);

  const LookPorts ports_;
  std::string group_;
  Status status_;
  Status offsets_status_;
  int64_t first_ms_ = 0;
  int64_t watched_ms_ = 0;
  std::map<TopicPartition, PartitionEnds> first_;
  std::map<TopicPartition, SourceSeen> sources_;
  std::vector<HeldPartitionEnd> held_;
  std::map<TopicPartition, Offset> coordinators_;  // and where each ended
  int64_t asked_ms_ = 0;                           // wall clock before that was asked
  Status coordinators_status_;
  std::optional<Skew> broker_skew_;
};

}  // namespace fracas::tools
