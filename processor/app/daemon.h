#pragma once

#include <string>

#include "cli/services.h"
#include "observability/log.h"

namespace fracas::app {

// `fracas run` on Kafka: checks everything that can be checked before the first record, says what runs
// with which settings, serves until SIGTERM or SIGINT, stops within limits::kShutdownMsMax. Prints to the
// log; returns the exit code.
int RunDaemon(const cli::RunRequest& request, const std::string& program_version);

}  // namespace fracas::app
