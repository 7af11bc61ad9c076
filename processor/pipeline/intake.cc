#include "pipeline/intake.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "wire/offset_metadata.h"

// Step: the source's records in, rounds of batches out. It must never lose count of an offset: what is
// taken is in exactly one round, what is dropped is sought again.

namespace fracas::pipeline {

namespace {

constexpr int64_t kPassedEveryMs = 1'000;

}  // namespace

Intake::Intake(ControlBoard* board, Source* source, const Clock* clock, RoundPool* pool)
    : board_(board), source_(source), clock_(clock), pool_(pool), view_(board->Current()) {}

// --- Assignment -----------------------------------------------------------------------------------------

void Intake::Assign(const SourceEvent& event) {
  FRACAS_CHECK(epoch_ == nullptr && event.epoch != nullptr, "a new assignment follows a revoke");
  epoch_ = event.epoch;
  changed_ = true;
  for (const AssignedPartition& assigned : event.partitions) {
    if (assigned.slot >= slots_.size()) slots_.resize(assigned.slot + 1);
    Slot& slot = slots_[assigned.slot];
    slot.assigned = true;
    slot.partition = assigned.partition;
    slot.committed = slot.position = slot.submitted = assigned.start;
    slot.stands = assigned.committed != kNoOffset;
    slot.taken_ms = clock_->MonotonicMs();
    slot.stream = view_->plan().stream_of(assigned.partition.topic);
    if (!slot.stream) {
      MarkStuck(assigned.slot, {Code::kConfigInvalid,
                                "no stream of the configuration reads this topic; add it to a "
                                "stream's topics or take it out of the subscription"});
    } else {
      slot.window = AuditWindow(plan_of(slot).audit.window_ms);
    }
    if (!assigned.metadata.empty()) ReadMetadata(assigned);
    if (!slot.stands && slot.stream) {
      slot.begins = !FindLostOffset(assigned.slot) && assigned.partitions > 0;
      slot.topic_partitions = assigned.partitions;
    }
    SharePosition(assigned.slot, slot.committed);
  }
}

// The group's offsets expire when nobody was in it for a week. Where the state remembers that the group stood
// somewhere, the stream's `start` is no answer: it would pass over what waits, or publish it once more.
bool Intake::FindLostOffset(PartitionSlot index) {
  Slot& slot = slots_[index];
  const std::shared_ptr<const ControlView> view = board_->Current();
  if (view->state() == nullptr) return false;
  const StreamControl& control = view->control(*slot.stream);
  const state::PendingRange* pending = control.Pending(slot.partition);
  const state::MergedFact* merged = control.Merged(slot.partition);
  if (pending == nullptr && merged == nullptr) return false;
  const Offset stood = pending != nullptr ? pending->from : merged->from;
  slot.committed = slot.position = slot.submitted = stood;
  MarkStuck(index,
            {Code::kOffsetOutOfRange,
             Cat("the group has no offset of ", slot.partition.topic, "/", slot.partition.partition,
                 " any more: it has expired, somebody deleted it, or the topic was recreated. By its state "
                 "it stood at ", stood, pending != nullptr ? "" : " or behind it",
                 ". `fracas breaker reset` goes on there, `fracas offsets accept-loss --to OFFSET` "
                 "elsewhere"),
             true});
  return true;
}

// The group left a note where a batch was abandoned: the same range is tried again, as the next attempt. The
// authority may not have applied the trip yet, or this instance may not have read that: RED from here on.
void Intake::ReadMetadata(const AssignedPartition& assigned) {
  Slot& slot = slots_[assigned.slot];
  const auto note = wire::DecodeOffsetMetadata(assigned.metadata);
  if (note.ok()) slot.topic_partitions = note->partitions;
  if (note.ok() && note->abandoned() && note->to > slot.committed) {
    slot.tried.Add(slot.committed, note->to, note->attempt);
    if (!slot.stream || plan_of(slot).mode == PublishMode::kNone) return;
    slot.recalled = board_->Recall(
        {{*slot.stream, slot.partition, slot.committed, note->to, note->attempt},
         Code::kUnknown,
         Cat(ToString(slot.partition, slot.committed), " was abandoned by its last owner"),
         clock_->WallMs()});
  } else if (!note.ok() && note.status().action() == Action::kStop) {
    MarkStuck(assigned.slot, {Code::kConfigInvalid, std::string(note.status().message())});
  }
}

void Intake::Revoke() {
  if (filling_ != nullptr) pool_->Return(std::move(filling_));
  full_ = false;
  epoch_.reset();
  slots_.clear();
  isolated_.clear();
  overrun_.clear();
  changed_ = true;
  reports_due_ = false;
  ++stuck_changes_;
  const std::lock_guard lock(positions_mutex_);
  positions_.clear();
}

void Intake::MarkStuck(PartitionSlot index, const Trouble& trouble) {
  FRACAS_CHECK(index < slots_.size() && slots_[index].assigned, Cat("slot ", index));
  Slot& slot = slots_[index];
  if (slot.stuck != Code::kNone) return;  // the first trouble is the cause, others follow from it
  slot.stuck = trouble.code;
  slot.stuck_reason = trouble.reason;
  slot.lacks_output = trouble.lacks_output;
  slot.stuck_unreported = trouble.report && slot.stream.has_value();
  slot.stuck_fences = trouble.code != Code::kObjectNotFound;
  std::erase_if(isolated_, [index](const Range& range) { return range.slot == index; });
  changed_ = true;
  ++stuck_changes_;
}

// --- Taking ---------------------------------------------------------------------------------------------

bool Intake::MustHoldAt(PartitionSlot index, Offset position) const {
  const Slot& slot = slots_[index];
  if (!slot.stream || slot.tripping || slot.stuck != Code::kNone) return true;
  if (!view_->GateOf(*slot.stream, slot.partition, position).open) return true;
  return !isolated_.empty() && isolated_.front().slot != index;
}

void Intake::Learn(Slot* slot) const {
  if (!slot->stream) return;
  const StreamControl& control = view_->control(*slot->stream);
  slot->end = view_->GateOf(*slot->stream, slot->partition, slot->position).end;
  if (const auto* merged = control.Merged(slot->partition); merged != nullptr) {
    slot->tried.Add(merged->from, merged->from, merged->attempt);
  }
  if (const auto* pending = control.Pending(slot->partition); pending != nullptr) {
    slot->tried.Add(pending->from, pending->to, pending->attempt);
  }
}

// The stream flows again, and nobody is asked whether this partition does: the report that it was let go was
// committed and its answer lost. If its trouble is still there, the source will say so again.
void Intake::LetGo(Slot* slot) {
  const bool flows =
      slot->stuck_told && view_->control(*slot->stream).state() == state::BreakerState::kGreen;
  if (flows) Unstick(slot);
}

void Intake::AdoptPlan() {
  for (Slot& slot : slots_) {
    if (!slot.assigned || !slot.stream) continue;
    const int64_t window_ms = plan_of(slot).audit.window_ms;
    if (slot.window.window_ms() == window_ms) continue;
    slot.window = AuditWindow(window_ms);
    ++slot.window_number;
  }
}

Status Intake::Follow(std::shared_ptr<const ControlView> view) {
  // Not right after the Poll that overran: the events behind its records may have taken the slots away.
  for (const PartitionSlot index : std::exchange(overrun_, {})) {
    if (slots_[index].held) continue;
    if (Status sought = source_->Seek(index, slots_[index].position); !sought.ok()) return sought;
  }
  if (!changed_ && view_ == view) return {};
  const bool replanned = &view->plan() != &view_->plan();
  view_ = std::move(view);
  if (replanned) AdoptPlan();
  bool drops = false;
  for (PartitionSlot i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].assigned) continue;
    LetGo(&slots_[i]);
    Learn(&slots_[i]);
    // Where its batch began: behind a probed range that is taken whole there is nothing to try.
    if (const size_t batch = slots_[i].batch; batch != SIZE_MAX) {
      drops |= MustHoldAt(i, filling_->batches()[batch].id.from);
    }
  }
  if (drops) {
    if (Status dropped = DropFilling(); !dropped.ok()) return dropped;
  }
  reports_due_ = false;
  for (PartitionSlot i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (!slot.assigned) continue;
    reports_due_ |= DueReport(slot) != BatchKind::kRecords;
    if (slot.held == MustHold(i)) continue;
    const Status told = slot.held ? source_->Release(i) : source_->Hold(i, slot.position);
    if (!told.ok()) return told;
    slot.held = !slot.held;
  }
  changed_ = false;
  return {};
}

void Intake::Poll(bool take, int wait_ms, std::vector<SourceEvent>* events) {
  take = take && epoch_ != nullptr && !full_;
  if (take && filling_ == nullptr) StartFilling();
  take = take && filling_ != nullptr;
  const PollLimits limits = take ? LimitsOf(wait_ms) : PollLimits{0, 0, wait_ms};
  PayloadLease* lease = take ? filling_->lease.get() : nullptr;
  const std::span<const ConsumedRecord> records = source_->Poll(limits, lease, events);
  for (const ConsumedRecord& record : records) Take(record);
  if (records.empty() && events->empty()) SharePassed();
  if (take && filling_->empty()) filling_since_ms_ = clock_->MonotonicMs();
}

void Intake::StartFilling() {
  filling_ = pool_->Take();
  if (filling_ == nullptr) return;  // all rounds are alive: whoever waits for a commit takes nothing
  filling_->lease = source_->NewLease();
  filling_->epoch = epoch_;
  filling_records_ = filling_bytes_ = 0;
  full_ = false;
  awaits_ms_.reset();
  filling_interval_ms_ = limits::kBackoffMsMax;
  records_room_ = limits::kRoundRecordsMax;
  bytes_room_ = limits::kRoundBytesMax;
  // No batch may pass its limit, and nobody knows whose record comes next: the smallest limit counts.
  for (const Slot& slot : slots_) {
    if (!slot.assigned || !slot.stream) continue;
    records_room_ = std::min(records_room_, plan_of(slot).batch.records);
    bytes_room_ = std::min(bytes_room_, plan_of(slot).batch.bytes);
  }
}

PollLimits Intake::LimitsOf(int wait_ms) const {
  PollLimits limits{std::min(limits::kPollRecordsMax, records_room_), bytes_room_, wait_ms};
  if (!filling_->empty()) {
    const int64_t left = filling_since_ms_ + filling_interval_ms_ - clock_->MonotonicMs();
    limits.wait_ms = static_cast<int>(std::clamp<int64_t>(left, 0, wait_ms));
  }
  return limits;
}

Offset Intake::CutOf(PartitionSlot index) const {
  const Slot& slot = slots_[index];
  Offset cut = slot.end;
  if (slot.position < slot.tried.to) cut = std::min(cut, slot.tried.to);
  if (!isolated_.empty() && isolated_.front().slot == index) {
    cut = std::min(cut, isolated_.front().to);
  }
  return cut;
}

Batch* Intake::BatchOf(PartitionSlot index) {
  Slot& slot = slots_[index];
  if (slot.batch != SIZE_MAX) return &filling_->batches()[slot.batch];
  if (filling_->empty()) filling_since_ms_ = clock_->MonotonicMs();
  NoteSilence(&slot);
  slot.cut = CutOf(index);
  slot.batch = filling_->batches().size();
  Batch* batch = filling_->AddBatch();
  batch->slot = index;
  batch->id = {*slot.stream, slot.partition, slot.position, slot.position,
               slot.tried.AttemptAt(slot.position)};
  batch->topic_partitions = slot.topic_partitions;
  filling_interval_ms_ = std::min(filling_interval_ms_, plan_of(slot).batch.interval_ms);
  return batch;
}

void Intake::Take(const ConsumedRecord& record) {
  FRACAS_CHECK(record.slot < slots_.size(), Cat("slot ", record.slot));
  Slot& slot = slots_[record.slot];
  // A held partition was sought to its position, and what lies below it was taken before: both are
  // late deliveries of the client library, never news.
  if (!slot.assigned || slot.held || record.offset < slot.position) return;
  if (record.offset >= (slot.batch == SIZE_MAX ? CutOf(record.slot) : slot.cut)) {
    Overrun(record.slot);
    return;
  }
  Batch* batch = BatchOf(record.slot);
  const size_t bytes = record.key.size() + record.value.size();
  batch->records.Append(record.offset, record.timestamp_ms, record.key, record.value,
                        record.lease_index);
  batch->gaps += static_cast<uint64_t>(record.offset - slot.position);
  batch->bytes += bytes;
  slot.position = batch->id.to = record.offset + 1;
  filling_bytes_ += bytes;
  ++filling_records_;
  const BatchLimits& own = plan_of(slot).batch;
  records_room_ = std::min({records_room_, own.records - std::min(own.records, batch->records.size()),
                            limits::kRoundRecordsMax - filling_records_});
  bytes_room_ = std::min({bytes_room_, own.bytes - std::min(own.bytes, batch->bytes),
                          limits::kRoundBytesMax - std::min(limits::kRoundBytesMax, filling_bytes_)});
  if (slot.position >= slot.cut) EndAtCut();
  full_ = full_ || records_room_ == 0 || bytes_room_ == 0;
}

// A probed partition is held as soon as its range is taken.
void Intake::EndAtCut() {
  full_ = true;
  changed_ = true;
}

// A record behind the cut: it belongs to a later round and is sought back to. What lies between is gone
// (compaction, markers): the range ends in a gap, or is nothing but one.
void Intake::Overrun(PartitionSlot index) {
  Slot& slot = slots_[index];
  const Offset cut = slot.batch == SIZE_MAX ? CutOf(index) : slot.cut;
  if (slot.position < cut) {
    Batch* batch = BatchOf(index);
    batch->gaps += static_cast<uint64_t>(cut - slot.position);
    slot.position = batch->id.to = cut;
    EndAtCut();
  }
  full_ = full_ || filling();
  if (std::find(overrun_.begin(), overrun_.end(), index) == overrun_.end()) {
    overrun_.push_back(index);
  }
}

void Intake::PopIsolated() {
  isolated_.pop_front();
  isolated_since_ms_ = clock_->MonotonicMs();
  changed_ = true;
}

// A ticket is written before its record is sent: what is not in the state as it is now was never there, or
// is there no more. Nothing is added to a round that waits.
bool Intake::AwaitsTickets(int64_t now_ms) {
  if (!awaits_ms_ && view_->followed_ms() < now_ms && Replays::NamesUnknown(*view_, *filling_)) {
    awaits_ms_ = now_ms;
    full_ = true;
    board_->Await(now_ms);
  }
  return awaits_ms_ && view_->followed_ms() < *awaits_ms_;
}

std::unique_ptr<Round> Intake::TakeDue(bool flush) {
  const int64_t now_ms = clock_->MonotonicMs();
  if (!filling()) {
    // An isolated range whose records are gone would keep all others waiting.
    if (isolating() && now_ms > isolated_since_ms_ + limits::kBackoffMsMax) PopIsolated();
    return nullptr;
  }
  if (!flush && !full_ && now_ms < filling_since_ms_ + filling_interval_ms_) return nullptr;
  if (AwaitsTickets(now_ms)) return nullptr;
  for (const Batch& batch : filling_->batches()) slots_[batch.slot].batch = SIZE_MAX;
  full_ = false;
  filling_->view = view_;
  filling_->wall_ms = clock_->WallMs();
  filling_->monotonic_ms = now_ms;
  return std::move(filling_);
}

// --- Seen from outside ----------------------------------------------------------------------------------

void Intake::SharePosition(PartitionSlot index, Offset done) {
  const Slot& slot = slots_[index];
  if (!slot.stream) return;
  const std::lock_guard lock(positions_mutex_);
  if (positions_.size() < slots_.size()) positions_.resize(slots_.size());
  PartitionPosition& shared = positions_[index];
  if (shared.partition.topic.empty()) shared = {slot.partition, *slot.stream, 0};
  shared.done = done;
}

void Intake::SharePassed() {
  const int64_t now_ms = clock_->MonotonicMs();
  if (now_ms - passed_ms_ < kPassedEveryMs) return;
  passed_ms_ = now_ms;
  for (PartitionSlot index = 0; index < slots_.size(); ++index) {
    const Slot& slot = slots_[index];
    if (!slot.assigned || slot.held || slot.position != slot.committed) continue;
    SharePosition(index, std::max(slot.committed, source_->Passed(index)));
  }
}

std::vector<PartitionPosition> Intake::Positions() const {
  const std::lock_guard lock(positions_mutex_);
  std::vector<PartitionPosition> assigned = positions_;
  std::erase_if(assigned, [](const auto& position) { return position.partition.topic.empty(); });
  return assigned;
}

std::vector<PartitionHold> Intake::Stuck() const {
  std::vector<PartitionHold> stuck;
  for (const Slot& slot : slots_) {
    if (!slot.assigned || slot.stuck == Code::kNone) continue;
    stuck.push_back({slot.partition, slot.stuck, slot.stuck_reason});
  }
  return stuck;
}

}  // namespace fracas::pipeline
