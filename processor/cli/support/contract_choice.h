#pragma once

#include <string>

#include "config/model.h"
#include "core/status.h"
#include "tools/live_state.h"

namespace fracas::cli {

struct ContractChoice {
  std::string named;    // 64 hex digits, "any", or "": the configuration's
  bool reload = false;  // instances read theirs again first
};

// The SHA-256 of the contract that a reset tries; "" any. kReject: the configuration's does not
// compile, or the instance here has another one loaded and is not told to read it again.
Result<std::string> ContractToTry(const config::Config& config, const tools::StreamLive& live,
                                  const ContractChoice& choice);

// The SHA-256 of what the configuration's contract compiles to; "" for a stream without one.
Result<std::string> ConfiguredContract(const config::Config& config, const std::string& stream);

}  // namespace fracas::cli
