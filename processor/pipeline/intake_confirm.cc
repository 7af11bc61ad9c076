// Is it still the topic that was read? The client library follows names: a topic that is deleted and made
// again under its name is read on at the old offset, and what lies before it would be passed over silently.

#include <utility>

#include "core/text.h"
#include "pipeline/intake.h"

namespace fracas::pipeline {

namespace {

// Deleting a topic interrupts what comes from it for longer than this; asking costs a busy stream nothing.
constexpr int64_t kSilenceMs = 200;

}  // namespace

// Only where nothing of the partition is on its way: an offset that is being committed is no answer.
void Intake::NoteSilence(Slot* slot) const {
  const int64_t now_ms = clock_->MonotonicMs();
  slot->silent |= slot->stands && slot->submitted == slot->committed && now_ms - slot->taken_ms > kSilenceMs;
  slot->taken_ms = now_ms;
}

Status Intake::Confirm(std::unique_ptr<Round>* round) {
  bool unsure = false;
  for (const Batch& batch : (*round)->batches()) {
    Slot& slot = slots_[batch.slot];
    if (!slot.silent) continue;
    const Result<CommittedOffset> at = source_->Committed(slot.partition);
    if (!at.ok()) {
      unsure = true;
      break;
    }
    slot.silent = false;
    if (at->offset != kNoOffset) continue;
    unsure = true;
    MarkStuck(batch.slot,
              {Code::kOffsetOutOfRange,
               Cat("the group's offset ", slot.committed, " of ", slot.partition.topic, "/",
                   slot.partition.partition,
                   " has vanished: the topic was recreated, or somebody deleted the offset. "
                   "`fracas offsets accept-loss --to earliest` begins the topic anew, `fracas breaker reset` "
                   "goes on at ", slot.committed),
               true});
  }
  return unsure ? GiveBack(std::move(*round)) : Status();
}

}  // namespace fracas::pipeline
