#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"

// What the command line cannot do by itself because it needs threads, a broker or the whole engine. The
// composition root (app/) fills it in; tests put in fakes.

namespace fracas::cli {

// Exit codes of every command.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;   // it was right, but did not work
inline constexpr int kExitUsage = 2;    // wrong usage or configuration
inline constexpr int kExitFindings = 3;  // the check found failures

struct RunRequest {
  std::string config_file;
  std::vector<std::string> inputs;   // not empty: on files, no Kafka
  std::string out_dir;
  std::string stream;                // with inputs: "stream" or "pipeline/stream"; "" if there is one
  std::string log_level;             // "" keeps the default
  bool json = false;                 // the summary of a run on files
};

struct TryRequest {
  std::string config_file;
  std::string stream;
  uint64_t last = 10'000;            // records per topic, from the end
  bool json = false;
};

struct Services {
  // Both print their own results and return an exit code.
  std::function<int(const RunRequest&)> run;
  std::function<int(const TryRequest&)> try_stream;
  // A connection for questions and orders; `brokers` replaces bootstrap.servers unless empty. Bounded
  // in time: an unreachable cluster is a Status that says so.
  std::function<Result<std::unique_ptr<Admin>>(const config::Config&, const std::string& brokers)>
      connect;
  // What librdkafka says of a setting's name and value; OK when it would take it.
  std::function<Status(const std::string& section, const std::string& name,
                       const std::string& value)>
      check_kafka_setting;
  std::string version;               // "fracas 0.1.0 (librdkafka 2.0.2, …)"
};

}  // namespace fracas::cli
