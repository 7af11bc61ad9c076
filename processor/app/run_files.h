#pragma once

#include <string>

#include "cli/services.h"

namespace fracas::app {

// `fracas run --input … --out DIR`: the engine on files, without Kafka. Prints the summary; the exit code is
// 3 when a hold stopped the stream (what was published before it stays).
int RunFiles(const cli::RunRequest& request, const std::string& program_version);

}  // namespace fracas::app
