#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.h"
#include "ports/admin.h"
#include "ports/log_tail.h"

// Topics in memory, and the ports that read them.

namespace fracas::ledger {

struct FakeRecord {
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
  int64_t timestamp_ms = 0;
};

// Partitions of offsets to records; a gap (a control marker, a compacted record) has none.
struct FakePartition {
  std::map<Offset, FakeRecord> records;
  Offset low = 0;
  Offset high = 0;
  Offset Append(FakeRecord record) {
    records[high] = std::move(record);
    return high++;
  }
};

struct FakeTopic {
  std::vector<FakePartition> partitions{1};
  std::map<std::string, std::string> config;
};

struct FakeCluster {
  std::map<std::string, FakeTopic> topics;
  bool away = false;

  FakePartition& at(const std::string& topic, Partition partition = 0) {
    return topics.at(topic).partitions.at(static_cast<size_t>(partition));
  }
};

class FakeLease : public PayloadLease {
 public:
  const FakeRecord* record = nullptr;
  void VisitHeaders(uint32_t, const std::function<void(std::string_view, std::string_view)>& visit)
      const override {
    for (const auto& [name, value] : record->headers) visit(name, value);
  }
};

class FakeTail : public LogTail {
 public:
  explicit FakeTail(FakeCluster* cluster) : cluster_(cluster) {}
  size_t records_max = SIZE_MAX;  // less than a Poll asks for: a turn sees part of what is there
  int follows = 0;

  Status Follow(const std::vector<TailStart>& starts) override {
    if (cluster_->away) return Status::Retry("no broker answers");
    starts_ = starts;
    ++follows;
    return {};
  }
  Status Poll(int, size_t max, const Visitor& visit) override {
    if (cluster_->away) return {};
    size_t left = std::min(max, records_max);
    for (size_t slot = 0; slot < starts_.size(); ++slot) {
      auto& [name, from] = starts_[slot];
      const auto topic = cluster_->topics.find(name.topic);
      if (topic == cluster_->topics.end()) return Status::Stop(Cat("topic ", name.topic, " is gone"));
      const FakePartition& partition = topic->second.partitions.at(static_cast<size_t>(name.partition));
      if (from < partition.low || from > partition.high) {
        return Status::Stop(Cat(name.topic, ": offsets ", partition.low, " to ", partition.high));
      }
      while (left > 0 && from < partition.high) {
        const auto next = partition.records.lower_bound(from);
        if (next == partition.records.end()) {
          from = partition.high;
          break;
        }
        FakeLease lease;
        lease.record = &next->second;
        visit({.slot = static_cast<PartitionSlot>(slot),
               .offset = next->first,
               .timestamp_ms = next->second.timestamp_ms,
               .key = next->second.key,
               .value = next->second.value},
              lease);
        from = next->first + 1;
        --left;
      }
    }
    return {};
  }
  Offset Position(size_t slot) const override { return starts_.at(slot).from; }
  std::string trouble() const override { return cluster_->away ? "no broker answers" : ""; }

 private:
  FakeCluster* const cluster_;
  std::vector<TailStart> starts_;
};

class FakeAdmin : public Admin {
 public:
  explicit FakeAdmin(FakeCluster* cluster) : cluster_(cluster) {}
  Result<std::vector<TopicDescription>> Describe(const std::vector<std::string>& wanted) override {
    if (cluster_->away) return Status::Retry("no broker answers");
    std::vector<TopicDescription> described;
    for (const std::string& name : wanted) {
      const auto topic = cluster_->topics.find(name);
      if (topic == cluster_->topics.end()) continue;
      described.push_back({.name = name,
                           .partitions = static_cast<int32_t>(topic->second.partitions.size()),
                           .replication = 1,
                           .config = topic->second.config,
                           .config_status = {}});
    }
    return described;
  }
  Result<std::vector<std::string>> ListTopics() override { return Status::Retry("not asked"); }
  Result<std::vector<Status>> Create(const std::vector<NewTopic>&) override {
    return Status::Retry("not asked");
  }
  Result<Watermarks> Query(const TopicPartition& partition) override {
    if (cluster_->away) return Status::Retry("no broker answers");
    if (!cluster_->topics.contains(partition.topic)) return Status::Retry("no such topic");
    const FakePartition& found = cluster_->at(partition.topic, partition.partition);
    return Watermarks{.low = found.low, .high = found.high};
  }
  Result<std::vector<Offset>> Committed(const std::string&, const std::vector<TopicPartition>&) override {
    return Status::Retry("not asked");
  }

 private:
  FakeCluster* const cluster_;
};

}  // namespace fracas::ledger
