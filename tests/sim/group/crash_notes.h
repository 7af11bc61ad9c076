#pragma once

#include <algorithm>
#include <vector>

#include "ports/crash_log.h"

namespace fracas::sim {

// What of a worker's crash log survives its process.
struct CrashNotes {
  std::vector<CrashRange> deaths;
};

// A crash log in memory. Its worker dies where Die is called, and whatever it says while it falls
// is not written down any more.
class SimCrashLog : public CrashLog {
 public:
  // `notes` outlive it. `judging`: the log of whoever judges now; it outlives this too.
  SimCrashLog(CrashNotes* notes, SimCrashLog** judging) : notes_(notes), judging_(judging) {}
  ~SimCrashLog() override { End(); }

  std::vector<CrashRange> Deaths() const override { return notes_->deaths; }
  void Begin(const TopicPartition& source, Offset from, Offset to) override {
    range_ = {source, from, to, 0};
    *judging_ = this;
  }
  void At(Offset offset) override {
    range_.from = offset;
    range_.to = offset + 1;
  }
  void End() override {
    if (*judging_ == this) *judging_ = nullptr;
  }
  void Forget(const TopicPartition& source, Offset offset) override {
    std::erase_if(notes_->deaths, [&](const CrashRange& range) {
      return range.source == source && range.to <= offset;
    });
  }

  // A range that was being judged when its process died; one within another inherits its deaths.
  void Die() {
    *judging_ = nullptr;
    int32_t before = 0;
    for (const CrashRange& known : notes_->deaths) {
      const bool around =
          known.source == range_.source && known.from <= range_.from && range_.to <= known.to;
      if (around) before = std::max(before, known.deaths);
    }
    range_.deaths = before + 1;
    std::erase_if(notes_->deaths, [&](const CrashRange& known) {
      return known.source == range_.source && known.from == range_.from && known.to == range_.to;
    });
    notes_->deaths.push_back(range_);
  }
  const CrashRange& range() const { return range_; }

 private:
  CrashNotes* const notes_;
  SimCrashLog** const judging_;
  CrashRange range_;
};

}  // namespace fracas::sim
