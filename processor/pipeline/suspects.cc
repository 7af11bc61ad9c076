#include "pipeline/suspects.h"

#include <algorithm>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::pipeline {

namespace {

bool Touches(const CrashRange& range, const TopicPartition& source, Offset from, Offset to) {
  return range.source == source && range.to > from && range.from < to;
}

}  // namespace

Suspects::Suspects(CrashLog* log, const std::vector<CrashRange>& others, JudgingGate* gate)
    : log_(log), gate_(gate) {
  if (log_ == nullptr) return;
  ranges_ = log_->Deaths();
  ranges_.insert(ranges_.end(), others.begin(), others.end());
}

void Suspects::Take(Lock lock) {
  if (gate_ != nullptr && lock_ == Lock::kBesides) gate_->LeaveBesides();
  if (gate_ != nullptr && lock_ == Lock::kAlone) gate_->LeaveAlone();
  lock_ = lock;
  if (gate_ != nullptr && lock_ == Lock::kBesides) gate_->EnterBesides();
  if (gate_ != nullptr && lock_ == Lock::kAlone) gate_->EnterAlone();
}

void Suspects::End() {
  if (log_ == nullptr) return;
  log_->End();
  Take(Lock::kNone);
}

void Suspects::Begin(Batch* batch) {
  if (log_ == nullptr) return;
  for (const CrashRange& range : ranges_) {
    if (!Touches(range, batch->id.source, batch->id.from, batch->id.to)) continue;
    const bool found = range.to == range.from + 1 && range.deaths >= limits::kPoisonDeathsMax;
    if (found) {
      MaskPoison(range, batch);
    } else {
      batch->watch = log_;
    }
  }
  if (batch->records.size() == 0) return;  // a range of gaps
  Take(batch->watch == nullptr ? Lock::kBesides : Lock::kAlone);
  log_->Begin(batch->id.source, batch->id.from, batch->id.to);
}

void Suspects::Begin(const TopicPartition& source, Offset offset) {
  if (log_ == nullptr) return;
  const bool alone = std::any_of(ranges_.begin(), ranges_.end(), [&](const CrashRange& range) {
    return Touches(range, source, offset, offset + 1);
  });
  Take(alone ? Lock::kAlone : Lock::kBesides);
  log_->Begin(source, offset, offset + 1);
}

void Suspects::MaskPoison(const CrashRange& range, Batch* batch) const {
  const std::vector<Offset>& offsets = batch->records.offset;
  const auto found = std::lower_bound(offsets.begin(), offsets.end(), range.from);
  if (found == offsets.end() || *found != range.from) return;
  const auto index = static_cast<uint32_t>(found - offsets.begin());
  const auto at = std::lower_bound(
      batch->masked.begin(), batch->masked.end(), index,
      [](const MaskedRecord& masked, uint32_t wanted) { return masked.record < wanted; });
  if (at != batch->masked.end() && at->record == index) return;  // the authority has made an entry of it
  batch->masked.insert(
      at, {index, Code::kPoisonRecord,
           Cat("its worker died ", range.deaths, " times when it came to this record; it was not looked "
               "at again and is isolated by its coordinates. Keep its bytes and report them together "
               "with the worker's log; `fracas check` tells whether the document itself is to blame"),
           /*poison=*/true, /*unread=*/true});
}

void Suspects::Committed(const Round& round) {
  if (ranges_.empty()) return;
  for (const Batch& batch : round.batches()) {
    if (!batch.published()) continue;
    const auto passed = [&](const CrashRange& range) {
      return range.source == batch.id.source && range.to <= batch.id.to;
    };
    if (std::erase_if(ranges_, passed) > 0) log_->Forget(batch.id.source, batch.id.to);
  }
}

}  // namespace fracas::pipeline
