#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "ports/clock.h"
#include "tests/sim/log_ports.h"

namespace fracas::sim {

struct Cluster;

// How much faster than the others a ledger's monotonic clock runs: what it does once a minute it
// does within a schedule.
inline constexpr int64_t kLedgerHaste = 20;

class HastyClock : public Clock {
 public:
  explicit HastyClock(const Clock* base) : base_(base) {}
  int64_t WallMs() const override { return base_->WallMs(); }
  int64_t MonotonicMs() const override { return base_->MonotonicMs() * kLedgerHaste; }

 private:
  const Clock* const base_;
};

// The state folder of a ledger. It survives processes, and may be lost or be another one's.
class LedgerFolder {
 public:
  MemoryStore store;

  // Retention takes [from, to): what of it the store has read is remembered as expired.
  void Take(const TopicPartition& partition, Offset from, Offset to);
  // What was taken from the topics after the store had read it. Nothing, if it was emptied since.
  std::map<TopicPartition, OffsetRanges> Taken() const;
  void CopyFrom(const LedgerFolder& other);

 private:
  std::map<TopicPartition, OffsetRanges> taken_;
  size_t wipes_ = 0;  // of the store, when taken_ was noted
};

// The ledger of one process, as app/state/ledger_plane.cc puts it together. Who calls it gives it
// turns.
class InstanceLedger {
 public:
  // They outlive it.
  InstanceLedger(const Cluster* cluster, const Clock* clock, LedgerFolder* folder);

  // As of Ledger::Turn; also kStop: it has said what is not so.
  Status Turn();
  // Whether it has read, and its store holds, all that is there.
  bool CaughtUp() const;
  const ledger::Ledger& ledger() const { return ledger_; }
  const LedgerFolder& folder() const { return *folder_; }

 private:
  ledger::LedgerOptions OptionsOf();
  void Hear(const LogEntry& entry);
  Status CheckComplete();

  const Cluster* const cluster_;
  const HastyClock clock_;
  LedgerFolder* const folder_;
  SimLogTail tail_;
  SimAdmin admin_;
  std::optional<size_t> complete_;          // the store's wipes when it was found to be complete
  std::string untrue_;                      // the first thing that it has said and that is not so
  std::map<TopicPartition, Offset> begun_;  // where the topics ended when it began
  ledger::Ledger ledger_;
};

}  // namespace fracas::sim
