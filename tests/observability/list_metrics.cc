#include <cstdio>
#include <string>

#include "core/text.h"
#include "observability/metrics.h"

// Prints the table of metrics, one a line: name, type, labels, unit and help, with tabs between
// them. tests/alerting/metrics_page.py makes deploy/prometheus/METRICS.md of it.

namespace {

std::string_view Name(fracas::observability::MetricType type) {
  using fracas::observability::MetricType;
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kGauge: return "gauge";
    case MetricType::kHistogram: return "histogram";
  }
  return "";
}

}  // namespace

int main() {
  std::string rows;
  for (const fracas::observability::MetricInfo& each : fracas::observability::AllMetrics()) {
    fracas::AppendTo(&rows, each.name, "\t", Name(each.type), "\t", each.labels, "\t", each.unit,
                     "\t", each.help, "\n");
  }
  return std::fputs(rows.c_str(), stdout) >= 0 && std::fflush(stdout) == 0 ? 0 : 1;
}
