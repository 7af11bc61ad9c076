#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observability/broker_facts.h"
#include "observability/control_facts.h"
#include "ports/clock.h"
#include "ports/meter.h"

// /metrics: home of prometheus-cpp (its core registry and text format only). Nothing here runs per
// record: the cells of ports/meter.h are folded over workers when somebody scrapes.
//
// Labels: `stream` is "pipeline/stream"; `code` is the name of a failure code. Series are bounded
// by configured streams × codes, whatever records contain. Series of a stream exist from the start,
// with 0, except those of codes (from the first failure) and of timestamps (from the first record).
// What is told of the whole group comes from the instance that holds its authority alone.

namespace fracas::observability {

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

// One exported metric; deploy/prometheus/METRICS.md is generated from the table.
struct MetricInfo {
  std::string_view name;
  MetricType type;
  std::string_view labels;  // "stream", "stream, code", … or ""
  std::string_view unit;    // "records", "bytes", "seconds", …
  std::string_view help;
};

// In the order of the page.
std::vector<MetricInfo> AllMetrics();

// What a stream's configuration says, for rules to compare with and to route by.
struct StreamInfo {
  std::string stream;  // "pipeline/stream"
  std::string mode;    // "copy", "none"
  std::string source_owner;
  std::string destination_owner;
  std::string platform_owner;
  std::vector<std::pair<std::string, double>> thresholds;  // {"pass_ratio", 0.99}; those that are on
};

// What does not change while the process lives.
struct ProcessFacts {
  std::string version;
  std::string config_sha256;
  std::string group;
  std::vector<std::pair<std::string, std::string>> libraries;  // {"librdkafka", "2.0.2"}
  std::vector<StreamInfo> streams = {};
};

// What is asked at each scrape; either may be empty.
struct MetricsSources {
  ControlFactsSource control = {};
  BrokerFactsSource brokers = {};
};

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// Thread-safe. `meters` and `clock` outlive it, and what the sources refer to.
class MetricsExporter {
 public:
  MetricsExporter(const Meters& meters, const Clock& clock, ProcessFacts facts,
                  MetricsSources sources = {});
  ~MetricsExporter();
  MetricsExporter(const MetricsExporter&) = delete;
  MetricsExporter& operator=(const MetricsExporter&) = delete;

  // The exposition in text format 0.0.4.
  std::string Scrape() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fracas::observability
