#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "control/model.h"
#include "control/quarantine_filter.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/log.h"
#include "ports/log_tail.h"
#include "ports/state_store.h"

// Follows <group>.state into the store, the quarantine filter and snapshots: restore to the high watermark
// first, then for as long as the process lives. Order for each batch: filter, store, snapshot.

namespace fracas::control {

struct StateTailOptions {
  std::string group;
  std::string state_topic;
  StateStore* store = nullptr;
  LogTail* tail = nullptr;
  Admin* admin = nullptr;
  const Clock* clock = nullptr;
  LogSink log;
  int64_t delete_retention_ms = 0;  // of the topic: a store not advanced for half of it is rebuilt
  // Called after each new snapshot, on the tail's thread.
  std::function<void(std::shared_ptr<const Snapshot>)> changed;
};

class StateTail {
 public:
  explicit StateTail(StateTailOptions options);

  // Restores to the high watermark taken at its beginning (of everything, not of what a read_committed
  // reader sees), with progress in the log. Rebuilds by itself what is too old, foreign or damaged.
  // `keep_going` is asked between batches. kStop: another group's topic, a newer format, a full disk.
  Status Restore(const std::function<bool()>& keep_going);
  // One turn after Restore: applies what came, waits up to `wait_ms` for the first.
  Status Turn(int wait_ms);

  // --- Any thread ---
  std::shared_ptr<const Snapshot> snapshot() const;
  const QuarantineFilter& filter() const { return filter_; }
  // Restore: offsets read and to be read.
  Offset restored() const { return restored_.load(std::memory_order_relaxed); }
  Offset restore_target() const { return restore_target_.load(std::memory_order_relaxed); }
  // Monotonic clock of the last turn that reached the log's end or read something: an instance that cannot
  // follow for limits::kStateLagMsMax holds everything.
  int64_t followed_ms() const { return followed_ms_.load(std::memory_order_relaxed); }

 private:
  StateTailOptions options_;
  QuarantineFilter filter_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::atomic<Offset> restored_{0};
  std::atomic<Offset> restore_target_{0};
  std::atomic<int64_t> followed_ms_{0};
};

}  // namespace fracas::control
