#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/status.h"

namespace fracas {

struct TopicDescription {
  std::string name;
  int32_t partitions = 0;
  int32_t replication = 0;
  // Effective settings by Kafka's names ("cleanup.policy", "retention.ms", "max.message.bytes"); empty
  // when the broker did not let us read them (`config_status` says why).
  std::map<std::string, std::string> config;
  Status config_status;
};

struct NewTopic {
  std::string name;
  int32_t partitions = 1;
  int32_t replication = -1;  // -1: the broker's default
  std::map<std::string, std::string> config;
};

struct Watermarks {
  Offset low = 0;
  Offset high = 0;
};

// Questions to and orders for a cluster; each call is bounded in time. Thread-safe.
class Admin {
 public:
  virtual ~Admin() = default;
  // All topics whose names `wanted` lists; those that do not exist are missing from the answer.
  virtual Result<std::vector<TopicDescription>> Describe(const std::vector<std::string>& wanted) = 0;
  virtual Result<std::vector<std::string>> ListTopics() = 0;
  // One status per topic, in order; "exists already" is OK. What was created can be described at once.
  virtual Result<std::vector<Status>> Create(const std::vector<NewTopic>& topics) = 0;
  virtual Result<Watermarks> Query(const TopicPartition& partition) = 0;
  // Of `group`: kNoOffset where it has none; waits a little for transactions in doubt (kRetry).
  virtual Result<std::vector<Offset>> Committed(const std::string& group,
                                                const std::vector<TopicPartition>& partitions) = 0;
};

}  // namespace fracas
