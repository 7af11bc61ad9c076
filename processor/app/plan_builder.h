#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "pipeline/stream_plan.h"

namespace fracas::app {

// From the configuration to what the pipeline obeys: contracts compiled, identities resolved, topic
// templates bound. Kept apart from running so that `run`, `run --input` and `try` judge alike.

struct StreamParts {
  std::shared_ptr<const pipeline::StreamPlan> plan;
  std::vector<std::string> topics;  // source topics by name …
  std::string topics_pattern;       // … or by pattern
};

struct BuiltPlan {
  std::shared_ptr<const pipeline::Plan> plan;
  std::vector<StreamParts> streams;  // parallel to plan->streams
};

// Whether workers tell an authority of what they find.
enum class Facts : uint8_t { kNone, kWritten };

// kReject with every problem of every contract, a line each.
Result<BuiltPlan> BuildPlan(const config::Config& config, const std::string& program_version,
                            const std::string& config_sha256, Facts facts = Facts::kNone);

}  // namespace fracas::app
