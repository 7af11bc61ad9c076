// Rounds that only report: what is due, and what becomes of a partition when it was told.

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/text.h"
#include "pipeline/intake.h"

namespace fracas::pipeline {

BatchKind Intake::DueReport(const Slot& slot) const {
  if (!slot.stream || slot.tripping || !view_->lagging().empty()) return BatchKind::kRecords;
  const StreamControl& control = view_->control(*slot.stream);
  // Ordered where the partition stands: an order about another place is outdated. It may lead back, where
  // the topic was recreated.
  const state::AcceptedLoss* loss = control.Loss(slot.partition);
  if (loss != nullptr && loss->from == slot.committed && loss->to != loss->from) return BatchKind::kLoss;
  // The source takes offsets also where an output is missing; where it is gone itself, nothing can begin.
  const bool takes_offsets = slot.stuck == Code::kNone || slot.stuck_fences || slot.lacks_output;
  if (slot.begins && takes_offsets) return BatchKind::kBegin;
  // Committed with its fact, which the control topic may have lost since: it is told again, or nobody could
  // reset what the authority takes for GREEN. Whoever knows it already takes it for a repetition.
  if (slot.recalled && control.trips.contains(slot.partition)) return BatchKind::kRecalled;
  const state::PendingRange* range = control.Probed(slot.partition);
  if (range != nullptr && slot.committed >= range->to) {
    const bool told = slot.passed_from == range->from && slot.passed_attempt == range->attempt;
    return told ? BatchKind::kRecords : BatchKind::kPassed;
  }
  // While the stream is RED nothing of it is written; it is told when it tries to go on. Mode none has no
  // breaker.
  const bool trips = slot.stuck_unreported && plan_of(slot).mode == PublishMode::kCopy;
  return trips && !control.red() ? BatchKind::kStuck : BatchKind::kRecords;
}

std::unique_ptr<Round> Intake::TakeReports() {
  std::unique_ptr<Round> round;
  for (PartitionSlot i = 0; i < slots_.size(); ++i) {
    const BatchKind kind = slots_[i].assigned ? DueReport(slots_[i]) : BatchKind::kRecords;
    if (kind == BatchKind::kRecords) continue;
    if (round == nullptr && (round = pool_->Take()) == nullptr) return nullptr;
    AddReport(i, kind, round.get());
  }
  if (round == nullptr) return nullptr;
  round->lease = source_->NewLease();
  round->epoch = epoch_;
  round->view = view_;
  round->wall_ms = clock_->WallMs();
  round->monotonic_ms = clock_->MonotonicMs();
  return round;
}

void Intake::AddReport(PartitionSlot index, BatchKind kind, Round* round) {
  const Slot& slot = slots_[index];
  const StreamControl& control = view_->control(*slot.stream);
  Batch* batch = round->AddBatch();
  batch->kind = kind;
  batch->slot = index;
  batch->id = {*slot.stream, slot.partition, slot.committed, slot.committed,
               slot.tried.AttemptAt(slot.committed)};
  batch->topic_partitions = slot.topic_partitions;
  batch->fences_with_offset = slot.stuck == Code::kNone || slot.stuck_fences;
  switch (kind) {
    case BatchKind::kRecords:
    case BatchKind::kPassed:
      return;
    case BatchKind::kBegin:
      batch->fences_with_offset = true;
      return;
    case BatchKind::kRecalled:
      batch->fences_with_offset = false;  // the note must stay; a repetition harms nobody
      return;
    case BatchKind::kLoss:
      batch->id.to = control.Loss(slot.partition)->to;
      // What a recreated topic has lost nobody knows.
      batch->gaps = static_cast<uint64_t>(std::max<Offset>(0, batch->id.to - batch->id.from));
      batch->verdict.code = Code::kOffsetOutOfRange;
      batch->trouble = Cat("the partition goes on at ", batch->id.to, " instead of ", batch->id.from,
                           ": ", control.Loss(slot.partition)->who, " has accepted the loss (",
                           control.Loss(slot.partition)->why, ")");
      return;
    case BatchKind::kStuck:
      batch->verdict.action = Verdict::Action::kAbandon;
      batch->verdict.reason = Verdict::Reason::kSystem;
      batch->verdict.code = slot.stuck;
      batch->trouble = slot.stuck_reason;
      return;
  }
}

void Intake::OutputFound(PartitionSlot index) {
  if (!slots_[index].lacks_output) return;
  Unstick(&slots_[index]);
  changed_ = true;
}

void Intake::Unstick(Slot* slot) {
  if (slot->stuck == Code::kNone) return;
  slot->stuck = Code::kNone;
  slot->stuck_reason.clear();
  slot->stuck_unreported = slot->stuck_told = slot->lacks_output = false;
  slot->stuck_fences = true;
  ++stuck_changes_;
}

Status Intake::CommitReport(const Batch& batch, const Round& round) {
  Slot& slot = slots_[batch.slot];
  changed_ = true;
  switch (batch.kind) {
    case BatchKind::kRecords:
    case BatchKind::kBegin:
      return {};
    case BatchKind::kStuck:
      slot.stuck_unreported = false;
      slot.stuck_told = true;
      slot.tried.Add(batch.id.from, batch.id.to, batch.id.attempt);
      return {};
    case BatchKind::kRecalled:
      slot.recalled = false;
      return {};
    case BatchKind::kPassed:
      // Let go: if its trouble is still there, the source will say so again.
      NotePassed(batch, round);
      Unstick(&slot);
      return {};
    case BatchKind::kLoss:
      Unstick(&slot);
      if (batch.id.to < batch.id.from) slot.tried = {};  // offsets begin anew
      slot.committed = slot.submitted = batch.id.to;
      return MoveTo(batch.slot, batch.id.to);
  }
  return {};
}

}  // namespace fracas::pipeline
