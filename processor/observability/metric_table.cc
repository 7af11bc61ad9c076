#include "observability/metric_table.h"

#include <array>

#include "core/text.h"
#include "observability/control_table.h"

namespace fracas::observability {

namespace {

constexpr MetricType kCounter = MetricType::kCounter;
constexpr MetricType kGauge = MetricType::kGauge;

double Seconds(int64_t ms) { return static_cast<double>(ms) / 1'000; }
double Count(uint64_t count) { return static_cast<double>(count); }

using S = const StreamTotals&;
const std::array kStreamMetrics = {
    StreamMetric{{"fracas_records_consumed_total", kCounter, "stream", "records",
                  "Records of committed batches, as consumed."},
                 [](S s) { return Count(s.consumed); }},
    StreamMetric{{"fracas_consumed_bytes_total", kCounter, "stream", "bytes",
                  "Key and value bytes of the records consumed."},
                 [](S s) { return Count(s.consumed_bytes); }},
    StreamMetric{{"fracas_records_published_total", kCounter, "stream", "records",
                  "Records copied to the published topic."},
                 [](S s) { return Count(s.published); }},
    StreamMetric{{"fracas_records_dead_lettered_total", kCounter, "stream", "records",
                  "Records rejected and written to the dead-letter topic."},
                 [](S s) { return Count(s.dead_lettered); }},
    StreamMetric{
        {"fracas_records_masked_total", kCounter, "stream", "records",
         "Quarantined records, written to the dead-letter topic instead of being published."},
        [](S s) { return Count(s.masked); }},
    StreamMetric{{"fracas_records_observed_total", kCounter, "stream", "records",
                  "Records looked at without publishing (mode none)."},
                 [](S s) { return Count(s.observed); }},
    StreamMetric{
        {"fracas_conservation_error_records", kGauge, "stream", "records",
         "Consumed minus published, dead-lettered, masked and observed. Anything but 0 for more "
         "than a scrape is a bug: nothing may be lost or counted twice."},
        [](S s) {
          return Count(s.consumed) - Count(s.published) - Count(s.dead_lettered) - Count(s.masked) -
                 Count(s.observed);
        }},
    StreamMetric{
        {"fracas_gap_offsets_total", kCounter, "stream", "offsets",
         "Offsets that carried no record (compaction, transaction markers, aborted writes)."},
        [](S s) { return Count(s.gap_offsets); }},
    StreamMetric{{"fracas_batches_published_total", kCounter, "stream", "batches",
                  "Batches whose audit passed."},
                 [](S s) { return Count(s.batches_published); }},
    StreamMetric{{"fracas_batches_abandoned_total", kCounter, "stream", "batches",
                  "Batches whose audit failed: nothing of them was published."},
                 [](S s) { return Count(s.batches_abandoned); }},
    StreamMetric{{"fracas_batches_would_hold_total", kCounter, "stream", "batches",
                  "Batches of a stream in mode none that mode copy would have held."},
                 [](S s) { return Count(s.would_hold); }},
    StreamMetric{{"fracas_records_proved_total", kCounter, "stream", "records",
                  "Records found valid by the fast reader."},
                 [](S s) { return Count(s.proved); }},
    StreamMetric{{"fracas_records_explained_total", kCounter, "stream", "records",
                  "Records that went to the complete evaluator: a speed figure, not a fault."},
                 [](S s) { return Count(s.explained); }},
    StreamMetric{{"fracas_last_record_timestamp_seconds", kGauge, "stream", "seconds since 1970",
                  "When the last round with records of this stream was committed."},
                 [](S s) { return Seconds(s.last_record_ms); },
                 true},
    StreamMetric{{"fracas_last_event_time_timestamp_seconds", kGauge, "stream",
                  "seconds since 1970", "The highest event time in a committed record."},
                 [](S s) { return Seconds(s.last_event_time_ms); },
                 true},
    StreamMetric{
        {"fracas_lag_records", kGauge, "stream", "records",
         "Offsets between the committed position and the end of the partitions that this instance "
         "has; kept up to date while the stream is held."},
        [](S s) { return static_cast<double>(s.lag); }},
    StreamMetric{{"fracas_stream_red", kGauge, "stream", "0 or 1",
                  "1 while the stream is stopped (RED) on this instance."},
                 [](S s) { return s.red ? 1.0 : 0.0; }},
};

using W = const WorkerTotals&;
const std::array kWorkerMetrics = {
    WorkerMetric{{"fracas_workers", kGauge, "", "threads", "Worker threads of this instance."},
                 [](W w) { return Count(w.workers); }},
    WorkerMetric{{"fracas_rounds_committed_total", kCounter, "", "rounds",
                  "Rounds whose transaction was committed."},
                 [](W w) { return Count(w.rounds_committed); }},
    WorkerMetric{{"fracas_rounds_failed_total", kCounter, "", "rounds",
                  "Rounds whose transaction failed; they were judged again."},
                 [](W w) { return Count(w.rounds_failed); }},
    WorkerMetric{{"fracas_rebalances_total", kCounter, "", "rebalances",
                  "Assignments of partitions to this instance's workers."},
                 [](W w) { return Count(w.rebalances); }},
    WorkerMetric{{"fracas_commit_seconds_total", kCounter, "", "seconds",
                  "Time from begin to committed, summed over rounds."},
                 [](W w) { return Count(w.commit_micros) / 1e6; }},
    WorkerMetric{{"fracas_judge_seconds_total", kCounter, "", "seconds",
                  "Time that workers spent on judging records, summed over rounds."},
                 [](W w) { return Count(w.judge_micros) / 1e6; }},
    WorkerMetric{
        {"fracas_worker_progress_timestamp_seconds", kGauge, "", "seconds since 1970",
         "When the worker that has been silent longest made its last turn: more than a minute ago "
         "means that it is stuck."},
        [](W w) { return Seconds(w.oldest_progress_wall_ms); },
        true},
};

using P = const ProcessTotals&;
const std::array kProcessMetrics = {
    ProcessMetric{{"process_cpu_seconds_total", kCounter, "", "seconds",
                   "User and system time of the process."},
                  [](P p) { return p.cpu_seconds; }},
    ProcessMetric{{"process_resident_memory_bytes", kGauge, "", "bytes", "Resident memory."},
                  [](P p) { return p.resident_bytes; }},
    ProcessMetric{{"process_open_fds", kGauge, "", "descriptors", "Open file descriptors."},
                  [](P p) { return p.open_fds; }},
    ProcessMetric{{"process_start_time_seconds", kGauge, "", "seconds since 1970",
                   "When the process started."},
                  [](P p) { return p.start_seconds; }},
};

constexpr MetricInfo kFailures = {"fracas_failures_total", kCounter, "stream, code", "records",
                                  "Failed records by failure code (schemas/FAILURE_CODES.md), "
                                  "warnings included. A series begins with "
                                  "the first failure of its code."};
constexpr MetricInfo kTrips = {"fracas_trips_total", kCounter, "stream, code", "batches",
                               "Batches of this instance that stopped their stream, by the failure code that "
                               "did it. A series begins with the first of its code."};
constexpr MetricInfo kReplays = {"fracas_replays_total", kCounter, "stream, outcome", "records",
                                 "Replays with a ticket: passed (published), failed (a dead letter again), "
                                 "parked (failed as often as the stream allows)."};
constexpr MetricInfo kTransactions = {
    "fracas_transactions_total", kCounter, "outcome", "transactions",
    "How the transactions of rounds ended: committed, not_committed (judged again), topic_refused (their "
    "stream is stopped), unknown (in doubt until the group was asked), fenced (another producer took the "
    "id)."};
constexpr MetricInfo kCommitTimes = {"fracas_commit_duration_seconds", MetricType::kHistogram, "", "seconds",
                                     "From begin to committed, of each round that was committed."};
constexpr MetricInfo kLatency = {
    "fracas_publish_latency_seconds", MetricType::kHistogram, "stream", "seconds",
    "How old a batch's first record was, by its Kafka timestamp, when the batch was committed."};
constexpr MetricInfo kThreshold = {
    "fracas_alert_threshold", kGauge, "stream, alert", "as its name says",
    "What the stream's configuration says under `alerts` and `freshness`, for rules to compare with: "
    "dead_letters_warning, dead_letters_critical, pass_ratio, no_data_seconds (freshness.max_silence), "
    "red_unattended_seconds. Absent: off."};
constexpr MetricInfo kStreamInfo = {
    "fracas_stream_info", kGauge, "stream, mode, source_owner, destination_owner, platform_owner", "1",
    "Who is told of what: owners as configured, \"\" where there is none."};
constexpr MetricInfo kCodeInfo = {"fracas_code_info", kGauge, "code, origin, failure_type, retryable", "1",
                                  "What a failure code means, to join with series by code."};
constexpr MetricInfo kBrokersUp = {"fracas_brokers_up", kGauge, "", "brokers",
                                   "Brokers to which this instance has a connection."};
using K = const BrokerFacts::Broker&;
const std::array kBrokerMetrics = {
    BrokerMetric{{"fracas_broker_round_trip_seconds", kGauge, "broker", "seconds",
                  "Mean time until the broker answered, of the client that waited longest; over the last "
                  "seconds. Fetches wait for records."},
                 [](K k) { return k.round_trip_seconds; }},
    BrokerMetric{{"fracas_broker_throttle_seconds", kGauge, "broker", "seconds",
                  "Mean time for which the broker's quotas made this instance wait, over the last seconds."},
                 [](K k) { return k.throttle_seconds; }},
    BrokerMetric{{"fracas_broker_errors_total", kCounter, "broker", "errors",
                  "Requests to the broker that failed or timed out, and connections that were lost."},
                 [](K k) { return Count(k.errors); }},
};
constexpr std::array kReplayOutcomes = {ReplayOutcome{"passed", &StreamTotals::replays_passed},
                                        ReplayOutcome{"failed", &StreamTotals::replays_failed},
                                        ReplayOutcome{"parked", &StreamTotals::replays_parked}};
constexpr std::array<std::string_view, kTransactionOutcomes> kOutcomes = {
    "committed", "not_committed", "topic_refused", "unknown", "fenced"};
constexpr MetricInfo kBuild = {"fracas_build_info", kGauge, "version, a label for each library",
                               "1", "What runs: the program's version and its libraries'."};
constexpr MetricInfo kConfig = {"fracas_config_info", kGauge, "sha256, group", "1",
                                "The configuration in effect, but for what is an instance's own "
                                "(its name, workers, roles, listeners, folders, connection): "
                                "equal in all instances of a group."};

}  // namespace

std::span<const StreamMetric> StreamMetrics() { return kStreamMetrics; }
std::span<const WorkerMetric> WorkerMetrics() { return kWorkerMetrics; }
std::span<const ProcessMetric> ProcessMetrics() { return kProcessMetrics; }
std::span<const BrokerMetric> BrokerMetrics() { return kBrokerMetrics; }
const MetricInfo& BrokersUpMetric() { return kBrokersUp; }
const MetricInfo& LatencyMetric() { return kLatency; }
const MetricInfo& ThresholdMetric() { return kThreshold; }
const MetricInfo& StreamInfoMetric() { return kStreamInfo; }
const MetricInfo& CodeInfoMetric() { return kCodeInfo; }
const MetricInfo& FailuresMetric() { return kFailures; }
const MetricInfo& TripsMetric() { return kTrips; }
const MetricInfo& ReplaysMetric() { return kReplays; }
const MetricInfo& TransactionsMetric() { return kTransactions; }
const MetricInfo& CommitTimesMetric() { return kCommitTimes; }
std::span<const ReplayOutcome> ReplayOutcomes() { return kReplayOutcomes; }
std::span<const std::string_view> TransactionOutcomes() { return kOutcomes; }
const MetricInfo& BuildMetric() { return kBuild; }
const MetricInfo& ConfigMetric() { return kConfig; }

std::vector<MetricInfo> AllMetrics() {
  std::vector<MetricInfo> all;
  for (const StreamMetric& each : StreamMetrics()) all.push_back(each.info);
  all.push_back(kFailures);
  all.push_back(kTrips);
  all.push_back(kLatency);
  all.push_back(kReplays);
  // Rows of one metric stand together.
  const auto add_once = [&](const MetricInfo& info) {
    if (all.back().name != info.name) all.push_back(info);
  };
  for (const StreamFactMetric& each : StreamFactMetrics()) add_once(each.info);
  for (const ControlMetric& each : ControlMetrics()) add_once(each.info);
  for (const WorkerMetric& each : WorkerMetrics()) all.push_back(each.info);
  all.push_back(kTransactions);
  all.push_back(kCommitTimes);
  for (const BrokerMetric& each : BrokerMetrics()) all.push_back(each.info);
  all.push_back(kBrokersUp);
  all.push_back(kThreshold);
  all.push_back(kStreamInfo);
  all.push_back(kCodeInfo);
  all.push_back(kBuild);
  all.push_back(kConfig);
  for (const ProcessMetric& each : ProcessMetrics()) all.push_back(each.info);
  return all;
}

}  // namespace fracas::observability
