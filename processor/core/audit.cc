#include "core/audit.h"

#include <algorithm>

namespace fracas {

AuditWindow::AuditWindow(int64_t window_ms)
    : window_ms_(window_ms),
      slot_ms_(std::max<int64_t>(1, window_ms / static_cast<int64_t>(kSlots))) {}

AuditWindow::Entry AuditWindow::Add(int64_t now_ms, const Classified& batch) {
  const Entry entry{now_ms / slot_ms_, batch.records, batch.failed()};
  Slot& slot = slots_[static_cast<size_t>(entry.slot) % slots_.size()];
  if (slot.number != entry.slot) slot = {entry.slot, 0, 0};
  slot.records += entry.records;
  slot.failed += entry.failed;
  return entry;
}

void AuditWindow::Remove(const Entry& entry) {
  Slot& slot = slots_[static_cast<size_t>(entry.slot) % slots_.size()];
  if (slot.number != entry.slot) return;
  slot.records -= entry.records;
  slot.failed -= entry.failed;
}

uint64_t AuditWindow::Records(int64_t now_ms) const {
  uint64_t sum = 0;
  const int64_t oldest = now_ms / slot_ms_ - static_cast<int64_t>(kSlots);
  for (const Slot& slot : slots_) sum += slot.number >= oldest ? slot.records : 0;
  return sum;
}

uint64_t AuditWindow::Failed(int64_t now_ms) const {
  uint64_t sum = 0;
  const int64_t oldest = now_ms / slot_ms_ - static_cast<int64_t>(kSlots);
  for (const Slot& slot : slots_) sum += slot.number >= oldest ? slot.failed : 0;
  return sum;
}

namespace {

Verdict::Reason Judge(const Thresholds& thresholds, const Classified& batch,
                      const Verdict& figures) {
  if (batch.held > 0) return Verdict::Reason::kHoldCode;
  // A batch without a failure of its own never trips, whatever the window remembers: it would be
  // abandoned for what others did, and again at each attempt.
  if (batch.failed() == 0) return Verdict::Reason::kPassed;
  if (thresholds.max_failed_records >= 0 &&
      figures.window_failed > static_cast<uint64_t>(thresholds.max_failed_records)) {
    return Verdict::Reason::kFailedRecords;
  }
  if (thresholds.max_failed_ratio >= 0 && figures.window_records >= thresholds.min_records &&
      static_cast<double>(figures.window_failed) >
          thresholds.max_failed_ratio * static_cast<double>(figures.window_records)) {
    return Verdict::Reason::kFailedRatio;
  }
  return Verdict::Reason::kPassed;
}

}  // namespace

Verdict Audit(const Thresholds& thresholds, const AuditWindow& window, const Classified& batch,
              const RecordColumns& records, Publishing publishing, int64_t now_ms) {
  Verdict verdict;
  for (const Outcome outcome : records.outcome) verdict.tally.Add(outcome);
  verdict.window_records = window.Records(now_ms) + batch.records;
  verdict.window_failed = window.Failed(now_ms) + batch.failed();
  verdict.reason = Judge(thresholds, batch, verdict);
  switch (verdict.reason) {
    case Verdict::Reason::kPassed:
      return verdict;
    case Verdict::Reason::kHoldCode:
      verdict.record = batch.first_held;
      verdict.code = records.code[batch.first_held];
      break;
    case Verdict::Reason::kFailedRatio:
    case Verdict::Reason::kFailedRecords:
    case Verdict::Reason::kSystem:
      verdict.code = Code::kQualityGateFailed;
      break;
  }
  const bool observe = publishing == Publishing::kObserve;
  verdict.action = observe ? Verdict::Action::kPublish : Verdict::Action::kAbandon;
  verdict.would_hold = observe;
  return verdict;
}

}  // namespace fracas
