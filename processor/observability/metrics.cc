#include "observability/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <sstream>

#include "core/text.h"
#include "observability/control_table.h"
#include "observability/metric_table.h"

namespace fracas::observability {

namespace {

using Labels = std::vector<prometheus::ClientMetric::Label>;

prometheus::MetricFamily Family(const MetricInfo& info) {
  prometheus::MetricFamily family;
  family.name = info.name;
  family.help = info.help;
  switch (info.type) {
    case MetricType::kCounter: family.type = prometheus::MetricType::Counter; break;
    case MetricType::kGauge: family.type = prometheus::MetricType::Gauge; break;
    case MetricType::kHistogram: family.type = prometheus::MetricType::Histogram; break;
  }
  return family;
}

// The family at the end, or a new one: rows of one metric stand together.
prometheus::MetricFamily* FamilyFor(const MetricInfo& info, std::vector<prometheus::MetricFamily>* families) {
  if (families->empty() || families->back().name != info.name) families->push_back(Family(info));
  return &families->back();
}

void AddValue(double value, Labels labels, prometheus::MetricFamily* family) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  if (family->type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family->metric.push_back(std::move(metric));
}

uint64_t Read(const MeterCounter& counter) { return counter.load(std::memory_order_relaxed); }

void Fold(const StreamCell& cell, StreamTotals* totals) {
  // Outcomes before consumed: a worker that commits in between makes the conservation error
  // positive for one scrape, never hides one.
  totals->published += Read(cell.published);
  totals->dead_lettered += Read(cell.dead_lettered);
  totals->masked += Read(cell.masked);
  totals->observed += Read(cell.observed);
  totals->consumed += Read(cell.consumed);
  totals->consumed_bytes += Read(cell.consumed_bytes);
  totals->gap_offsets += Read(cell.gap_offsets);
  totals->batches_published += Read(cell.batches_published);
  totals->batches_abandoned += Read(cell.batches_abandoned);
  totals->would_hold += Read(cell.would_hold);
  totals->proved += Read(cell.proved);
  totals->explained += Read(cell.explained);
  totals->replays_passed += Read(cell.replays_passed);
  totals->replays_failed += Read(cell.replays_failed);
  totals->replays_parked += Read(cell.replays_parked);
  for (size_t i = 0; i < kCodeCount; ++i) totals->failures[i] += Read(cell.failures[i]);
  for (size_t i = 0; i < kCodeCount; ++i) totals->trips[i] += Read(cell.trips[i]);
  for (size_t i = 0; i < cell.latencies.size(); ++i) totals->latencies[i] += Read(cell.latencies[i]);
  totals->latency_ms += Read(cell.latency_ms);
  totals->last_record_ms = std::max(totals->last_record_ms, cell.last_record_ms.load());
  totals->last_event_time_ms = std::max(totals->last_event_time_ms, cell.last_event_time_ms.load());
  totals->lag += cell.lag.load();
  totals->red = totals->red || cell.red.load() != 0;
}

// prometheus-cpp's way of asking for values at scrape time.
class Cells : public prometheus::Collectable {
 public:
  Cells(const Meters& meters, const Clock& clock, ProcessFacts facts, MetricsSources sources)
      : meters_(meters), clock_(clock), facts_(std::move(facts)), sources_(std::move(sources)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::map<std::string, StreamTotals> streams;
    WorkerTotals workers;
    FoldCells(&streams, &workers);
    std::vector<prometheus::MetricFamily> families;
    CollectStreams(streams, &families);
    CollectControl(&families);
    CollectWorkers(workers, &families);
    CollectBrokers(&families);
    CollectInfo(&families);
    CollectProcess(&families);
    return families;
  }

 private:
  void FoldCells(std::map<std::string, StreamTotals>* streams, WorkerTotals* workers) const {
    const int64_t wall_ms = clock_.WallMs();
    const int64_t monotonic_ms = clock_.MonotonicMs();
    meters_.Visit(
        [&](const StreamCell& cell) {
          Fold(cell, &(*streams)[Cat(cell.pipeline, "/", cell.stream)]);
        },
        [&](const WorkerCell& cell) {
          ++workers->workers;
          workers->rounds_committed += Read(cell.rounds_committed);
          workers->rounds_failed += Read(cell.rounds_failed);
          workers->rebalances += Read(cell.rebalances);
          workers->commit_micros += Read(cell.commit_micros);
          workers->judge_micros += Read(cell.judge_micros);
          for (size_t i = 0; i < kTransactionOutcomes; ++i) {
            workers->transactions[i] += Read(cell.transactions[i]);
          }
          for (size_t i = 0; i < cell.commits.size(); ++i) workers->commits[i] += Read(cell.commits[i]);
          const int64_t progress_ms = cell.progress_ms.load();
          if (progress_ms == 0) return;
          const int64_t at_ms = wall_ms - (monotonic_ms - progress_ms);
          int64_t& oldest = workers->oldest_progress_wall_ms;
          oldest = oldest == 0 ? at_ms : std::min(oldest, at_ms);
        });
  }

  static void CollectStreams(const std::map<std::string, StreamTotals>& streams,
                             std::vector<prometheus::MetricFamily>* families) {
    for (const StreamMetric& metric : StreamMetrics()) {
      prometheus::MetricFamily& family = families->emplace_back(Family(metric.info));
      for (const auto& [name, totals] : streams) {
        const double value = metric.read(totals);
        if (value != 0 || !metric.omit_zero) AddValue(value, {{"stream", name}}, &family);
      }
    }
    CollectCodes(FailuresMetric(), streams, &StreamTotals::failures, families);
    CollectCodes(TripsMetric(), streams, &StreamTotals::trips, families);
    prometheus::MetricFamily& latencies = families->emplace_back(Family(LatencyMetric()));
    for (const auto& [name, totals] : streams) {
      AddHistogram(kLatencyBucketsMs, totals.latencies, static_cast<double>(totals.latency_ms) / 1e3,
                   {{"stream", name}}, &latencies);
    }
    prometheus::MetricFamily& replays = families->emplace_back(Family(ReplaysMetric()));
    for (const auto& [name, totals] : streams) {
      for (const ReplayOutcome& each : ReplayOutcomes()) {
        AddValue(static_cast<double>(totals.*each.count),
                 {{"stream", name}, {"outcome", std::string(each.outcome)}}, &replays);
      }
    }
  }

  // Series by code begin with the first of the code.
  static void CollectCodes(const MetricInfo& info, const std::map<std::string, StreamTotals>& streams,
                           std::array<uint64_t, kCodeCount> StreamTotals::*counts,
                           std::vector<prometheus::MetricFamily>* families) {
    prometheus::MetricFamily& family = families->emplace_back(Family(info));
    for (const auto& [name, totals] : streams) {
      for (size_t i = 0; i < kCodeCount; ++i) {
        const uint64_t count = (totals.*counts)[i];
        if (count == 0) continue;
        AddValue(static_cast<double>(count),
                 {{"stream", name}, {"code", std::string(AllCodes()[i].name)}}, &family);
      }
    }
  }

  void CollectControl(std::vector<prometheus::MetricFamily>* families) const {
    const std::optional<ControlFacts> facts = sources_.control ? sources_.control() : std::nullopt;
    for (const StreamFactMetric& metric : StreamFactMetrics()) {
      prometheus::MetricFamily* family = FamilyFor(metric.info, families);
      if (!facts.has_value()) continue;
      for (const StreamFacts& stream : facts->streams) {
        const std::optional<double> value = metric.read(stream, facts->now_ms);
        if (!value.has_value()) continue;
        Labels labels = {{"stream", stream.stream}};
        if (!metric.label.empty()) labels.push_back({std::string(metric.label), std::string(metric.value)});
        AddValue(*value, std::move(labels), family);
      }
    }
    for (const ControlMetric& metric : ControlMetrics()) {
      prometheus::MetricFamily* family = FamilyFor(metric.info, families);
      if (!facts.has_value()) continue;
      const std::optional<double> value = metric.read(*facts);
      if (!value.has_value()) continue;
      Labels labels;
      if (!metric.label.empty()) labels.push_back({std::string(metric.label), std::string(metric.value)});
      AddValue(*value, std::move(labels), family);
    }
  }

  static void CollectWorkers(const WorkerTotals& workers,
                             std::vector<prometheus::MetricFamily>* families) {
    for (const WorkerMetric& metric : WorkerMetrics()) {
      prometheus::MetricFamily& family = families->emplace_back(Family(metric.info));
      const double value = metric.read(workers);
      if (value != 0 || !metric.omit_zero) AddValue(value, {}, &family);
    }
    prometheus::MetricFamily& transactions = families->emplace_back(Family(TransactionsMetric()));
    for (size_t i = 0; i < kTransactionOutcomes; ++i) {
      AddValue(static_cast<double>(workers.transactions[i]),
               {{"outcome", std::string(TransactionOutcomes()[i])}}, &transactions);
    }
    CollectCommitTimes(workers, &families->emplace_back(Family(CommitTimesMetric())));
  }

  static void CollectCommitTimes(const WorkerTotals& workers, prometheus::MetricFamily* family) {
    AddHistogram(kCommitBucketsMs, workers.commits, static_cast<double>(workers.commit_micros) / 1e6, {},
                 family);
  }

  // `counts`: one more than there are bounds, each what its bucket alone has.
  static void AddHistogram(std::span<const int64_t> bounds_ms, std::span<const uint64_t> counts,
                           double sum_seconds, Labels labels, prometheus::MetricFamily* family) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    uint64_t count = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      count += counts[i];
      const bool last = i == bounds_ms.size();
      metric.histogram.bucket.push_back(
          {count, last ? std::numeric_limits<double>::infinity()
                       : static_cast<double>(bounds_ms[i]) / 1'000});
    }
    metric.histogram.sample_count = count;
    metric.histogram.sample_sum = sum_seconds;
    family->metric.push_back(std::move(metric));
  }

  void CollectBrokers(std::vector<prometheus::MetricFamily>* families) const {
    const BrokerFacts facts = sources_.brokers ? sources_.brokers() : BrokerFacts();
    for (const BrokerMetric& metric : BrokerMetrics()) {
      prometheus::MetricFamily& family = families->emplace_back(Family(metric.info));
      for (const BrokerFacts::Broker& broker : facts.brokers) {
        AddValue(metric.read(broker), {{"broker", broker.id}}, &family);
      }
    }
    // Before some client has told of a broker, or without clients that tell, nothing is known.
    if (facts.brokers.empty()) return;
    const auto up = std::count_if(facts.brokers.begin(), facts.brokers.end(),
                                  [](const auto& broker) { return broker.up; });
    AddValue(static_cast<double>(up), {}, &families->emplace_back(Family(BrokersUpMetric())));
  }

  void CollectInfo(std::vector<prometheus::MetricFamily>* families) const {
    prometheus::MetricFamily& thresholds = families->emplace_back(Family(ThresholdMetric()));
    for (const StreamInfo& stream : facts_.streams) {
      for (const auto& [alert, value] : stream.thresholds) {
        AddValue(value, {{"stream", stream.stream}, {"alert", alert}}, &thresholds);
      }
    }
    prometheus::MetricFamily& streams = families->emplace_back(Family(StreamInfoMetric()));
    for (const StreamInfo& stream : facts_.streams) {
      AddValue(1,
               {{"stream", stream.stream},
                {"mode", stream.mode},
                {"source_owner", stream.source_owner},
                {"destination_owner", stream.destination_owner},
                {"platform_owner", stream.platform_owner}},
               &streams);
    }
    prometheus::MetricFamily& codes = families->emplace_back(Family(CodeInfoMetric()));
    for (const CodeInfo& code : AllCodes()) {
      AddValue(1,
               {{"code", std::string(code.name)},
                {"origin", std::string(Name(code.origin))},
                {"failure_type", std::string(Name(code.type))},
                {"retryable", std::string(Name(code.retryable))}},
               &codes);
    }
  }

  void CollectProcess(std::vector<prometheus::MetricFamily>* families) const {
    Labels build = {{"version", facts_.version}};
    for (const auto& [name, version] : facts_.libraries)
      build.push_back({LabelName(name), version});
    AddValue(1, std::move(build), &families->emplace_back(Family(BuildMetric())));
    AddValue(1, {{"sha256", facts_.config_sha256}, {"group", facts_.group}},
             &families->emplace_back(Family(ConfigMetric())));
    const ProcessTotals totals = ReadProcess();
    for (const ProcessMetric& metric : ProcessMetrics()) {
      AddValue(metric.read(totals), {}, &families->emplace_back(Family(metric.info)));
    }
  }

  // "yaml-cpp" as a label is "yaml_cpp".
  static std::string LabelName(std::string_view library) {
    std::string label;
    for (const char c : library) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9' && !label.empty());
      label.push_back(plain ? c : '_');
    }
    return label;
  }

  const Meters& meters_;
  const Clock& clock_;
  const ProcessFacts facts_;
  const MetricsSources sources_;
};

}  // namespace

struct MetricsExporter::State {
  State(const Meters& meters, const Clock& clock, ProcessFacts facts, MetricsSources sources)
      : cells(meters, clock, std::move(facts), std::move(sources)) {}
  const Cells cells;
};

MetricsExporter::MetricsExporter(const Meters& meters, const Clock& clock, ProcessFacts facts,
                                 MetricsSources sources)
    : state_(std::make_unique<State>(meters, clock, std::move(facts), std::move(sources))) {}

MetricsExporter::~MetricsExporter() = default;

std::string MetricsExporter::Scrape() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, state_->cells.Collect());
  return std::move(out).str();
}

}  // namespace fracas::observability
