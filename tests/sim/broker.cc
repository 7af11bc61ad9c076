#include "tests/sim/broker.h"

#include <algorithm>
#include <utility>

namespace fracas::sim {

void Broker::CreateTopic(const std::string& topic, int32_t partitions) {
  topics_[topic].resize(static_cast<size_t>(partitions));
}

int32_t Broker::Partitions(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? 0 : static_cast<int32_t>(found->second.size());
}

Broker::Settings Broker::SettingsOf(const std::string& topic) const {
  const auto found = settings_.find(topic);
  return found == settings_.end() ? Settings() : found->second;
}

PartitionLog& Broker::log(const TopicPartition& partition) {
  return topics_.at(partition.topic).at(static_cast<size_t>(partition.partition));
}

const PartitionLog& Broker::log(const TopicPartition& partition) const {
  return topics_.at(partition.topic).at(static_cast<size_t>(partition.partition));
}

Offset Broker::StableEnd(const TopicPartition& partition) const {
  auto end = static_cast<Offset>(log(partition).size());
  for (const auto& [id, producer] : producers_) {
    if (!producer.open) continue;
    const auto records = producer.records.find(partition);
    if (records != producer.records.end()) end = std::min(end, records->second.front());
  }
  return end;
}

Offset Broker::Low(const TopicPartition& partition) const {
  const auto found = lows_.find(partition);
  return found == lows_.end() ? 0 : found->second;
}

std::vector<Record> Broker::Visible(const TopicPartition& partition) const {
  std::vector<Record> visible;
  const Offset end = StableEnd(partition);
  for (Offset offset = 0; offset < end; ++offset) {
    const Entry& entry = log(partition)[static_cast<size_t>(offset)];
    if (entry.state == Entry::State::kCommitted) visible.push_back(entry.record);
  }
  return visible;
}

// --- Producers
// ------------------------------------------------------------------------------------------

int64_t Broker::InitProducer(const std::string& id) {
  Producer& producer = producers_[id];
  if (!producer.fences) return producer.epoch;
  if (producer.open) Close(&producer, false);
  return ++producer.epoch;
}

Broker::Answer Broker::Append(const std::string& id, int64_t epoch, const TopicPartition& partition,
                              Record record) {
  Producer& producer = producers_[id];
  if (producer.epoch != epoch) return Answer::kFenced;
  producer.open = true;
  PartitionLog& entries = log(partition);
  producer.records[partition].push_back(static_cast<Offset>(entries.size()));
  entries.push_back({Entry::State::kOpen, std::move(record), ++order_});
  return Answer::kOk;
}

Offset Broker::AppendPlain(const TopicPartition& partition, Record record) {
  PartitionLog& entries = log(partition);
  entries.push_back({Entry::State::kCommitted, std::move(record), ++order_});
  return static_cast<Offset>(entries.size()) - 1;
}

bool Broker::IsMember(const Membership& membership) const {
  if (membership.seat.empty()) {
    return members_.contains(membership.member) && membership.generation == generation_;
  }
  const auto seat = seats_.find(membership.seat);
  return seat != seats_.end() && seat->second == membership.member;
}

Broker::Answer Broker::AddOffset(const std::string& id, int64_t epoch, const Membership& membership,
                                 const TopicPartition& partition, GroupOffset offset) {
  Producer& producer = producers_[id];
  if (producer.epoch != epoch) return Answer::kFenced;
  if (!IsMember(membership)) return Answer::kIllegalGeneration;
  producer.open = true;
  producer.offsets[partition] = std::move(offset);
  return Answer::kOk;
}

Broker::Answer Broker::End(const std::string& id, int64_t epoch, bool commit) {
  Producer& producer = producers_[id];
  if (producer.epoch != epoch) return Answer::kFenced;
  Close(&producer, commit);
  return Answer::kOk;
}

void Broker::TimeOut(const std::string& id) {
  Producer& producer = producers_[id];
  if (!producer.open) return;
  Close(&producer, false);
  ++producer.epoch;
}

bool Broker::HasOpen(const std::string& id) const {
  const auto found = producers_.find(id);
  return found != producers_.end() && found->second.open;
}

void Broker::Close(Producer* producer, bool commit) {
  for (const auto& [partition, offsets] : producer->records) {
    for (const Offset offset : offsets) {
      log(partition)[static_cast<size_t>(offset)].state =
          commit ? Entry::State::kCommitted : Entry::State::kAborted;
    }
    log(partition).push_back({Entry::State::kMarker, {}, ++order_});
  }
  if (commit) {
    for (const auto& [partition, offset] : producer->offsets) {
      offsets_[partition] = offset;
      history_.emplace_back(partition, offset);
    }
  }
  producer->records.clear();
  producer->offsets.clear();
  producer->open = false;
}

// --- The group
// ------------------------------------------------------------------------------------------

uint64_t Broker::Join(const std::string& name, const std::vector<std::string>& topics) {
  std::erase_if(members_, [&](const auto& member) { return member.second.name == name; });
  const uint64_t id = next_member_++;
  members_[id] = {name, topics, false, {}};
  Rebalance();
  members_[id].joined = true;
  FinishRebalance();
  return id;
}

void Broker::Leave(uint64_t member) {
  if (members_.erase(member) == 0) return;
  Rebalance();
  FinishRebalance();
}

void Broker::Rebalance() {
  rebalancing_ = true;
  for (auto& [id, member] : members_) member.joined = false;
}

void Broker::Rejoin(uint64_t member) {
  members_.at(member).joined = true;
  FinishRebalance();
}

void Broker::FinishRebalance() {
  if (!rebalancing_ || members_.empty()) return;
  for (const auto& [id, member] : members_) {
    if (!member.joined) return;
  }
  rebalancing_ = false;
  ++generation_;
  std::vector<TopicPartition> all;
  std::set<std::string> wanted;
  for (const auto& [id, member] : members_)
    wanted.insert(member.topics.begin(), member.topics.end());
  for (const std::string& topic : wanted) {
    for (int32_t i = 0; i < Partitions(topic); ++i) all.push_back({topic, i});
  }
  for (auto& [id, member] : members_) member.share.clear();
  // Rotates with the generation, so that partitions really move.
  size_t next = static_cast<size_t>(generation_) % members_.size();
  for (const TopicPartition& partition : all) {
    std::next(members_.begin(), static_cast<std::ptrdiff_t>(next))
        ->second.share.push_back(partition);
    next = (next + 1) % members_.size();
  }
}

std::optional<std::vector<TopicPartition>> Broker::Share(uint64_t member) const {
  if (rebalancing_) return std::nullopt;
  for (const TopicPartition& partition : members_.at(member).share) {
    if (!Committed(partition)) return std::nullopt;
  }
  return members_.at(member).share;
}

std::optional<GroupOffset> Broker::Committed(const TopicPartition& partition) const {
  for (const auto& [id, producer] : producers_) {
    if (producer.offsets.contains(partition)) return std::nullopt;
  }
  const auto found = offsets_.find(partition);
  return found == offsets_.end() ? GroupOffset{} : found->second;
}

}  // namespace fracas::sim
