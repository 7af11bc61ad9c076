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
  Asker(const config::Config& config, Admin* admin, const RecordLooks& looks)
      : config_(config), admin_(admin), looks_(looks) {}

  Status Run(LiveState* live) {
    Result<TopicPlan> plan = PlanTopics(config_, admin_);
    if (!plan.ok()) return plan.status();
    for (StreamLive& stream : live->streams) {
      if (Status s = AskStands(*plan, stream.stream); !s.ok()) return s;
      if (!stands_.empty()) AddLag(&stream);
      if (Status s = AddRetention(&stream); !s.ok()) return s;
    }
    return {};
  }

 private:
  // Where the group stands on the stream's source.
  Status AskStands(const TopicPlan& plan, const std::string& stream) {
    stands_.clear();
    std::vector<TopicPartition> partitions;
    for (const PlannedTopic& topic : plan.topics) {
      if (topic.role != TopicRole::kSource || topic.stream != stream) continue;
      for (Partition number = 0; number < topic.partitions_min; ++number) {
        partitions.push_back({topic.name, number});
      }
    }
    if (partitions.empty()) return {};
    Result<std::vector<Offset>> committed = admin_->Committed(config_.group, partitions);
    if (!committed.ok()) return committed.status();
    for (size_t i = 0; i < partitions.size(); ++i) {
      if (Result<const Watermarks*> ends = Ends(partitions[i]); !ends.ok()) return ends.status();
      stands_[partitions[i]] = (*committed)[i];
    }
    return {};
  }

  void AddLag(StreamLive* stream) const {
    stream->lag = 0;
    stream->stands = 0;
    for (const auto& [partition, committed] : stands_) {
      const Watermarks& ends = ends_.at(partition);
      const Offset from = std::max(committed, ends.low);
      stream->stands += from;
      if (from >= ends.high || OnlyMarkers(partition, from, ends.high)) continue;
      *stream->lag += ends.high - from;
    }
  }

  bool OnlyMarkers(const TopicPartition& partition, Offset from, Offset high) const {
    return looks_.any && high - from <= kMarkersMax && !looks_.any(partition, from, high);
  }

  // The pending ranges; and whatever else a stream that does not flow has still to read, for nothing of it
  // moves on either.
  Status AddRetention(StreamLive* stream) {
    stream->retention.clear();
    for (const state::PendingRange& range : stream->breaker.pending) {
      if (Status s = Add(range.source, range.from, range.oldest_ms, stream); !s.ok()) return s;
    }
    if (stream->breaker.state != state::BreakerState::kRed) return {};
    for (const auto& [partition, committed] : stands_) {
      const bool pending = std::any_of(stream->breaker.pending.begin(), stream->breaker.pending.end(),
                                       [&](const auto& range) { return range.source == partition; });
      if (pending || committed == kNoOffset || committed >= ends_.at(partition).high) continue;
      if (Status s = Add(partition, committed, 0, stream); !s.ok()) return s;
    }
    return {};
  }

  // `oldest_ms`: 0: not known yet.
  Status Add(const TopicPartition& source, Offset from, int64_t oldest_ms, StreamLive* stream) {
    Result<int64_t> kept_ms = KeptMs(source.topic);
    if (!kept_ms.ok()) return kept_ms.status();
    Result<const Watermarks*> ends = Ends(source);
    if (!ends.ok()) return ends.status();
    if (*kept_ms > 0 && oldest_ms == 0 && looks_.time_of && from >= (*ends)->low && from < (*ends)->high) {
      oldest_ms = looks_.time_of(source, from, (*ends)->high);
    }
    const bool ending = *kept_ms > 0 && oldest_ms > 0;
    stream->retention.push_back({.source = source,
                                 .from = from,
                                 .low = (*ends)->low,
                                 .ends_ms = ending ? oldest_ms + *kept_ms : 0,
                                 .kept_ms = *kept_ms});
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
  const RecordLooks& looks_;
  std::map<TopicPartition, Offset> stands_;  // of the stream that is being asked for; kNoOffset: nowhere
  std::map<TopicPartition, Watermarks> ends_;
  std::map<std::string, int64_t> kept_ms_;
};

}  // namespace

bool HasRecord(LogReader* reader, const TopicPartition& source, Offset from, Offset to) {
  bool found = false;
  const Status read = reader->Read(source, from, to, [&](const ConsumedRecord&, const PayloadLease&) {
    found = true;
    return false;
  });
  return found || !read.ok();
}

Status AddClusterFacts(const config::Config& config, Admin* admin, const RecordLooks& looks,
                       LiveState* live) {
  return Asker(config, admin, looks).Run(live);
}

}  // namespace fracas::tools
