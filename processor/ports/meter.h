#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "core/codes.h"
#include "core/outcome.h"

// Counters of the hot path: one cell per worker and stream, written by that worker's threads only with
// relaxed operations, folded when somebody scrapes. Only committed work is counted, so that the numbers
// are exact after an abort.

namespace fracas {

using MeterCounter = std::atomic<uint64_t>;

inline void Bump(MeterCounter* counter, uint64_t by = 1) {
  counter->fetch_add(by, std::memory_order_relaxed);
}

// The first bucket that ends at `value` or above it; bounds.size() is the one for what is longer.
template <size_t kCount>
constexpr size_t BucketOf(const std::array<int64_t, kCount>& bounds, int64_t value) {
  size_t bucket = 0;
  while (bucket < kCount && value > bounds[bucket]) ++bucket;
  return bucket;
}

// Upper ends of the buckets of latencies; one more bucket takes what is longer.
inline constexpr std::array<int64_t, 12> kLatencyBucketsMs = {
    100, 250, 500, 1'000, 2'500, 5'000, 10'000, 30'000, 60'000, 300'000, 1'800'000, 3'600'000};

struct alignas(64) StreamCell {
  std::string pipeline;  // constant after construction
  std::string stream;
  MeterCounter consumed{0};        // records of committed batches
  MeterCounter consumed_bytes{0};  // their keys and values
  MeterCounter published{0};
  MeterCounter dead_lettered{0};
  MeterCounter masked{0};
  MeterCounter observed{0};
  MeterCounter gap_offsets{0};     // offsets that carried no record (compaction, aborted, control)
  MeterCounter batches_published{0};
  MeterCounter batches_abandoned{0};
  MeterCounter would_hold{0};      // mode none: batches that would have been held
  MeterCounter proved{0};          // records that prove answered
  MeterCounter explained{0};       // records that went to explain
  std::array<MeterCounter, kCodeCount> failures{};  // failed records by code (Index), warnings too
  std::array<MeterCounter, kCodeCount> trips{};     // batches abandoned, by the code that did it (Index)
  MeterCounter replays_passed{0};  // replays with a ticket: published …
  MeterCounter replays_failed{0};  // … dead-lettered again …
  MeterCounter replays_parked{0};  // … or parked, at the stream's replay.count_max
  // Committed batches by how old their first record was then, by its Kafka timestamp.
  std::array<MeterCounter, kLatencyBucketsMs.size() + 1> latencies{};
  MeterCounter latency_ms{0};                  // sum
  std::atomic<int64_t> last_record_ms{0};      // wall time of the last committed round with records
  std::atomic<int64_t> last_event_time_ms{0};  // highest event time committed
  std::atomic<int64_t> lag{0};                 // sum over this worker's partitions, kept while held
  std::atomic<uint8_t> red{0};                 // 1 while the stream is RED on this instance
};

// How a transaction ended: ports/transaction.h CommitResult::Kind, by its value.
inline constexpr size_t kTransactionOutcomes = 5;
// Upper ends of the buckets of commit times; one more bucket takes what is longer.
inline constexpr std::array<int64_t, 10> kCommitBucketsMs = {10,  25,    50,    100,   250,
                                                             500, 1'000, 2'500, 5'000, 10'000};

struct alignas(64) WorkerCell {
  uint32_t worker = 0;
  MeterCounter rounds_committed{0};
  MeterCounter rounds_failed{0};
  MeterCounter rebalances{0};
  MeterCounter commit_micros{0};   // sum, with rounds_committed a mean
  MeterCounter judge_micros{0};
  std::array<MeterCounter, kTransactionOutcomes> transactions{};
  std::array<MeterCounter, kCommitBucketsMs.size() + 1> commits{};  // committed, by how long it took
  std::atomic<int64_t> progress_ms{0};  // monotonic stamp of the worker's last turn, for the watchdog
};

// Once for each transaction that has ended.
inline void CountTransaction(WorkerCell* cell, size_t outcome, bool committed, int64_t took_ms) {
  Bump(&cell->transactions[outcome]);
  if (committed) Bump(&cell->commits[BucketOf(kCommitBucketsMs, took_ms)]);
}

// Once for each committed batch with records.
inline void CountLatency(StreamCell* cell, int64_t latency_ms) {
  Bump(&cell->latencies[BucketOf(kLatencyBucketsMs, latency_ms)]);
  Bump(&cell->latency_ms, static_cast<uint64_t>(latency_ms));
}

// Owns the cells; they live as long as it does and never move. Adding takes a lock, reading cells does
// not need one.
class Meters {
 public:
  StreamCell* AddStream(std::string pipeline, std::string stream) {
    const std::lock_guard lock(mutex_);
    StreamCell& cell = streams_.emplace_back();
    cell.pipeline = std::move(pipeline);
    cell.stream = std::move(stream);
    return &cell;
  }
  WorkerCell* AddWorker(uint32_t worker) {
    const std::lock_guard lock(mutex_);
    WorkerCell& cell = workers_.emplace_back();
    cell.worker = worker;
    return &cell;
  }
  // Visits every cell under the lock.
  template <typename StreamVisitor, typename WorkerVisitor>
  void Visit(StreamVisitor&& stream, WorkerVisitor&& worker) const {
    const std::lock_guard lock(mutex_);
    for (const StreamCell& cell : streams_) stream(cell);
    for (const WorkerCell& cell : workers_) worker(cell);
  }

 private:
  mutable std::mutex mutex_;
  std::deque<StreamCell> streams_;
  std::deque<WorkerCell> workers_;
};

}  // namespace fracas
