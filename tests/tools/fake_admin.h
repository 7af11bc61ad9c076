#pragma once

#include <map>
#include <string>
#include <vector>

#include "ports/admin.h"

namespace fracas::tools {

// A cluster of topics in a map.
class FakeAdmin : public Admin {
 public:
  std::map<std::string, TopicDescription> topics;
  Status down;                           // not OK: every call fails with it
  std::map<std::string, Status> refuse;  // topics that cannot be created

  void Add(const std::string& name, int32_t partitions,
           std::map<std::string, std::string> config = {}) {
    std::map<std::string, std::string> all = {{"cleanup.policy", "delete"},
                                              {"retention.ms", "2592000000"},
                                              {"max.message.bytes", "1048588"},
                                              {"message.timestamp.type", "CreateTime"}};
    for (const auto& [setting, value] : config) all[setting] = value;
    topics[name] = {name, partitions, 1, std::move(all), {}};
  }

  Result<std::vector<TopicDescription>> Describe(const std::vector<std::string>& wanted) override {
    if (!down.ok()) return down;
    std::vector<TopicDescription> found;
    for (const std::string& name : wanted) {
      if (topics.contains(name)) found.push_back(topics[name]);
    }
    return found;
  }
  Result<std::vector<std::string>> ListTopics() override {
    if (!down.ok()) return down;
    std::vector<std::string> names;
    for (const auto& [name, topic] : topics) names.push_back(name);
    return names;
  }
  Result<std::vector<Status>> Create(const std::vector<NewTopic>& wanted) override {
    if (!down.ok()) return down;
    std::vector<Status> answers;
    for (const NewTopic& topic : wanted) {
      const auto refused = refuse.find(topic.name);
      answers.push_back(refused == refuse.end() ? Status() : refused->second);
      if (refused != refuse.end()) continue;
      Add(topic.name, topic.partitions, topic.config);
      topics[topic.name].replication = topic.replication;
    }
    return answers;
  }
  Result<Watermarks> Query(const TopicPartition&) override { return Watermarks{}; }
  Result<std::vector<Offset>> Committed(const std::string&,
                                        const std::vector<TopicPartition>& partitions) override {
    return std::vector<Offset>(partitions.size(), kNoOffset);
  }
};

}  // namespace fracas::tools
