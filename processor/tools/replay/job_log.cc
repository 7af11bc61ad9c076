#include "tools/replay/job_log.h"

#include <algorithm>

#include "core/text.h"
#include "tools/topic_settings.h"
#include "tools/topics.h"

namespace fracas::tools {

namespace {

// As `fracas topics --create` would make it.
Result<NewTopic> PlannedReplays(const config::Config& config, Admin* admin) {
  Result<TopicPlan> plan = PlanTopics(config, admin);
  if (!plan.ok()) return plan.status();
  const auto found =
      std::find_if(plan->topics.begin(), plan->topics.end(),
                   [](const PlannedTopic& topic) { return topic.role == TopicRole::kReplays; });
  FRACAS_CHECK(found != plan->topics.end(), "every plan has the topic of replays");
  return NewTopic{found->name, 1, config.topics.replication, found->settings};
}

Status Make(const config::Config& config, Admin* admin) {
  Result<NewTopic> topic = PlannedReplays(config, admin);
  if (!topic.ok()) return topic.status();
  Result<std::vector<Status>> made = admin->Create({*topic});
  if (!made.ok()) return made.status();
  if (made->front().ok()) return {};
  return Status::Stop(Cat(made->front().message(),
                          "; somebody who may makes it: fracas topics --create -c ", config.file));
}

}  // namespace

Status EnsureReplaysTopic(const config::Config& config, Admin* admin) {
  const std::string name = ReplaysTopic(config);
  Result<std::vector<TopicDescription>> described = admin->Describe({name});
  if (!described.ok()) return described.status();
  if (described->empty()) return Make(config, admin);
  const TopicDescription& topic = described->front();
  if (topic.partitions != 1) {
    return Status::Stop(Cat("topic ", name, " has ", topic.partitions,
                            " partitions and must have one: it holds the progress of replays; "
                            "delete it if nothing is under way, and `fracas topics --create`"));
  }
  const std::string policy = TextOf(topic, "cleanup.policy");
  if (policy.empty() || policy == "compact") return {};
  return Status::Stop(Cat("topic ", name, " has cleanup.policy ", policy,
                          ": progress would be forgotten; kafka-configs.sh --alter --entity-type "
                          "topics --entity-name ",
                          name, " --add-config cleanup.policy=compact"));
}

Result<std::optional<ReplayJob>> ReadJob(const config::Config& config, const std::string& name,
                                         Admin* admin, LogReader* reader) {
  const TopicPartition partition{ReplaysTopic(config), 0};
  Result<std::vector<TopicDescription>> described = admin->Describe({partition.topic});
  if (!described.ok()) return described.status();
  std::optional<ReplayJob> none;
  if (described->empty()) return none;
  Result<Watermarks> ends = admin->Query(partition);
  if (!ends.ok()) return ends.status();
  std::string last;
  std::string place;
  Status read = reader->Read(partition, ends->low, ends->high,
                             [&](const ConsumedRecord& record, const PayloadLease&) {
                               if (record.key != name) return true;
                               last = record.value;  // null: deleted, there is no such job
                               place = ToString(partition, record.offset);
                               return true;
                             });
  if (!read.ok()) return read;
  if (last.empty()) return none;
  Result<ReplayJob> job = DecodeReplayJob(last);
  if (!job.ok()) return Status::Stop(Cat(place, ": ", job.status().message()));
  return std::optional<ReplayJob>(std::move(*job));
}

}  // namespace fracas::tools
