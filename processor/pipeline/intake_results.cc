// What became of rounds: positions move, go back, or stay where a batch was abandoned.

#include <utility>

#include "core/check.h"
#include "core/text.h"
#include "pipeline/intake.h"

namespace fracas::pipeline {

Status Intake::Stop(Round* round) {
  for (Batch& batch : round->batches()) {
    Slot& slot = slots_[batch.slot];
    FRACAS_CHECK(batch.id.from == slot.submitted,
                 Cat(ToString(batch.id), " does not follow ", slot.submitted));
    if (batch.published()) {
      slot.submitted = batch.id.to;
      batch.counted = slot.window.Add(round->monotonic_ms, batch.classified);
      batch.window_number = slot.window_number;
      batch.in_window = true;
      continue;
    }
    slot.tripping = true;
    slot.position = batch.id.from;
    if (Status held = source_->Hold(batch.slot, batch.id.from); !held.ok()) return held;
    slot.held = true;
  }
  return {};
}

Status Intake::Commit(const Round& round) {
  if (!is_current(round)) return {};
  for (const Batch& batch : round.batches()) {
    Slot& slot = slots_[batch.slot];
    FRACAS_CHECK(slot.assigned && slot.committed == batch.id.from,
                 Cat(ToString(batch.id), " does not begin at the committed offset ",
                     slot.committed));
    if (batch.kind != BatchKind::kRecords) {
      if (Status reported = CommitReport(batch, round); !reported.ok()) return reported;
    } else if (batch.published()) {
      slot.committed = batch.id.to;
      NotePassed(batch, round);
    } else {
      slot.tripping = slot.stuck_unreported = false;
      slot.tried.Add(batch.id.from, batch.id.to, batch.id.attempt);
      changed_ = true;
    }
    slot.stands |= batch.fences_with_offset;
    slot.begins &= !slot.stands;
    SharePosition(batch.slot, slot.committed);
    // Whatever it had to show is shown: a rest that fails again is isolated again.
    if (!isolated_.empty() && isolated_.front().slot == batch.slot) PopIsolated();
  }
  return {};
}

void Intake::NotePassed(const Batch& batch, const Round& round) {
  const auto* range = round.view->control(batch.id.stream).Probed(batch.id.source);
  if (range == nullptr || batch.id.to < range->to) return;
  slots_[batch.slot].passed_from = range->from;
  slots_[batch.slot].passed_attempt = range->attempt;
  changed_ = true;
}

void Intake::Forget(const Round& round) {
  if (!is_current(round)) return;
  for (const Batch& batch : round.batches()) {
    Slot& slot = slots_[batch.slot];
    if (batch.in_window && batch.window_number == slot.window_number) {
      slot.window.Remove(batch.counted);
    }
  }
}

Status Intake::Rewind() {
  changed_ = true;
  if (Status dropped = DropFilling(); !dropped.ok()) return dropped;
  for (PartitionSlot i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (!slot.assigned) continue;
    slot.tripping = false;
    slot.submitted = slot.committed;
    if (Status moved = MoveTo(i, slot.committed); !moved.ok()) return moved;
  }
  return {};
}

Status Intake::DropFilling() {
  if (filling_ == nullptr) return {};
  full_ = false;
  for (const Batch& batch : filling_->batches()) slots_[batch.slot].batch = SIZE_MAX;
  return GiveBack(std::move(filling_));
}

Status Intake::GiveBack(std::unique_ptr<Round> round) {
  Status status;
  for (const Batch& batch : round->batches()) {
    if (status.ok()) status = MoveTo(batch.slot, batch.id.from);
  }
  pool_->Return(std::move(round));
  return status;
}

Status Intake::MoveTo(PartitionSlot index, Offset offset) {
  Slot& slot = slots_[index];
  if (slot.position == offset) return {};
  slot.position = offset;
  return slot.held ? source_->Hold(index, offset) : source_->Seek(index, offset);
}

void Intake::Isolate(const Round& round) {
  isolated_.clear();
  for (const Batch& batch : round.batches()) isolated_.push_back({batch.slot, batch.id.to});
  isolated_since_ms_ = clock_->MonotonicMs();
  changed_ = true;
}

}  // namespace fracas::pipeline
