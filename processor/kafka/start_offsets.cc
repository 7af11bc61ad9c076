#include "kafka/start_offsets.h"

#include <algorithm>
#include <string>

#include "core/text.h"
#include "kafka/log_ends.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

CommittedOffset FromEntry(const rd_kafka_topic_partition_t& entry) {
  if (entry.offset < 0) return {};
  return {.offset = entry.offset,
          .metadata = std::string(static_cast<const char*>(entry.metadata), entry.metadata_size)};
}

// ListOffsets' own encoding: -2 and -1 are the ends of the log, everything else is a time.
int64_t QueryOf(const StartPolicy& policy) {
  switch (policy.kind) {
    case StartPolicy::Kind::kEarliest: return RD_KAFKA_OFFSET_BEGINNING;
    case StartPolicy::Kind::kLatest: return RD_KAFKA_OFFSET_END;
    case StartPolicy::Kind::kTime: return policy.time_ms;
  }
  return RD_KAFKA_OFFSET_BEGINNING;
}

Status Ask(const Client& client, int wait_ms, rd_kafka_topic_partition_list_t* list) {
  const Failure failure = AskOffsets(client, wait_ms, list);
  return failure.ok() ? Status() : CallFailed("the lookup of start offsets", failure);
}

// Fills `partitions`; of a topic that is gone it stays 0, the group will say so.
Status CountTopics(const Client& client, const std::vector<AssignedPartition*>& without) {
  std::map<std::string, int32_t> counts;
  for (AssignedPartition* partition : without) {
    const auto [entry, added] = counts.emplace(partition->partition.topic, 0);
    if (added) {
      const Topic topic(rd_kafka_topic_new(client.get(), entry->first.c_str(), nullptr));
      const Result<int32_t> count = CountPartitions(client, topic.get());
      if (!count.ok() && count.status().action() == Action::kRetry) return count.status();
      if (count.ok()) entry->second = *count;
    }
    partition->partitions = entry->second;
  }
  return {};
}

}  // namespace

Result<std::vector<CommittedOffset>> AskCommitted(const Client& client,
                                                  const std::vector<TopicPartition>& partitions,
                                                  int wait_ms) {
  if (partitions.empty()) return std::vector<CommittedOffset>();
  const PartitionList list = NewPartitionList(partitions.size());
  for (const TopicPartition& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
  }
  const Failure failure = FromCode(rd_kafka_committed(client.get(), list.get(), wait_ms));
  if (!failure.ok()) return CallFailed("the question for committed offsets", failure);
  std::vector<CommittedOffset> answer;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = list->elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return CallFailed(
          Cat("the question for the committed offset of ", entry.topic, "/", entry.partition),
          FromCode(entry.err));
    }
    answer.push_back(FromEntry(entry));
  }
  return answer;
}

Status StartFinder::Find(const Client& client, int wait_ms,
                         std::vector<AssignedPartition>* partitions) {
  std::vector<TopicPartition> names;
  for (const AssignedPartition& partition : *partitions) names.push_back(partition.partition);
  Result<std::vector<CommittedOffset>> committed = AskCommitted(client, names, wait_ms);
  if (!committed.ok()) return committed.status();
  std::vector<AssignedPartition*> without;
  for (size_t i = 0; i < partitions->size(); ++i) {
    AssignedPartition& partition = (*partitions)[i];
    partition.committed = (*committed)[i].offset;
    partition.metadata = std::move((*committed)[i].metadata);
    partition.start = partition.committed;
    const auto seen = seen_.find(partition.partition);
    if (partition.committed != kNoOffset) {
      seen_[partition.partition] = partition.committed;
    } else if (seen != seen_.end()) {
      return Status::Retry(
          Cat("the group has no offset for ", partition.partition.topic, "/",
              partition.partition.partition, " any more, it was ", seen->second,
              "; if somebody deleted it, restart to begin by the stream's `start`"));
    } else {
      without.push_back(&partition);
    }
  }
  return without.empty() ? Status() : FindByPolicy(client, wait_ms, without);
}

Result<std::vector<StartPolicy>> StartFinder::AskPolicy(
    const Client& client, int wait_ms, const std::vector<AssignedPartition*>& without) const {
  std::vector<TopicPartition> firsts;  // of each topic, once
  for (const AssignedPartition* partition : without) {
    const TopicPartition first{partition->partition.topic, 0};
    if (std::find(firsts.begin(), firsts.end(), first) == firsts.end()) firsts.push_back(first);
  }
  Result<std::vector<CommittedOffset>> committed = AskCommitted(client, firsts, wait_ms);
  if (!committed.ok()) return committed.status();
  std::vector<StartPolicy> policies;
  for (const AssignedPartition* partition : without) {
    const TopicPartition& name = partition->partition;
    const auto first = std::find(firsts.begin(), firsts.end(), TopicPartition{name.topic, 0});
    policies.push_back(policy_ ? policy_({name, (*committed)[first - firsts.begin()]})
                               : StartPolicy());
  }
  return policies;
}

Status StartFinder::FindByPolicy(const Client& client, int wait_ms,
                                 const std::vector<AssignedPartition*>& without) {
  if (Status counted = CountTopics(client, without); !counted.ok()) return counted;
  const Result<std::vector<StartPolicy>> policies = AskPolicy(client, wait_ms, without);
  if (!policies.ok()) return policies.status();
  const PartitionList list = NewPartitionList(without.size());
  for (size_t i = 0; i < without.size(); ++i) {
    const TopicPartition& name = without[i]->partition;
    rd_kafka_topic_partition_list_add(list.get(), name.topic.c_str(), name.partition)->offset =
        QueryOf((*policies)[i]);
  }
  if (Status asked = Ask(client, wait_ms, list.get()); !asked.ok()) return asked;
  // A time behind the last record has no offset: such a partition begins at its end.
  const PartitionList ends = NewPartitionList();
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = list->elems[i];
    if (entry.offset >= 0) continue;
    rd_kafka_topic_partition_list_add(ends.get(), entry.topic, entry.partition)->offset =
        RD_KAFKA_OFFSET_END;
  }
  if (ends->cnt > 0) {
    if (Status asked = Ask(client, wait_ms, ends.get()); !asked.ok()) return asked;
  }
  for (AssignedPartition* partition : without) {
    const TopicPartition& name = partition->partition;
    const rd_kafka_topic_partition_t* entry =
        rd_kafka_topic_partition_list_find(ends.get(), name.topic.c_str(), name.partition);
    if (entry == nullptr) {
      entry = rd_kafka_topic_partition_list_find(list.get(), name.topic.c_str(), name.partition);
    }
    partition->start = entry->offset;
    if (partition->start < 0)
      return Status::Retry(
          Cat("the start of ", name.topic, "/", name.partition, " is not known yet"));
  }
  return {};
}

}  // namespace fracas::kafka
