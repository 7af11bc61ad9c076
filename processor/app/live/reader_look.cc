#include "app/live/reader_look.h"

#include <utility>
#include <vector>

#include "app/connection.h"
#include "core/text.h"
#include "kafka/inspect/cluster_inspector.h"
#include "tools/topics.h"

namespace fracas::app {

namespace {

std::vector<TopicPartition> PartitionsOf(const tools::PlannedTopic& topic) {
  std::vector<TopicPartition> partitions;
  if (topic.role != tools::TopicRole::kSource && topic.role != tools::TopicRole::kPublished)
    return partitions;
  for (Partition number = 0; number < topic.partitions_min; ++number) {
    partitions.push_back({topic.name, number});
  }
  return partitions;
}

void Earlier(int64_t since_ms, int64_t* earliest_ms) {
  if (since_ms != 0 && (*earliest_ms == 0 || since_ms < *earliest_ms)) *earliest_ms = since_ms;
}

}  // namespace

Result<std::vector<PartitionEnds>> ReaderLook::Ends(
    const std::vector<TopicPartition>& partitions) {
  if (inspector_ == nullptr) {
    Result<kafka::OpenedInspector> opened = kafka::OpenInspector(
        ConnectionOf(*config_, "", {}), Cat(config_->group, ".readers-", config_->instance));
    if (!opened.ok()) return opened.status();
    if (!opened->connected.ok()) return opened->connected;
    inspector_ = std::move(opened->inspector);
  }
  return inspector_->Ends(partitions);
}

void ReaderLook::Take(Admin* admin, int64_t now_ms, ClusterView* view) {
  const Result<tools::TopicPlan> plan = tools::PlanTopics(*config_, admin);
  if (!plan.ok()) return;
  std::vector<TopicPartition> all;
  for (const tools::PlannedTopic& topic : plan->topics) {
    const std::vector<TopicPartition> partitions = PartitionsOf(topic);
    all.insert(all.end(), partitions.begin(), partitions.end());
  }
  if (const Result<std::vector<PartitionEnds>> ends = Ends(all); ends.ok())
    watch_.Take(*ends, now_ms);
  for (const tools::PlannedTopic& topic : plan->topics) {
    for (const TopicPartition& partition : PartitionsOf(topic)) {
      observability::ReadersHeld& held = view->streams[topic.stream].held;
      Earlier(watch_.SinceMs(partition), topic.role == tools::TopicRole::kSource
                                             ? &held.source_since_ms
                                             : &held.published_since_ms);
    }
  }
}

void ReaderLook::Rest() {
  inspector_.reset();
  watch_ = {};
}

}  // namespace fracas::app
