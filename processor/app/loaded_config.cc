#include "app/loaded_config.h"

#include <utility>

#include "config/environment.h"
#include "config/problem.h"
#include "config/reader.h"
#include "config/show.h"
#include "core/sha256.h"
#include "core/text.h"

namespace fracas::app {

Result<LoadedConfig> LoadConfig(const std::string& file, const std::string& program_version,
                                std::string* problems) {
  config::Reading reading = config::ReadFile(file, config::ProcessEnvironment());
  for (const config::Problem& problem : reading.problems) {
    AppendTo(problems, config::ToString(problem), "\n");
  }
  if (!reading.ok()) {
    return Status::Reject(
        Cat(file, " cannot be run as it is; `fracas lint -c ", file, "` checks it again"));
  }
  LoadedConfig loaded;
  loaded.config = std::move(reading.draft);
  Result<BuiltPlan> built = BuildPlan(loaded.config, program_version,
                                      Sha256Hex(config::ShowShared(reading.effective)),
                                      Facts::kWritten);
  if (!built.ok()) return built.status();
  loaded.built = std::move(*built);
  return loaded;
}

}  // namespace fracas::app
