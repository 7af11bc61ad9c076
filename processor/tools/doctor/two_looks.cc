#include "tools/doctor/two_looks.h"

#include <utility>

#include "core/limits_tools.h"
#include "formats/transaction_log.h"

namespace fracas::tools {

void TwoLooks::First(const std::string& group, const std::vector<PlannedTopic>& topics,
                     const std::map<std::string, TopicSeen>& seen) {
  group_ = group;
  std::vector<TopicPartition> partitions;
  std::vector<TopicPartition> sources;
  for (const PlannedTopic& topic : topics) {
    const auto found = seen.find(topic.name);
    for (int32_t i = 0; found != seen.end() && i < found->second.partitions; ++i) {
      const TopicPartition partition{topic.name, i};
      if (first_.emplace(partition, PartitionEnds{}).second) partitions.push_back(partition);
      const bool source =
          topic.role == TopicRole::kSource && sources_.emplace(partition, SourceSeen{}).second;
      if (!source) continue;
      sources.push_back(partition);
      sources_[partition].partition = partition;
      sources_[partition].stream = topic.stream;
    }
  }
  first_ms_ = ports_.clock->MonotonicMs();
  Result<std::vector<PartitionEnds>> ends = ports_.inspector->Ends(partitions);
  const Result<std::vector<Offset>> committed = ends.ok()
                                                    ? ports_.inspector->Committed(group_, sources)
                                                    : Result<std::vector<Offset>>(ends.status());
  // Without the group's offsets the logs can be looked at nevertheless.
  offsets_status_ = committed.ok() ? Status() : committed.status();
  if (!committed.ok()) sources_.clear();
  status_ = ends.ok() ? Status() : ends.status();
  if (!committed.ok() && committed.status().action() == Action::kRetry) status_ = offsets_status_;
  if (!ends.ok()) return;
  for (PartitionEnds& each : *ends) {
    const auto source = sources_.find(each.partition);
    if (source != sources_.end()) {
      source->second.low = each.low;
      source->second.high = each.high;
    }
    first_[each.partition] = std::move(each);
  }
  for (size_t i = 0; committed.ok() && i < sources.size(); ++i) {
    sources_[sources[i]].before = sources_[sources[i]].now = (*committed)[i];
  }
}

std::vector<SourceSeen> TwoLooks::sources() const {
  std::vector<SourceSeen> sources;
  for (const auto& [partition, source] : sources_) {
    if (first_.at(partition).status.ok()) sources.push_back(source);
  }
  return sources;
}

void TwoLooks::Second() {
  std::vector<TopicPartition> waiting;
  std::vector<TopicPartition> behind;
  for (const auto& [partition, ends] : first_) {
    if (!ends.status.ok() || ends.high == kNoOffset) continue;
    const auto source = sources_.find(partition);
    const bool lags = source != sources_.end() && source->second.lag() > 0;
    if (lags) behind.push_back(partition);
    if (lags || ends.stable < ends.high) waiting.push_back(partition);
  }
  while (LookAtCoordinators() && !broker_skew_.has_value() &&
         ElapsedMs() < limits::kDoctorWatchMs) {
    ports_.wait(limits::kDoctorWatchEveryMs);
  }
  if (waiting.empty()) return;
  if (ElapsedMs() < limits::kDoctorWatchMs) ports_.wait(limits::kDoctorWatchMs - ElapsedMs());
  TakeSecond(waiting, behind);
}

void TwoLooks::TakeSecond(const std::vector<TopicPartition>& waiting,
                          const std::vector<TopicPartition>& behind) {
  watched_ms_ = ElapsedMs();
  const Result<std::vector<PartitionEnds>> ends = ports_.inspector->Ends(waiting);
  if (!ends.ok()) {
    status_ = ends.status();
    return;
  }
  for (const PartitionEnds& each : *ends) {
    const bool still = each.status.ok() && each.stable == first_[each.partition].stable;
    if (still && each.stable < each.high) held_.push_back({each.partition, each.stable, each.high});
  }
  const Result<std::vector<Offset>> committed = ports_.inspector->Committed(group_, behind);
  if (!committed.ok()) {
    status_ = committed.status();
    return;
  }
  for (size_t i = 0; i < behind.size(); ++i) sources_[behind[i]].now = (*committed)[i];
}

void TwoLooks::FindCoordinators() {
  const std::string topic(formats::kTransactionLogTopic);
  const Result<std::vector<TopicSeen>> seen = ports_.inspector->Topics({topic});
  coordinators_status_ = seen.ok() ? seen->front().status : seen.status();
  if (!coordinators_status_.ok()) return;
  for (int32_t i = 0; i < seen->front().partitions; ++i) coordinators_[{topic, i}] = kNoOffset;
  coordinators_status_ = coordinators_.empty()
                             ? Status::Stop("no transaction was ever made on this cluster")
                             : ports_.inspector->TryRead({{topic, 0}}).front();
}

// False: there is nothing to see. A record that came between two questions was stamped by its
// broker between them.
bool TwoLooks::LookAtCoordinators() {
  if (coordinators_.empty() && coordinators_status_.ok()) FindCoordinators();
  if (!coordinators_status_.ok()) return false;
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, end] : coordinators_) partitions.push_back(partition);
  const int64_t before_ms = std::exchange(asked_ms_, ports_.clock->WallMs());
  const Result<std::vector<PartitionEnds>> ends = ports_.inspector->Ends(partitions);
  if (!ends.ok()) {
    coordinators_status_ = ends.status();
    return false;
  }
  const int64_t after_ms = ports_.clock->WallMs();
  for (const PartitionEnds& each : *ends) {
    const Offset before = std::exchange(coordinators_[each.partition], each.high);
    if (before == kNoOffset || each.high <= before || broker_skew_.has_value()) continue;
    coordinators_status_ =
        ports_.inspector->Read({{each.partition, before, before + 1}}, limits::kDoctorCallMsMax,
                               [&](const ConsumedRecord& record) {
                                 broker_skew_ = SkewOf(record.timestamp_ms, before_ms, after_ms);
                                 return false;
                               });
  }
  return coordinators_status_.ok();
}

}  // namespace fracas::tools
