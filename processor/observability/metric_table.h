#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "observability/metrics.h"
#include "ports/meter.h"

// The table behind AllMetrics: what each metric is and where its value comes from.

namespace fracas::observability {

// A stream's cells of all workers, folded.
struct StreamTotals {
  uint64_t consumed = 0;
  uint64_t consumed_bytes = 0;
  uint64_t published = 0;
  uint64_t dead_lettered = 0;
  uint64_t masked = 0;
  uint64_t observed = 0;
  uint64_t gap_offsets = 0;
  uint64_t batches_published = 0;
  uint64_t batches_abandoned = 0;
  uint64_t would_hold = 0;
  uint64_t proved = 0;
  uint64_t explained = 0;
  std::array<uint64_t, kCodeCount> failures{};
  std::array<uint64_t, kCodeCount> trips{};
  std::array<uint64_t, kLatencyBucketsMs.size() + 1> latencies{};
  uint64_t latency_ms = 0;
  uint64_t replays_passed = 0;
  uint64_t replays_failed = 0;
  uint64_t replays_parked = 0;
  int64_t last_record_ms = 0;
  int64_t last_event_time_ms = 0;
  int64_t lag = 0;
  bool red = false;
};

// All workers, folded.
struct WorkerTotals {
  uint64_t workers = 0;
  uint64_t rounds_committed = 0;
  uint64_t rounds_failed = 0;
  uint64_t rebalances = 0;
  uint64_t commit_micros = 0;
  uint64_t judge_micros = 0;
  std::array<uint64_t, kTransactionOutcomes> transactions{};
  std::array<uint64_t, kCommitBucketsMs.size() + 1> commits{};
  int64_t oldest_progress_wall_ms = 0;  // 0: no worker has made a turn yet
};

// What the kernel says of this process; zeros where it does not.
struct ProcessTotals {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double open_fds = 0;
  double start_seconds = 0;
};
ProcessTotals ReadProcess();

struct StreamMetric {
  MetricInfo info;
  double (*read)(const StreamTotals& totals);
  bool omit_zero = false;  // a time that is not known yet
};
struct WorkerMetric {
  MetricInfo info;
  double (*read)(const WorkerTotals& totals);
  bool omit_zero = false;
};
struct ProcessMetric {
  MetricInfo info;
  double (*read)(const ProcessTotals& totals);
};

struct BrokerMetric {
  MetricInfo info;
  double (*read)(const BrokerFacts::Broker& broker);
};

std::span<const StreamMetric> StreamMetrics();
std::span<const WorkerMetric> WorkerMetrics();
std::span<const ProcessMetric> ProcessMetrics();
// Series by a second label, one for each value that the reader gives.
struct ReplayOutcome {
  std::string_view outcome;
  uint64_t StreamTotals::*count;
};
std::span<const ReplayOutcome> ReplayOutcomes();
// By CommitResult::Kind.
std::span<const std::string_view> TransactionOutcomes();
std::span<const BrokerMetric> BrokerMetrics();
const MetricInfo& BrokersUpMetric();
const MetricInfo& LatencyMetric();
const MetricInfo& ThresholdMetric();
const MetricInfo& StreamInfoMetric();
const MetricInfo& CodeInfoMetric();
const MetricInfo& FailuresMetric();
const MetricInfo& TripsMetric();
const MetricInfo& ReplaysMetric();
const MetricInfo& TransactionsMetric();
const MetricInfo& CommitTimesMetric();
const MetricInfo& BuildMetric();
const MetricInfo& ConfigMetric();

}  // namespace fracas::observability
