#include "tools/cluster_facts.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/text.h"
#include "tools/topic_settings.h"
#include "tools/topics.h"

namespace fracas::tools {

namespace {

class Asker {
 public:
  Asker(const config::Config& config, Admin* admin) : config_(config), admin_(admin) {}

  Status Run(LiveState* live) {
    Result<TopicPlan> plan = PlanTopics(config_, admin_);
    if (!plan.ok()) return plan.status();
    for (StreamLive& stream : live->streams) {
      if (Status s = AddLag(*plan, &stream); !s.ok()) return s;
      if (Status s = AddRetention(&stream); !s.ok()) return s;
    }
    return {};
  }

 private:
  Status AddLag(const TopicPlan& plan, StreamLive* stream) {
    std::vector<TopicPartition> partitions;
    for (const PlannedTopic& topic : plan.topics) {
      if (topic.role != TopicRole::kSource || topic.stream != stream->stream) continue;
      for (Partition number = 0; number < topic.partitions_min; ++number) {
        partitions.push_back({topic.name, number});
      }
    }
    if (partitions.empty()) return {};
    Result<std::vector<Offset>> committed = admin_->Committed(config_.group, partitions);
    if (!committed.ok()) return committed.status();
    int64_t lag = 0;
    for (size_t i = 0; i < partitions.size(); ++i) {
      Result<const Watermarks*> ends = Ends(partitions[i]);
      if (!ends.ok()) return ends.status();
      lag += std::max<Offset>(0, (*ends)->high - std::max((*committed)[i], (*ends)->low));
    }
    stream->lag = lag;
    return {};
  }

  Status AddRetention(StreamLive* stream) {
    stream->retention.clear();
    for (const state::PendingRange& range : stream->breaker.pending) {
      Result<int64_t> kept_ms = KeptMs(range.source.topic);
      if (!kept_ms.ok()) return kept_ms.status();
      Result<const Watermarks*> ends = Ends(range.source);
      if (!ends.ok()) return ends.status();
      const bool ending = *kept_ms > 0 && range.oldest_ms > 0;
      stream->retention.push_back({.source = range.source,
                                   .from = range.from,
                                   .low = (*ends)->low,
                                   .ends_ms = ending ? range.oldest_ms + *kept_ms : 0});
    }
    return {};
  }

  // How long a topic keeps a record; 0: for ever, or it is not known.
  Result<int64_t> KeptMs(const std::string& topic) {
    const auto known = kept_ms_.find(topic);
    if (known != kept_ms_.end()) return known->second;
    Result<std::vector<TopicDescription>> described = admin_->Describe({topic});
    if (!described.ok()) return described.status();
    int64_t kept_ms = 0;
    if (!described->empty() && TextOf(described->front(), "cleanup.policy") != "compact") {
      kept_ms = std::max<int64_t>(0, NumberOf(described->front(), "retention.ms").value_or(0));
    }
    kept_ms_[topic] = kept_ms;
    return kept_ms;
  }

  Result<const Watermarks*> Ends(const TopicPartition& partition) {
    const auto known = ends_.find(partition);
    if (known != ends_.end()) return &known->second;
    Result<Watermarks> ends = admin_->Query(partition);
    if (!ends.ok()) return ends.status();
    return &(ends_[partition] = *ends);
  }

  const config::Config& config_;
  Admin* const admin_;
  std::map<TopicPartition, Watermarks> ends_;
  std::map<std::string, int64_t> kept_ms_;
};

}  // namespace

Status AddClusterFacts(const config::Config& config, Admin* admin, LiveState* live) {
  return Asker(config, admin).Run(live);
}

}  // namespace fracas::tools
