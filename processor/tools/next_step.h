#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/live_state.h"

namespace fracas::tools {

// What a person does about a stream: the command to type and why. Empty command: nothing to do now.
struct NextStep {
  std::string command;  // complete except for the reason: "fracas breaker reset -c f.yaml --stream p/s …"
  std::string because;  // one sentence
};

// The most urgent first; empty when all is well. `config_file` as the person named it. Pure.
std::vector<NextStep> NextSteps(const StreamLive& stream, const std::string& config_file, int64_t now_ms);

// "orders.raw/3/100-200#1", or "orders.raw/3 at 100" for a partition that is stuck by itself.
std::string RangeName(const state::PendingRange& range);

}  // namespace fracas::tools
