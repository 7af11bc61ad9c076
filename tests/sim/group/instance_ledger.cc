#include "tests/sim/group/instance_ledger.h"

#include <algorithm>

#include "core/text.h"
#include "tests/sim/group/instance.h"

namespace fracas::sim {

namespace {

std::vector<TopicPartition> Followed(const Broker& broker) {
  std::vector<TopicPartition> followed{kLedgerLog};
  for (const std::string topic : kLetterTopics) {
    for (Partition i = 0; i < broker.Partitions(topic); ++i) followed.push_back({topic, i});
  }
  return followed;
}

}  // namespace

void LedgerFolder::Take(const TopicPartition& partition, Offset from, Offset to) {
  if (wipes_ != store.wipes()) taken_.clear();
  wipes_ = store.wipes();
  to = std::min(to, store.Position(partition));
  if (from < to) taken_[partition].emplace_back(from, to);
}

std::map<TopicPartition, OffsetRanges> LedgerFolder::Taken() const {
  return wipes_ == store.wipes() ? taken_ : std::map<TopicPartition, OffsetRanges>();
}

void LedgerFolder::CopyFrom(const LedgerFolder& other) {
  taken_ = other.Taken();
  wipes_ = store.wipes();
  store.CopyFrom(other.store);
}

InstanceLedger::InstanceLedger(const Cluster* cluster, const Clock* clock, LedgerFolder* folder)
    : cluster_(cluster),
      clock_(clock),
      folder_(folder),
      tail_(cluster->broker, cluster->ledger_faults),
      admin_(cluster->broker, cluster->ledger_faults),
      ledger_(OptionsOf()) {
  for (const TopicPartition& partition : Followed(*cluster_->broker)) {
    begun_[partition] = cluster_->broker->StableEnd(partition);
  }
}

ledger::LedgerOptions InstanceLedger::OptionsOf() {
  ledger::LedgerOptions options;
  options.ledger_topic = kLedgerLog.topic;
  options.letter_topics = [this]() -> Result<std::vector<ledger::LetterTopic>> {
    if (cluster_->ledger_faults->Fails()) return Status::Retry("no broker answers");
    std::vector<ledger::LetterTopic> topics;
    for (const std::string topic : kLetterTopics)
      topics.push_back({topic, "p/" + topic.substr(0, 1)});
    return topics;
  };
  options.streams = {"p/a", "p/b", "p/c"};
  options.store = &folder_->store;
  options.tail = &tail_;
  options.admin = &admin_;
  options.clock = &clock_;
  options.pause = [](int) {};
  options.log = [this](const LogEntry& entry) { Hear(entry); };
  options.business_id = [](std::string_view, const ConsumedRecord&,
                           std::span<const HeaderView> headers) {
    std::string id;
    for (const HeaderView& header : headers) {
      if (header.name == kIdHeader) id = header.value;
    }
    return id;
  };
  return options;
}

// Nobody makes topics anew here, whatever folder it finds.
void InstanceLedger::Hear(const LogEntry& entry) {
  cluster_->trace(Cat("ledger ", entry.event, ": ", entry.message));
  if (entry.event.ends_with("made_anew") && untrue_.empty()) untrue_ = entry.message;
}

Status InstanceLedger::Turn() {
  const Status turned = ledger_.Turn(0);
  if (!turned.ok()) return turned;
  if (!untrue_.empty()) return Status::Stop(Cat("ledger: ", untrue_));
  return CheckComplete();
}

// Before all has been read that was there when it began, it must not say so.
Status InstanceLedger::CheckComplete() {
  if (complete_ == folder_->store.wipes() || !ledger_.facts().complete) return {};
  for (const auto& [partition, end] : begun_) {
    const Offset position = folder_->store.Position(partition);
    if (position >= end || end <= cluster_->broker->Low(partition)) continue;
    return Status::Stop(Cat("ledger: takes what it has read for all, at ",
                            ToString(partition, position), " of ", end));
  }
  complete_ = folder_->store.wipes();
  return {};
}

bool InstanceLedger::CaughtUp() const {
  if (!ledger_.facts().complete || !ledger_.facts().trouble.empty()) return false;
  for (const auto& [partition, end] : begun_) {
    if (folder_->store.Position(partition) < cluster_->broker->StableEnd(partition)) return false;
  }
  return true;
}

}  // namespace fracas::sim
