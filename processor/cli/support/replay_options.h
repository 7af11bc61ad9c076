#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/control_session.h"
#include "tools/replay/plan.h"
#include "tools/replay/runner.h"

// How a replay is asked for on the command line.

namespace fracas::cli {

struct ReplayArguments {
  GroupArguments group;
  ChangeArguments change;
  tools::ReplayRequest request;
  tools::ReplayPolicy policy;
  std::vector<std::string> rates;
  std::string wait = "2m";
  bool yes = false;
};

// The arguments live as long as the parser.
void AddReplayOptions(CLI::App* command, ReplayArguments* arguments);

// What was typed as --rate: "500/s" is records, "5MiB/s" bytes; each at most once. kReject: how it
// is written.
Status ReadRates(const std::vector<std::string>& typed, tools::Rates* rates);

}  // namespace fracas::cli
