// A plan of topics against the cluster, and what is missing created.

#include <map>
#include <set>

#include "core/text.h"
#include "tools/topic_settings.h"
#include "tools/topics.h"

namespace fracas::tools {
namespace {

using config::Problem;
using config::Severity;

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;

class Checker {
 public:
  Checker(const config::Config& config, const std::vector<TopicDescription>& described)
      : config_file_(config.file) {
    for (const config::KafkaSetting& setting : config.kafka.common) {
      if (setting.name == "bootstrap.servers") brokers_ = setting.value;
    }
    for (const TopicDescription& topic : described) by_name_[topic.name] = &topic;
  }

  std::vector<Problem> Run(const TopicPlan& plan) {
    for (const PlannedTopic& topic : plan.topics) {
      if (topic.role == TopicRole::kSource || topic.role == TopicRole::kReplays) continue;
      const auto found = by_name_.find(topic.name);
      if (found == by_name_.end()) {
        Report(Severity::kError, topic, Cat(What(topic), " does not exist"),
               Cat("fracas topics --create -c ", config_file_));
        continue;
      }
      CheckOne(topic, *found->second);
    }
    return std::move(problems_);
  }

 private:
  void CheckOne(const PlannedTopic& topic, const TopicDescription& actual);
  void CheckPartitions(const PlannedTopic& topic, const TopicDescription& actual);
  void CheckPolicy(const PlannedTopic& topic, const TopicDescription& actual);
  void CheckCompacted(const PlannedTopic& topic, const TopicDescription& actual);
  void CheckReplicas(const PlannedTopic& topic, const TopicDescription& actual);
  void CheckRetention(const PlannedTopic& topic, const TopicDescription& actual);
  std::string Alter(const std::string& topic, std::string_view setting,
                    std::string_view value) const {
    return Cat("kafka-configs.sh --bootstrap-server ", brokers_,
               " --alter --entity-type topics --entity-name ", topic, " --add-config ", setting,
               "=", value);
  }
  static std::string What(const PlannedTopic& topic) {
    std::string what = Cat("topic ", topic.name, " (", Name(topic.role));
    if (!topic.stream.empty()) AppendTo(&what, " of ", topic.stream);
    return what + ")";
  }
  void Report(Severity severity, const PlannedTopic& topic, std::string message,
              std::string next_step) {
    problems_.push_back({severity, topic.mark, std::move(message), std::move(next_step)});
  }

  std::string config_file_;
  std::string brokers_;
  std::map<std::string, const TopicDescription*> by_name_;
  std::vector<Problem> problems_;
};

void Checker::CheckPartitions(const PlannedTopic& topic, const TopicDescription& actual) {
  if (actual.partitions < topic.partitions_min) {
    Report(Severity::kError, topic,
           Cat(What(topic), " has ", actual.partitions, " partitions, its source ", topic.source,
               " has ", topic.partitions_min, ": records keep their partition's number"),
           Cat("kafka-topics.sh --bootstrap-server ", brokers_, " --alter --topic ", topic.name,
               " --partitions ", topic.partitions_min));
  }
  if (topic.partitions_max > 0 && actual.partitions > topic.partitions_max) {
    // Partitions are never taken away again.
    Report(Severity::kError, topic,
           Cat(What(topic), " has ", actual.partitions, " partitions and may have ",
               topic.partitions_max, ": the order of its records is the order of every change"),
           Cat("kafka-topics.sh --bootstrap-server ", brokers_, " --delete --topic ", topic.name,
               " if nothing ever used it, or name a new topic; then fracas topics --create -c ",
               config_file_));
  }
}

void Checker::CheckOne(const PlannedTopic& topic, const TopicDescription& actual) {
  CheckPartitions(topic, actual);
  if (!actual.config_status.ok()) {
    return Report(
        Severity::kWarning, topic,
        Cat("the settings of ", What(topic), " cannot be read: ", actual.config_status.message()),
        "grant DescribeConfigs on it, or check max.message.bytes and cleanup.policy by hand");
  }
  const std::optional<int64_t> bytes = NumberOf(actual, "max.message.bytes");
  if (bytes.has_value() && *bytes < topic.message_bytes_min) {
    Report(Severity::kError, topic,
           Cat(What(topic), " takes records of up to ", *bytes, " bytes, but records of ",
               topic.message_bytes_min, " bytes can come: a larger one would stop the stream"),
           Alter(topic.name, "max.message.bytes", Cat(topic.message_bytes_min)));
  }
  CheckPolicy(topic, actual);
  CheckCompacted(topic, actual);
  CheckReplicas(topic, actual);
  CheckRetention(topic, actual);
}

// State is kept by compaction alone: anything else forgets a quarantine or a stop.
void Checker::CheckCompacted(const PlannedTopic& topic, const TopicDescription& actual) {
  if (topic.tombstones_ms_min == 0) return;
  const std::string policy = TextOf(actual, "cleanup.policy");
  if (!policy.empty() && policy != "compact") {
    Report(Severity::kError, topic,
           Cat(What(topic), " has cleanup.policy ", policy, ": what is old would be forgotten"),
           Alter(topic.name, "cleanup.policy", "compact"));
  }
  const std::optional<int64_t> kept = NumberOf(actual, "delete.retention.ms");
  if (kept.has_value() && *kept < topic.tombstones_ms_min) {
    Report(Severity::kError, topic,
           Cat(What(topic), " keeps deletions for ", *kept / kHourMs, " hours; ",
               topic.tombstones_ms_min / kHourMs,
               " are needed: an instance that was away longer would not hear of a release"),
           Alter(topic.name, "delete.retention.ms", Cat(topic.tombstones_ms_min)));
  }
}

// What nothing else holds a copy of must survive the loss of a broker.
void Checker::CheckReplicas(const PlannedTopic& topic, const TopicDescription& actual) {
  const bool only_copy = topic.tombstones_ms_min > 0 || topic.role == TopicRole::kControl;
  const std::optional<int64_t> in_sync = NumberOf(actual, "min.insync.replicas");
  if (!only_copy || actual.replication < 3 || !in_sync.has_value() || *in_sync >= 2) return;
  Report(Severity::kWarning, topic,
         Cat(What(topic), " takes records that only one of its ", actual.replication,
             " replicas has: that broker's disk could lose what was acknowledged"),
         Alter(topic.name, "min.insync.replicas", "2"));
}

void Checker::CheckPolicy(const PlannedTopic& topic, const TopicDescription& actual) {
  const std::string policy = TextOf(actual, "cleanup.policy");
  const auto wanted = topic.settings.find("cleanup.policy");
  const bool compacts = wanted != topic.settings.end() && Compacts(wanted->second);
  if (Compacts(policy) && !compacts && wanted != topic.settings.end()) {
    Report(Severity::kError, topic,
           Cat(What(topic),
               " is compacted: of records with the same key all but the last would vanish"),
           Alter(topic.name, "cleanup.policy", wanted->second));
  }
  if (topic.role == TopicRole::kPublished && compacts && !policy.empty() && !Compacts(policy)) {
    Report(Severity::kWarning, topic,
           Cat(What(topic), " is not compacted, its source ", topic.source,
               " is: it only grows, or forgets"),
           Alter(topic.name, "cleanup.policy", wanted->second));
  }
  const bool appends = TextOf(actual, "message.timestamp.type") == "LogAppendTime";
  if (topic.role == TopicRole::kPublished && appends) {
    Report(
        Severity::kWarning, topic,
        Cat(What(topic), " replaces timestamps (LogAppendTime): readers do not see the source's"),
        Alter(topic.name, "message.timestamp.type", "CreateTime"));
  }
}

void Checker::CheckRetention(const PlannedTopic& topic, const TopicDescription& actual) {
  const std::optional<int64_t> bytes = NumberOf(actual, "retention.bytes");
  if (topic.retention_ms_min > 0 && bytes.has_value() && *bytes >= 0) {
    Report(Severity::kWarning, topic,
           Cat(What(topic), " keeps at most ", *bytes,
               " bytes of a partition, however young they are"),
           Alter(topic.name, "retention.bytes", "-1"));
  }
  const std::optional<int64_t> kept = NumberOf(actual, "retention.ms");
  if (!kept.has_value() || *kept < 0 || *kept >= topic.retention_ms_min) return;
  const char* why = topic.role == TopicRole::kControl || topic.role == TopicRole::kJournal
                        ? " are needed to tell who did what"
                        : " are needed to come back to them";
  Report(Severity::kWarning, topic,
         Cat(What(topic), " keeps records for ", *kept / kDayMs, " days; ",
             topic.retention_ms_min / kDayMs, why),
         Alter(topic.name, "retention.ms", Cat(topic.retention_ms_min)));
}

std::vector<std::string> OutputNames(const TopicPlan& plan) {
  std::set<std::string> names;
  for (const PlannedTopic& topic : plan.topics) {
    if (topic.role != TopicRole::kSource) names.insert(topic.name);
  }
  return {names.begin(), names.end()};
}

}  // namespace

Result<std::vector<Problem>> CheckTopics(const config::Config& config, const TopicPlan& plan,
                                         Admin* admin) {
  // The progress of replays is checked by each replay: an instance need not even be allowed to see
  // it.
  std::vector<std::string> names = OutputNames(plan);
  std::erase(names, ReplaysTopic(config));
  Result<std::vector<TopicDescription>> described = admin->Describe(names);
  if (!described.ok()) return described.status();
  return Checker(config, *described).Run(plan);
}

Result<std::vector<CreatedTopic>> CreateTopics(const config::Config& config, const TopicPlan& plan,
                                               Admin* admin) {
  Result<std::vector<TopicDescription>> described = admin->Describe(OutputNames(plan));
  if (!described.ok()) return described.status();
  std::set<std::string> done;
  for (const TopicDescription& topic : *described) done.insert(topic.name);
  std::vector<NewTopic> missing;
  for (const PlannedTopic& topic : plan.topics) {
    if (topic.role == TopicRole::kSource || !done.insert(topic.name).second) continue;
    missing.push_back(
        {topic.name, topic.partitions_min, config.topics.replication, topic.settings});
  }
  std::vector<CreatedTopic> created;
  if (missing.empty()) return created;
  Result<std::vector<Status>> answers = admin->Create(missing);
  if (!answers.ok()) return answers.status();
  for (size_t i = 0; i < missing.size() && i < answers->size(); ++i) {
    created.push_back({missing[i].name, (*answers)[i]});
  }
  return created;
}

}  // namespace fracas::tools
