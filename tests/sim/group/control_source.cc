#include "tests/sim/group/control_source.h"

#include <utility>

#include "tests/sim/lease.h"

namespace fracas::sim {

namespace {

constexpr uint64_t kNoticesPerMille = 300;  // of the polls of one that was replaced

}  // namespace

std::unique_ptr<PayloadLease> SimControlSource::NewLease() {
  return std::make_unique<SimLease>(&options_.faults->headers_read);
}

std::span<const ConsumedRecord> SimControlSource::Poll(const PollLimits& limits,
                                                       PayloadLease* lease,
                                                       std::vector<SourceEvent>* events) {
  const std::lock_guard lock(options_.broker->mutex());
  records_.clear();
  const bool shines = options_.beacon->holder == options_.instance &&
                      (!assigned_ || term_ == options_.beacon->term);
  if (assigned_ && !shines && options_.random->Chance(kNoticesPerMille)) {
    assigned_ = false;
    SourceEvent event;
    event.kind = SourceEvent::Kind::kRevoked;
    events->push_back(std::move(event));
  } else if (assigned_) {
    Read(limits, lease);
  } else if (shines && !options_.faults->Retries(options_.random)) {
    Join(events);
  }
  return records_;
}

void SimControlSource::Read(const PollLimits& limits, PayloadLease* lease) {
  const size_t most = limits.records_max == 0 ? 0 : 1 + options_.random->Below(limits.records_max);
  const PartitionLog& log = options_.broker->log(options_.control);
  const Offset end = options_.broker->StableEnd(options_.control);
  // Few at a time: a transaction of the authority has some of them.
  const size_t few = 1 + options_.random->Below(8);
  for (; position_ < end && records_.size() < std::min(most, few); ++position_) {
    const Entry& entry = log[static_cast<size_t>(position_)];
    if (entry.state != Entry::State::kCommitted) continue;
    auto* sim_lease = static_cast<SimLease*>(lease);
    const uint32_t index = sim_lease->Add(entry.record);
    const Record& kept = sim_lease->at(index);
    records_.push_back({0, position_, kept.timestamp_ms, View(kept.key), View(kept.value), index});
  }
}

void SimControlSource::Join(std::vector<SourceEvent>* events) {
  Membership membership;
  membership.seat = options_.beacon->seats ? "control" : options_.instance;
  membership.member = options_.broker->TakeSeat(membership.seat);
  const auto at = options_.broker->Committed(options_.control);
  position_ = !at || at->offset == kNoOffset ? 0 : at->offset;
  SourceEvent event;
  event.kind = SourceEvent::Kind::kAssigned;
  event.epoch = std::make_shared<SimEpoch>(++epochs_, membership);
  event.partitions.push_back({0, options_.control, position_, at ? at->offset : kNoOffset, ""});
  events->push_back(std::move(event));
  assigned_ = true;
  term_ = options_.beacon->term;
}

Status SimControlSource::Seek(PartitionSlot, Offset offset) {
  if (options_.faults->on && options_.random->Chance(options_.faults->seek_fails)) {
    return Status::Retry("seek timed out");
  }
  position_ = offset;
  return {};
}

Result<CommittedOffset> SimControlSource::Committed(const TopicPartition& partition) {
  const std::lock_guard lock(options_.broker->mutex());
  if (options_.faults->Retries(options_.random)) return Status::Retry("the group does not answer");
  const auto at = options_.broker->Committed(partition);
  if (!at) return Status::Retry("a transaction on the offset has not ended");
  return CommittedOffset{at->offset, at->metadata};
}

Status SimControlSource::Recreate() {
  if (options_.faults->Retries(options_.random)) return Status::Retry("no broker answers");
  assigned_ = false;
  return {};
}

}  // namespace fracas::sim
