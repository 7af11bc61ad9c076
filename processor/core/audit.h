#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/classify.h"
#include "core/codes.h"
#include "core/outcome.h"
#include "core/record.h"

// The audit: may this batch be published? Judged in memory before anything is written. Pure; time is an
// argument.

namespace fracas {

// Too many rejected records within a rolling window of one partition turn dead letters into a hold.
struct Thresholds {
  int64_t window_ms = 300'000;
  double max_failed_ratio = -1;      // < 0: off. Trips when failed / records > this …
  uint64_t min_records = 0;          // … and the window has at least so many records
  int64_t max_failed_records = -1;   // < 0: off. Trips when failed > this
};

// What of the recent past counts: attempts that were published. Slots of window_ms / kSlots, so a count
// leaves between window_ms and window_ms + one slot after it came. One per stream and partition.
class AuditWindow {
 public:
  static constexpr size_t kSlots = 30;

  // Names what Add counted, for Remove.
  struct Entry {
    int64_t slot = 0;
    uint64_t records = 0;
    uint64_t failed = 0;
  };

  AuditWindow() : AuditWindow(300'000) {}
  explicit AuditWindow(int64_t window_ms);
  // As it was made.
  int64_t window_ms() const { return window_ms_; }

  // Counts a published attempt at `now_ms` (a clock that never goes back).
  Entry Add(int64_t now_ms, const Classified& batch);
  // Takes it back: its transaction did not commit. No-op when its slot has left the window.
  void Remove(const Entry& entry);
  uint64_t Records(int64_t now_ms) const;
  uint64_t Failed(int64_t now_ms) const;

 private:
  struct Slot {
    int64_t number = -1;
    uint64_t records = 0;
    uint64_t failed = 0;
  };
  int64_t window_ms_;
  int64_t slot_ms_;
  std::array<Slot, kSlots + 1> slots_;
};

struct Verdict {
  enum class Action : uint8_t { kPublish, kAbandon };
  enum class Reason : uint8_t {
    kPassed,
    kHoldCode,       // a record has a code with disposition hold
    kFailedRatio,    // audit.max_failed_ratio
    kFailedRecords,  // audit.max_failed_records
    kSystem,         // not its records: an output topic refuses, a source partition is stuck
  };
  Action action = Action::kPublish;
  Reason reason = Reason::kPassed;
  Code code = Code::kNone;     // why it is abandoned (kObserve: would be)
  size_t record = kNoRecord;   // kHoldCode: the first record with such a code
  uint64_t window_records = 0;  // the figures that the thresholds saw, this batch included
  uint64_t window_failed = 0;
  bool would_hold = false;     // kObserve: published although it would have been held
  Tally tally;                 // every record's outcome; sums to the batch's records
};

// A hold code abandons the batch; so do the thresholds, over the window with this batch in it (code
// QUALITY_GATE_FAILED). With kObserve the action is always kPublish and `would_hold` tells the rest. Does
// not change the window: the caller adds the batch when it publishes it.
Verdict Audit(const Thresholds& thresholds, const AuditWindow& window, const Classified& batch,
              const RecordColumns& records, Publishing publishing, int64_t now_ms);

}  // namespace fracas
