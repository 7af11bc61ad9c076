#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "kafka/client.h"
#include "kafka/consumer.h"
#include "ports/source.h"

// Where assigned partitions begin. Inside kafka/ only.

namespace fracas::kafka {

// The group's offsets and their metadata, waiting for transactions in doubt at most `wait_ms`;
// kNoOffset where it has none. kRetry: still in doubt.
Result<std::vector<CommittedOffset>> AskCommitted(const Client& client,
                                                  const std::vector<TopicPartition>& partitions,
                                                  int wait_ms);

// Finds where each partition of one assignment begins: the committed offset, or the policy's where
// there is none. Bounded calls that may be repeated until they answer.
class StartFinder {
 public:
  using Policy = std::function<StartPolicy(const Beginning& beginning)>;

  explicit StartFinder(Policy policy) : policy_(std::move(policy)) {}

  // Fills start, committed, metadata and partitions. kRetry: ask again. A partition for which this
  // group was seen to have an offset must have one again: "none" can be a coordinator that is still
  // loading.
  Status Find(const Client& client, int wait_ms, std::vector<AssignedPartition>* partitions);

 private:
  Status FindByPolicy(const Client& client, int wait_ms,
                      const std::vector<AssignedPartition*>& without);
  // The policy's answer for each of `without`.
  Result<std::vector<StartPolicy>> AskPolicy(const Client& client, int wait_ms,
                                             const std::vector<AssignedPartition*>& without) const;

  const Policy policy_;
  std::map<TopicPartition, Offset> seen_;  // the last committed offset that was seen
};

}  // namespace fracas::kafka
