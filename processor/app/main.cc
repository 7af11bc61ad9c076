#include "app/main.h"

#include <cstdio>
#include <exception>
#include <string>

#include "app/connection.h"
#include "app/daemon.h"
#include "app/group_services.h"
#include "app/run_files.h"
#include "app/signals.h"
#include "app/system_clock.h"
#include "app/try_stream.h"
#include "app/version.h"
#include "cli/cli.h"
#include "kafka/settings.h"

namespace fracas::app {

namespace {

cli::Services MakeServices(const std::string& version, const Clock* clock) {
  cli::Services services;
  services.run = [version](const cli::RunRequest& request) {
    Signals::Block();  // before any thread exists
    return request.inputs.empty() ? RunDaemon(request, version) : RunFiles(request, version);
  };
  services.try_stream = [version](const cli::TryRequest& request) { return TryStream(request, version); };
  services.connect = [](const config::Config& config, const std::string& brokers) {
    return Connect(config, brokers, {});
  };
  services.check_kafka_setting = [](const std::string& /*section*/, const std::string& name,
                                    const std::string& value) {
    return kafka::CheckSetting(name, value);
  };
  AddGroupServices(clock, &services);
  services.version = std::string("fracas ") + version + " (librdkafka " +
                     std::string(kafka::LibraryVersion()) + ")";
  return services;
}

}  // namespace

int Main(int argc, char** argv) {
  const SystemClock clock;
  try {
    return cli::Run(argc, argv, MakeServices(kProgramVersion, &clock));
  } catch (const std::exception& error) {  // the only catch: out of memory, or a library's surprise
    std::fprintf(stderr, "error: %s\n", error.what());
    return cli::kExitFailed;
  }
}

}  // namespace fracas::app
