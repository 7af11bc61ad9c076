#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "observability/control_facts.h"
#include "observability/metrics.h"

// The metrics of the control lane: a part of the table behind AllMetrics. Rows of one metric stand together,
// one for each value of its second label.

namespace fracas::observability {

struct StreamFactMetric {
  MetricInfo info;
  std::string_view label;  // "" no second label
  std::string_view value;
  // nullopt: there is no such series now.
  std::optional<double> (*read)(const StreamFacts& facts, int64_t now_ms);
};
struct ControlMetric {
  MetricInfo info;
  std::string_view label;
  std::string_view value;
  std::optional<double> (*read)(const ControlFacts& facts);
};

std::span<const StreamFactMetric> StreamFactMetrics();
std::span<const ControlMetric> ControlMetrics();

}  // namespace fracas::observability
