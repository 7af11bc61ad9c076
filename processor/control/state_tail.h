#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/model.h"
#include "control/quarantine_filter.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/log.h"
#include "ports/log_tail.h"
#include "ports/state_store.h"

// Follows <group>.state into the store, the quarantine filter and snapshots: restore to the high
// watermark first, then for as long as the process lives. Order for each batch: filter, store,
// snapshot.

namespace fracas::control {

struct StateTailOptions {
  std::string group;
  std::string state_topic;
  StateStore* store = nullptr;
  LogTail* tail = nullptr;
  Admin* admin = nullptr;
  const Clock* clock = nullptr;
  LogSink log;
  int64_t delete_retention_ms =
      0;  // of the topic: a store not advanced for half of it is rebuilt; 0: never
  // Called after each new snapshot, on the tail's thread. May be empty.
  std::function<void(std::shared_ptr<const Snapshot>)> changed;
};

class StateTail {
 public:
  explicit StateTail(StateTailOptions options);

  // Restores to the high watermark taken at its beginning (of everything, not of what a
  // read_committed reader sees), with progress in the log. Rebuilds by itself, from the topic, a
  // store that is too old, has another genesis or stands where the topic has no such offset.
  // `keep_going` is asked between batches. kStop: another group's topic, one without a genesis, a
  // newer format, a full disk, told to end.
  Status Restore(const std::function<bool()>& keep_going);
  // One turn after Restore: applies what came, waits up to `wait_ms` for the first. A failure is
  // for good: the topic is not what it was, or cannot be read, the store has failed, or the machine
  // slept for so long that the next start has to read everything anew.
  Status Turn(int wait_ms);
  // The next Turn asks for the log's end, so that followed_ms is as new as it can be. Turn's thread.
  void AskEnd() { ask_end_ms_ = 0; }

  // --- Any thread ---
  std::shared_ptr<const Snapshot> snapshot() const;  // never null
  const QuarantineFilter& filter() const { return filter_; }
  // Restore: offsets read and to be read.
  Offset restored() const { return restored_.load(std::memory_order_relaxed); }
  Offset restore_target() const { return restore_target_.load(std::memory_order_relaxed); }
  // Monotonic clock of the last moment at which everything that was in the log then is known to be
  // followed: an instance that cannot follow for limits::kStateLagMsMax holds everything. Open
  // transactions count as not followed. In steady flow up to limits::kStateEndEveryMs old.
  int64_t followed_ms() const { return followed_ms_.load(std::memory_order_relaxed); }

 private:
  // What one poll has brought: the last value of each key, with the offset it was read at.
  struct Batch {
    std::vector<StateChange> changes;
    std::vector<Offset> offsets;  // parallel
    std::unordered_map<std::string, size_t> index;
    void Put(const ConsumedRecord& record);
    void Clear();
  };

  Result<Watermarks> AskEnds(const std::function<bool()>& keep_going);
  Status FollowFrom(Offset from, const std::function<bool()>& keep_going);
  // Where to restore from: the store's position, or `low` after everything in it was thrown away.
  Result<Offset> Begin(const Watermarks& ends, const std::function<bool()>& keep_going);
  std::string WhyRebuild(const Watermarks& ends) const;
  // The genesis that the topic begins with; null when it is empty up to `high`.
  Result<std::shared_ptr<const state::Genesis>> ReadGenesis(
      const Watermarks& ends, const std::function<bool()>& keep_going);
  Status CheckGenesis(const state::Genesis& genesis) const;
  Result<std::shared_ptr<const state::Genesis>> StoredGenesis() const;
  Status ReadUntil(Offset target, const std::function<bool()>& keep_going);
  // Filter and snapshot out of everything that the store holds.
  Status Build();
  Status ApplyBatch(Offset position);
  void AddToFilter();
  Status RebuildFilter();
  // Looks for the oldest entries where they went, after a while.
  Status FindOldest();
  Status FoldBatch(Offset position, std::shared_ptr<const Snapshot>* next);
  void Publish(std::shared_ptr<const Snapshot> next);
  Status Follow(Offset position);
  // Away for so long that deletions may be compacted away: a Stop status.
  Status CheckAge();
  void Log(LogLevel level, std::string_view event, std::string message) const;
  std::string Place(Offset offset) const;  // "topic x, partition 0, offset 7: "

  const StateTailOptions options_;
  const TopicPartition partition_;
  QuarantineFilter filter_;
  Batch batch_;
  Offset end_ = INT64_MAX;  // of the log, asked for at `end_asked_ms_`
  int64_t end_asked_ms_ = 0;
  int64_t ask_end_ms_ = 0;  // when it is asked for next
  int64_t followed_wall_ms_ = 0;  // as followed_ms_, by the clock that also runs while the machine sleeps
  int64_t find_oldest_ms_ = 0;  // monotonic: not before
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;  // guarded by mutex_
  std::atomic<Offset> restored_{0};
  std::atomic<Offset> restore_target_{0};
  std::atomic<int64_t> followed_ms_{0};
};

}  // namespace fracas::control
