#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/text.h"
#include "ports/cluster_inspector.h"

namespace fracas::tools {

// A cluster as a few maps. What is named in `refused` ("topic orders", "read orders", "group shop",
// "acls") is refused; `silent` answers nothing at all.
class FakeInspector : public ClusterInspector {
 public:
  struct Record {
    std::string key;
    std::string value;
    bool tombstone = false;
    int64_t timestamp_ms = 0;
  };
  ClusterSeen cluster{.id = "abc",
                      .brokers = {{.id = 1,
                                   .address = "10.0.0.1:9092",
                                   .answers = {},
                                   .settings = {},
                                   .settings_status = {}}}};
  std::map<std::string, int32_t> topics;
  AclsSeen acls{.authorizer = false, .rules = {}};
  GroupSeen group{.state = "Stable", .members = 1};
  std::map<TopicPartition, PartitionEnds> ends;
  std::map<TopicPartition, Offset> committed;
  std::map<TopicPartition, std::vector<Record>> logs;
  std::map<std::string, bool> refused;
  bool silent = false;
  std::function<void()> on_ends;  // before each answer
  std::vector<PresentedCertificate> presented;

  void Add(const std::string& topic, int32_t partitions, Offset high = 0) {
    topics[topic] = partitions;
    for (int32_t i = 0; i < partitions; ++i) SetEnds({topic, i}, high, high);
  }
  void SetEnds(const TopicPartition& partition, Offset stable, Offset high) {
    ends[partition] = {
        .partition = partition, .low = 0, .high = high, .stable = stable, .status = {}};
  }

  Result<ClusterSeen> Brokers() override {
    if (silent) return Silence();
    return cluster;
  }
  Result<std::vector<TopicSeen>> Topics(const std::vector<std::string>& names) override {
    if (silent) return Silence();
    std::vector<TopicSeen> seen;
    for (const std::string& name : names) {
      const Status may = May("topic " + name);
      seen.push_back({name, may.ok() && topics.contains(name) ? topics[name] : 0, may});
    }
    return seen;
  }
  Result<AclsSeen> Acls() override {
    if (silent) return Silence();
    if (Status may = May("acls"); !may.ok()) return may;
    return acls;
  }
  Result<GroupSeen> Group(const std::string& name) override {
    if (silent) return Silence();
    if (Status may = May("group " + name); !may.ok()) return may;
    return group;
  }
  Result<std::vector<PartitionEnds>> Ends(const std::vector<TopicPartition>& partitions) override {
    if (silent) return Silence();
    if (on_ends) on_ends();
    std::vector<PartitionEnds> answer;
    for (const TopicPartition& partition : partitions) answer.push_back(ends[partition]);
    return answer;
  }
  Result<std::vector<Offset>> Committed(const std::string& name,
                                        const std::vector<TopicPartition>& partitions) override {
    if (Status may = May("group " + name); !may.ok()) return may;
    std::vector<Offset> answer;
    for (const TopicPartition& partition : partitions) {
      const auto found = committed.find(partition);
      answer.push_back(found == committed.end() ? kNoOffset : found->second);
    }
    return answer;
  }
  std::vector<Status> TryRead(const std::vector<TopicPartition>& partitions) override {
    std::vector<Status> answer;
    for (const TopicPartition& partition : partitions)
      answer.push_back(May("read " + partition.topic));
    return answer;
  }
  Status Read(const std::vector<Range>& ranges, int64_t,
              const std::function<bool(const ConsumedRecord&)>& visit) override {
    if (silent) return Silence();
    for (const Range& range : ranges) {
      if (Status may = May("read " + range.partition.topic); !may.ok()) return may;
      const std::vector<Record>& log = logs[range.partition];
      for (Offset at = range.from; at < range.to && at < static_cast<Offset>(log.size()); ++at) {
        const Record& record = log[static_cast<size_t>(at)];
        ConsumedRecord seen{
            .offset = at, .timestamp_ms = record.timestamp_ms, .key = record.key, .value = {}};
        if (!record.tombstone) seen.value = record.value;
        if (!visit(seen)) return {};
      }
    }
    return {};
  }
  std::vector<PresentedCertificate> Certificates() const override { return presented; }

 private:
  static Status Silence() { return Status::Retry("no answer within 3000 ms"); }
  Status May(const std::string& what) const {
    if (silent) return Silence();
    return refused.contains(what) ? Status::Stop(Cat(what, ": not authorized")) : Status();
  }
};

}  // namespace fracas::tools
