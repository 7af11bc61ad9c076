#include "tests/sim/log_ports.h"

#include <algorithm>
#include <set>

#include "core/text.h"
#include "tests/sim/lease.h"

namespace fracas::sim {

namespace {

// One record, for as long as it is visited.
class VisitedRecord : public PayloadLease {
 public:
  explicit VisitedRecord(const Record& record) : record_(record) {}
  void VisitHeaders(uint32_t, const std::function<void(std::string_view, std::string_view)>& visit)
      const override {
    for (const Header& header : record_.headers) visit(header.name, View(header.value));
  }

 private:
  const Record& record_;
};

Offset LowOf(const Broker& broker, const LogFaults& faults, const TopicPartition& partition) {
  const auto found = faults.low.find(partition);
  return found == faults.low.end() ? broker.Low(partition) : found->second;
}

}  // namespace

Status SimLogTail::Follow(const std::vector<TailStart>& starts) {
  if (faults_->Fails()) return Status::Retry("no broker answers");
  starts_ = starts;
  return {};
}

Status SimLogTail::Poll(int /*wait_ms*/, size_t records_max, const Visitor& visit) {
  if (faults_->Fails()) return {};
  const std::lock_guard lock(broker_->mutex());
  if (faults_->short_polls > 0 && faults_->random->Chance(faults_->short_polls)) {
    records_max = std::min<size_t>(records_max, 1 + faults_->random->Below(4));
  }
  size_t visited = 0;
  for (size_t slot = 0; slot < starts_.size(); ++slot) {
    TailStart& at = starts_[slot];
    if (broker_->Partitions(at.partition.topic) == 0) return Status::Stop("the topic is gone");
    const PartitionLog& log = broker_->log(at.partition);
    if (at.from > static_cast<Offset>(log.size()) ||
        at.from < LowOf(*broker_, *faults_, at.partition)) {
      return Status::Stop(Cat("offset ", at.from, " is out of range"));
    }
    for (const Offset end = broker_->StableEnd(at.partition); at.from < end; ++at.from) {
      const Entry& entry = log[static_cast<size_t>(at.from)];
      const bool aborted = faults_->reads_aborted && entry.state == Entry::State::kAborted;
      if (entry.state != Entry::State::kCommitted && !aborted) continue;
      if (visited++ == records_max) break;
      visit({static_cast<PartitionSlot>(slot), at.from, entry.record.timestamp_ms,
             View(entry.record.key), View(entry.record.value), 0},
            VisitedRecord(entry.record));
    }
  }
  return {};
}

Status SimLogReader::Read(
    const TopicPartition& partition, Offset from, Offset to,
    const std::function<bool(const ConsumedRecord&, const PayloadLease&)>& visit) {
  const std::lock_guard lock(broker_->mutex());
  if (faults_->Fails()) return Status::Retry("no broker answers");
  if (broker_->StableEnd(partition) < to) return Status::Retry("a transaction is open");
  const PartitionLog& log = broker_->log(partition);
  for (Offset at = std::max(from, LowOf(*broker_, *faults_, partition)); at < to; ++at) {
    const Entry& entry = log[static_cast<size_t>(at)];
    if (entry.state != Entry::State::kCommitted) continue;
    if (!visit(
            {0, at, entry.record.timestamp_ms, View(entry.record.key), View(entry.record.value), 0},
            VisitedRecord(entry.record))) {
      return {};
    }
  }
  return {};
}

Result<std::vector<TopicDescription>> SimAdmin::Describe(const std::vector<std::string>& wanted) {
  const std::lock_guard lock(broker_->mutex());
  if (faults_->Fails()) return Status::Retry("no broker answers");
  std::vector<TopicDescription> described;
  for (const std::string& name : wanted) {
    const int32_t partitions = broker_->Partitions(name);
    if (partitions == 0 || name == faults_->unknown_topic) continue;
    described.push_back({name, partitions, 1, broker_->SettingsOf(name), {}});
  }
  return described;
}

Result<std::vector<std::string>> SimAdmin::ListTopics() { return std::vector<std::string>(); }

Result<std::vector<Status>> SimAdmin::Create(const std::vector<NewTopic>& topics) {
  return std::vector<Status>(topics.size());
}

Result<Watermarks> SimAdmin::Query(const TopicPartition& partition) {
  const std::lock_guard lock(broker_->mutex());
  if (faults_->Fails()) return Status::Retry("no broker answers");
  if (broker_->Partitions(partition.topic) == 0) {
    return Status::Retry(Cat("there is no topic ", partition.topic));
  }
  return Watermarks{LowOf(*broker_, *faults_, partition),
                    static_cast<Offset>(broker_->log(partition).size())};
}

Result<std::vector<Offset>> SimAdmin::Committed(const std::string&,
                                                const std::vector<TopicPartition>& partitions) {
  return std::vector<Offset>(partitions.size(), kNoOffset);
}

void Compact(const TopicPartition& partition, const Compaction& compaction, Broker* broker) {
  const std::lock_guard lock(broker->mutex());
  PartitionLog& log = broker->log(partition);
  std::set<std::string> seen;
  for (Offset at = std::min(compaction.end, static_cast<Offset>(log.size())) - 1; at >= 0; --at) {
    Entry& entry = log[static_cast<size_t>(at)];
    if (entry.state != Entry::State::kCommitted) continue;
    const bool newest = seen.insert(entry.record.key.value_or("")).second;
    const bool forgotten = at < compaction.forget && !entry.record.value;
    if (!newest || forgotten) entry.state = Entry::State::kCompacted;
  }
}

// --- Store
// ----------------------------------------------------------------------------------------------

Status MemoryStore::Apply(const std::vector<StateChange>& changes,
                          const std::map<TopicPartition, Offset>& positions, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (failed_) return Status::Stop("the disk is full");
  for (const StateChange& change : changes) {
    if (forgets_ && change.key.starts_with(*forgets_)) {
      forgets_.reset();
      continue;
    }
    if (change.value.empty()) {
      data_.erase(change.key);
    } else {
      data_[change.key] = change.value;
    }
  }
  for (const auto& [partition, offset] : positions) positions_[partition] = offset;
  applied_ms_ = now_ms;
  return {};
}

void MemoryStore::CopyFrom(const MemoryStore& other) {
  const std::scoped_lock lock(mutex_, other.mutex_);
  data_ = other.data_;
  positions_ = other.positions_;
  applied_ms_ = other.applied_ms_;
}

Offset MemoryStore::Position(const TopicPartition& partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = positions_.find(partition);
  return found == positions_.end() ? 0 : found->second;
}

int64_t MemoryStore::AppliedMs() const {
  const std::lock_guard lock(mutex_);
  return applied_ms_;
}

Result<bool> MemoryStore::Get(std::string_view key, std::string* value) const {
  const std::lock_guard lock(mutex_);
  const auto found = data_.find(key);
  if (found == data_.end()) return false;
  *value = found->second;
  return true;
}

Status MemoryStore::MultiGet(const std::vector<std::string>& keys, std::vector<std::string>* values,
                             std::vector<bool>* found) const {
  values->resize(keys.size());
  found->assign(keys.size(), false);
  for (size_t i = 0; i < keys.size(); ++i) {
    const Result<bool> there = Get(keys[i], &(*values)[i]);
    (*found)[i] = there.ok() && *there;
  }
  return {};
}

Status MemoryStore::Visit(
    std::string_view prefix,
    const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (auto at = data_.lower_bound(prefix); at != data_.end(); ++at) {
    if (!at->first.starts_with(prefix) || !visit(at->first, at->second)) return {};
  }
  return {};
}

Status MemoryStore::Wipe() {
  const std::lock_guard lock(mutex_);
  data_.clear();
  positions_.clear();
  applied_ms_ = 0;
  ++wipes_;
  return {};
}

}  // namespace fracas::sim
