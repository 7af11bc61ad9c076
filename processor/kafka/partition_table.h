#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "kafka/client.h"
#include "ports/source.h"

namespace fracas::kafka {

// What a consumer keeps of one assigned partition; librdkafka's own bookkeeping is not trusted (K1,
// K2).
struct AssignedSlot {
  TopicPartition partition;
  Topic topic;                   // for seeking
  Offset position = 0;           // the next offset to be delivered; lower ones are dropped
  bool held = false;             // paused at librdkafka, by us
  Offset end = kNoOffset;        // where the log ended when it was read to its end last
  Offset failed_at = kNoOffset;  // where fetching keeps failing …
  int failures = 0;              // … and how often it has
  bool reported = false;         // as a kPartitionError, until the next seek
};

// The slots of the current assignment. Inside kafka/ only; one thread.
class PartitionTable {
 public:
  void Assign(rd_kafka_t* client, const std::vector<AssignedPartition>& partitions);
  void Clear();

  size_t size() const { return slots_.size(); }
  AssignedSlot& at(PartitionSlot slot) { return slots_[slot]; }
  const AssignedSlot& at(PartitionSlot slot) const { return slots_[slot]; }
  bool contains(PartitionSlot slot) const { return slot < slots_.size(); }
  // Of a message from the fetch queue; nothing when its partition is not assigned (any more).
  std::optional<PartitionSlot> Find(const rd_kafka_message_t& message);
  // Of all partitions of a topic.
  std::vector<PartitionSlot> FindTopic(std::string_view topic) const;

 private:
  struct Key {
    const rd_kafka_topic_t* topic = nullptr;
    int32_t partition = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return std::hash<const void*>()(key.topic) * 31 + static_cast<size_t>(key.partition);
    }
  };

  std::vector<AssignedSlot> slots_;
  // librdkafka gives each message its own idea of the topic; names are compared once for each.
  std::unordered_map<Key, PartitionSlot, KeyHash> by_pointer_;
  Key last_key_;  // messages come in runs of one partition
  PartitionSlot last_slot_ = 0;
};

}  // namespace fracas::kafka
