#include "kafka/partition_table.h"

#include <string_view>

namespace fracas::kafka {

void PartitionTable::Assign(rd_kafka_t* client, const std::vector<AssignedPartition>& partitions) {
  Clear();
  for (const AssignedPartition& assigned : partitions) {
    slots_.push_back(
        {.partition = assigned.partition,
         .topic = Topic(rd_kafka_topic_new(client, assigned.partition.topic.c_str(), nullptr)),
         .position = assigned.start});
  }
}

void PartitionTable::Clear() {
  slots_.clear();
  by_pointer_.clear();
  last_key_ = {};
}

std::optional<PartitionSlot> PartitionTable::Find(const rd_kafka_message_t& message) {
  const Key key{.topic = message.rkt, .partition = message.partition};
  if (key == last_key_ && key.topic != nullptr) return last_slot_;
  auto found = by_pointer_.find(key);
  if (found == by_pointer_.end()) {
    if (message.rkt == nullptr) return std::nullopt;
    const std::string_view name = rd_kafka_topic_name(message.rkt);
    PartitionSlot slot = 0;
    while (slot < slots_.size() && (slots_[slot].partition.partition != message.partition ||
                                    slots_[slot].partition.topic != name)) {
      ++slot;
    }
    if (slot == slots_.size()) return std::nullopt;
    found = by_pointer_.emplace(key, slot).first;
  }
  last_key_ = key;
  last_slot_ = found->second;
  return last_slot_;
}

std::vector<PartitionSlot> PartitionTable::FindTopic(std::string_view topic) const {
  std::vector<PartitionSlot> found;
  for (PartitionSlot slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot].partition.topic == topic) found.push_back(slot);
  }
  return found;
}

}  // namespace fracas::kafka
