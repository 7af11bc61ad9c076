#include "tests/sim/ports.h"

#include <utility>

#include "core/check.h"
#include "core/text.h"
#include "tests/sim/lease.h"

namespace fracas::sim {

namespace {

std::optional<std::string> Bytes(std::string_view view) {
  return view.data() == nullptr ? std::nullopt : std::optional<std::string>(view);
}

}  // namespace

// --- Source
// ---------------------------------------------------------------------------------------------

SimSource::SimSource(Broker* broker, Random* random, const Faults* faults, std::string name,
                     std::vector<std::string> topics)
    : broker_(broker),
      random_(random),
      faults_(faults),
      name_(std::move(name)),
      topics_(std::move(topics)) {
  const std::lock_guard lock(broker_->mutex());
  member_ = broker_->Join(name_, topics_);
  rejoined_ = true;
}

std::unique_ptr<PayloadLease> SimSource::NewLease() {
  return std::make_unique<SimLease>(&faults_->headers_read);
}

void SimSource::ServeGroup(std::vector<SourceEvent>* events) {
  if (!broker_->Knows(member_)) {
    SourceEvent event;
    event.kind = SourceEvent::Kind::kFailed;
    event.status = Status::Retry("the group does not know this member");
    events->push_back(std::move(event));
    return;
  }
  const bool over = broker_->rebalancing() || broker_->generation() != generation_;
  if (generation_ >= 0 && over) {
    LetGo(events);
    rejoined_ = false;
  } else if (generation_ >= 0 && faults_->on && random_->Chance(faults_->joins_anew)) {
    LetGo(events);
  }
  if (!rejoined_ || broker_->rebalancing()) {
    broker_->Rejoin(member_);
    rejoined_ = true;
  }
  if (generation_ >= 0) return;
  const auto share = broker_->Share(member_);
  if (!share) return;
  const std::shared_ptr<const SimEpoch> before = announced_.lock();
  const bool same = before != nullptr && before->membership().generation == broker_->generation();
  if (same && !faults_->hasty) return;  // its transaction may still commit
  generation_ = broker_->generation();
  SourceEvent event;
  event.kind = SourceEvent::Kind::kAssigned;
  const auto epoch = std::make_shared<SimEpoch>(++epochs_, Membership{member_, generation_});
  announced_ = epoch;
  event.epoch = epoch;
  for (const TopicPartition& partition : *share) {
    const GroupOffset at = *broker_->Committed(partition);
    const Offset start = at.offset == kNoOffset ? 0 : at.offset;
    event.partitions.push_back({static_cast<PartitionSlot>(slots_.size()), partition, start,
                                at.offset, faults_->forgets_notes ? "" : at.metadata,
                                at.offset == kNoOffset ? broker_->Partitions(partition.topic) : 0});
    slots_.push_back({partition, start, false, false});
  }
  events->push_back(std::move(event));
}

void SimSource::LetGo(std::vector<SourceEvent>* events) {
  SourceEvent event;
  event.kind = SourceEvent::Kind::kRevoked;
  events->push_back(std::move(event));
  slots_.clear();
  generation_ = -1;
}

std::span<const ConsumedRecord> SimSource::Poll(const PollLimits& limits, PayloadLease* lease,
                                                std::vector<SourceEvent>* events) {
  const std::lock_guard lock(broker_->mutex());
  records_.clear();
  size_t bytes = 0;
  // A random number of records from a random partition at a time: batches interleave.
  const size_t most = limits.records_max == 0 ? 0 : 1 + random_->Below(limits.records_max);
  for (size_t misses = 0; records_.size() < most && misses < slots_.size() && generation_ >= 0;) {
    const size_t index = next_slot_++ % slots_.size();
    Fetch& slot = slots_[index];
    ++misses;
    if (slot.held || broker_->Partitions(slot.partition.topic) == 0) continue;
    if (slot.partition == faults_->lost || slot.position < broker_->Low(slot.partition)) {
      TellLoss(static_cast<PartitionSlot>(index), events);
      continue;
    }
    const PartitionLog& log = broker_->log(slot.partition);
    const Offset end = broker_->StableEnd(slot.partition);
    for (uint64_t run = 1 + random_->Below(4); run > 0 && slot.position < end; ++slot.position) {
      if (records_.size() >= most || bytes >= limits.bytes_max) break;
      const Entry& entry = log[static_cast<size_t>(slot.position)];
      if (entry.state != Entry::State::kCommitted) continue;
      auto* sim_lease = static_cast<SimLease*>(lease);
      const uint32_t lease_index = sim_lease->Add(entry.record);
      const Record& kept = sim_lease->at(lease_index);
      records_.push_back({static_cast<PartitionSlot>(index), slot.position, kept.timestamp_ms,
                          View(kept.key), View(kept.value), lease_index});
      bytes += View(kept.key).size() + View(kept.value).size();
      misses = 0;
      --run;
    }
  }
  ServeGroup(events);
  return records_;
}

void SimSource::TellLoss(PartitionSlot slot, std::vector<SourceEvent>* events) {
  if (std::exchange(slots_[slot].told, true)) return;
  SourceEvent event;
  event.kind = SourceEvent::Kind::kPartitionError;
  event.slot = slot;
  event.offset = slots_[slot].position;
  event.code = Code::kOffsetOutOfRange;
  event.status = Status::Stop("retention has taken the records from here on");
  events->push_back(std::move(event));
}

Status SimSource::Seek(PartitionSlot slot, Offset offset) {
  const std::lock_guard lock(broker_->mutex());
  if (faults_->on && random_->Chance(faults_->seek_fails)) return Status::Retry("seek timed out");
  slots_.at(slot).position = offset;
  slots_.at(slot).told = false;  // it is tried again
  return {};
}

Status SimSource::Hold(PartitionSlot slot, Offset offset) {
  if (Status sought = Seek(slot, offset); !sought.ok()) return sought;
  slots_.at(slot).held = true;
  return {};
}

Status SimSource::Release(PartitionSlot slot) {
  const std::lock_guard lock(broker_->mutex());
  if (faults_->on && random_->Chance(faults_->seek_fails)) return Status::Retry("resume timed out");
  slots_.at(slot).held = false;
  slots_.at(slot).told = false;
  return {};
}

Result<CommittedOffset> SimSource::Committed(const TopicPartition& partition) {
  const std::lock_guard lock(broker_->mutex());
  if (faults_->Retries(random_)) return Status::Retry("the group does not answer");
  const auto at = broker_->Committed(partition);
  if (!at) return Status::Retry("a transaction on the offset has not ended");
  return CommittedOffset{at->offset, at->metadata};
}

Status SimSource::Recreate() {
  const std::lock_guard lock(broker_->mutex());
  if (faults_->Retries(random_)) return Status::Retry("no broker answers");
  slots_.clear();
  generation_ = -1;
  announced_.reset();
  member_ = broker_->Join(name_, topics_);
  rejoined_ = true;
  return {};
}

void SimSource::Close() {
  const std::lock_guard lock(broker_->mutex());
  broker_->Leave(member_);
}

// --- Transaction
// ----------------------------------------------------------------------------------------

Status SimTransaction::Recreate() {
  const std::lock_guard lock(options_.broker->mutex());
  for (const Queued& queued : queued_) {  // payloads must still be there
    FRACAS_CHECK(queued.key.size() + queued.value.size() == 0 || !queued.to.topic.empty(), "queue");
  }
  queued_.clear();
  if (*options_.crashed) return Status::Retry("dead");
  if (options_.faults->Retries(options_.random)) return Status::Retry("no coordinator answers");
  epoch_ = options_.broker->InitProducer(options_.id);
  topics_.clear();
  return {};
}

Result<OutputTopic> SimTransaction::Open(const std::string& topic) {
  const std::lock_guard lock(options_.broker->mutex());
  const int32_t partitions = options_.broker->Partitions(topic);
  const bool fails = options_.faults->on && options_.random->Chance(options_.faults->open_fails);
  if (fails || options_.faults->Retries(options_.random))
    return Status::Retry("no metadata in time");
  if (partitions == 0) return Status::Reject(Cat("topic ", topic, " does not exist"));
  topics_.push_back(topic);
  return OutputTopic{static_cast<uint32_t>(topics_.size() - 1), partitions};
}

Status SimTransaction::Begin() {
  accepted_ = 0;
  refused_.clear();
  queued_.clear();
  if (options_.faults->Retries(options_.random)) return Status::Retry("not now");
  if (options_.faults->Retries(options_.random)) return Status::Stop("the producer is beyond use");
  return {};
}

Status SimTransaction::Refuse(OutputTopic topic, Partition partition) {
  const Faults& faults = *options_.faults;
  const std::string& name = topics_[topic.index];
  if (faults.on && name == faults.refusing_topic &&
      (faults.refusing_partition < 0 || partition == faults.refusing_partition)) {
    refused_ = name;
    return Status::Abort(Cat("topic ", name, " refuses"));
  }
  return {};
}

Status SimTransaction::Forward(OutputTopic topic, Partition partition, const ConsumedRecord& record,
                               PayloadLease* lease) {
  if (Status refused = Refuse(topic, partition); !refused.ok()) return refused;
  queued_.push_back({{topics_[topic.index], partition},
                     record.key,
                     record.value,
                     record.timestamp_ms,
                     lease,
                     record.lease_index,
                     {}});
  ++accepted_;
  return {};
}

Status SimTransaction::Produce(OutputTopic topic, Partition partition,
                               const ProducedRecord& record) {
  if (Status refused = Refuse(topic, partition); !refused.ok()) return refused;
  Queued queued{{topics_[topic.index], partition},
                record.key,
                record.value,
                record.timestamp_ms,
                record.original,
                record.original_index,
                {}};
  for (const HeaderView& header : record.headers) {
    queued.headers.push_back({std::string(header.name), Bytes(header.value)});
  }
  queued_.push_back(std::move(queued));
  ++accepted_;
  return {};
}

// False: fenced.
bool SimTransaction::Send() {
  for (const Queued& queued : queued_) {
    Record record{Bytes(queued.key), Bytes(queued.value), {}, queued.timestamp_ms};
    if (queued.original != nullptr) {
      queued.original->VisitHeaders(queued.original_index,
                                    [&](std::string_view name, std::string_view value) {
                                      record.headers.push_back({std::string(name), Bytes(value)});
                                    });
    }
    record.headers.insert(record.headers.end(), queued.headers.begin(), queued.headers.end());
    if (options_.broker->Append(options_.id, epoch_, queued.to, std::move(record)) !=
        Broker::Answer::kOk) {
      return false;
    }
  }
  queued_.clear();
  return true;
}

CommitResult SimTransaction::Fenced() {
  return {CommitResult::Kind::kFenced, Status::Abort("fenced"), "", Code::kNone};
}

CommitResult SimTransaction::Commit(const AssignmentEpoch* epoch,
                                    std::span<const OffsetToCommit> offsets) {
  const std::lock_guard lock(options_.broker->mutex());
  CommitResult result = TryCommit(epoch, offsets);
  std::string text = Cat(options_.id, " transaction ended as ", static_cast<int>(result.kind), ":");
  for (const OffsetToCommit& offset : offsets) {
    AppendTo(&text, " ", ToString(offset.partition, offset.offset));
  }
  options_.trace(text);
  return result;
}

CommitResult SimTransaction::TryCommit(const AssignmentEpoch* epoch,
                                       std::span<const OffsetToCommit> offsets) {
  Random& random = *options_.random;
  const Faults& faults = *options_.faults;
  using Kind = CommitResult::Kind;
  const CommitResult unknown{Kind::kUnknown, Status::Abort("no answer to the commit"), "",
                             Code::kNone};
  if (!refused_.empty()) {
    const std::string topic = refused_;
    const CommitResult aborted = Abort();
    if (aborted.kind == Kind::kFenced) return aborted;
    return {Kind::kTopicRefused, Status::Abort(Cat("topic ", topic, " refuses")), topic,
            Code::kSinkRejected};
  }
  const auto interleave = [&] {
    if (faults.on && random.Chance(faults.interleave)) options_.in_the_middle();
  };
  interleave();
  if (*options_.crashed) return unknown;
  if (!Send()) return Fenced();
  interleave();
  if (*options_.crashed) return unknown;  // its transaction stays open until somebody claims the id
  for (const OffsetToCommit& offset : offsets) {
    Membership membership = static_cast<const SimEpoch*>(epoch)->membership();
    if (faults.fresh_metadata) membership.generation = options_.broker->generation();
    switch (options_.broker->AddOffset(options_.id, epoch_, membership, offset.partition,
                                       {offset.offset, offset.metadata})) {
      case Broker::Answer::kOk: break;
      case Broker::Answer::kFenced: return Fenced();
      case Broker::Answer::kIllegalGeneration: {
        const CommitResult aborted = Abort();
        if (aborted.kind == Kind::kFenced) return aborted;
        return {Kind::kNotCommitted, Status::Abort("illegal generation"), "", Code::kNone};
      }
    }
  }
  interleave();
  if (*options_.crashed) return unknown;
  if (faults.on && random.Chance(faults.not_committed)) {
    const CommitResult aborted = Abort();
    if (aborted.kind == Kind::kFenced) return aborted;
    return {Kind::kNotCommitted, Status::Abort("broker away"), "", Code::kNone};
  }
  if (faults.on && random.Chance(faults.fenced)) {
    options_.broker->TimeOut(options_.id);
    return Fenced();
  }
  if (faults.on && random.Chance(faults.unknown_aborted)) return unknown;
  if (options_.broker->End(options_.id, epoch_, true) != Broker::Answer::kOk) return Fenced();
  interleave();
  if (*options_.crashed || (faults.on && random.Chance(faults.unknown_committed))) return unknown;
  return {};
}

CommitResult SimTransaction::Abort() {
  const std::lock_guard lock(options_.broker->mutex());
  queued_.clear();
  refused_.clear();
  if (options_.broker->End(options_.id, epoch_, false) != Broker::Answer::kOk) return Fenced();
  return {CommitResult::Kind::kNotCommitted, Status::Abort("aborted"), "", Code::kNone};
}

}  // namespace fracas::sim
