#pragma once

#include <memory>
#include <string>

#include "app/plan_builder.h"
#include "config/model.h"
#include "core/status.h"

namespace fracas::app {

// What a configuration file and everything that it names say at one moment.
struct LoadedConfig {
  config::Config config;
  BuiltPlan built;
};

// Reads and compiles it all. `problems` gets one line for each thing that is wrong with the file, warnings
// too; kReject when it cannot be run as it is.
Result<LoadedConfig> LoadConfig(const std::string& file, const std::string& program_version,
                                std::string* problems);

}  // namespace fracas::app
