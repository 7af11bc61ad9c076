#include "observability/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "core/text.h"
#include "observability/metric_table.h"

namespace fracas::observability {

namespace {

using Labels = std::vector<prometheus::ClientMetric::Label>;

prometheus::MetricFamily Family(const MetricInfo& info) {
  prometheus::MetricFamily family;
  family.name = info.name;
  family.help = info.help;
  family.type = info.type == MetricType::kCounter ? prometheus::MetricType::Counter
                                                  : prometheus::MetricType::Gauge;
  return family;
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
  for (size_t i = 0; i < kCodeCount; ++i) totals->failures[i] += Read(cell.failures[i]);
  totals->last_record_ms = std::max(totals->last_record_ms, cell.last_record_ms.load());
  totals->last_event_time_ms = std::max(totals->last_event_time_ms, cell.last_event_time_ms.load());
  totals->lag += cell.lag.load();
  totals->red = totals->red || cell.red.load() != 0;
}

// prometheus-cpp's way of asking for values at scrape time.
class Cells : public prometheus::Collectable {
 public:
  Cells(const Meters& meters, const Clock& clock, ProcessFacts facts)
      : meters_(meters), clock_(clock), facts_(std::move(facts)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::map<std::string, StreamTotals> streams;
    WorkerTotals workers;
    FoldCells(&streams, &workers);
    std::vector<prometheus::MetricFamily> families;
    CollectStreams(streams, &families);
    CollectWorkers(workers, &families);
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
    prometheus::MetricFamily& failures = families->emplace_back(Family(FailuresMetric()));
    for (const auto& [name, totals] : streams) {
      for (size_t i = 0; i < kCodeCount; ++i) {
        if (totals.failures[i] == 0) continue;
        AddValue(static_cast<double>(totals.failures[i]),
                 {{"stream", name}, {"code", std::string(AllCodes()[i].name)}}, &failures);
      }
    }
  }

  static void CollectWorkers(const WorkerTotals& workers,
                             std::vector<prometheus::MetricFamily>* families) {
    for (const WorkerMetric& metric : WorkerMetrics()) {
      prometheus::MetricFamily& family = families->emplace_back(Family(metric.info));
      const double value = metric.read(workers);
      if (value != 0 || !metric.omit_zero) AddValue(value, {}, &family);
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
};

}  // namespace

struct MetricsExporter::State {
  State(const Meters& meters, const Clock& clock, ProcessFacts facts)
      : cells(meters, clock, std::move(facts)) {}
  const Cells cells;
};

MetricsExporter::MetricsExporter(const Meters& meters, const Clock& clock, ProcessFacts facts)
    : state_(std::make_unique<State>(meters, clock, std::move(facts))) {}

MetricsExporter::~MetricsExporter() = default;

std::string MetricsExporter::Scrape() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, state_->cells.Collect());
  return std::move(out).str();
}

}  // namespace fracas::observability
