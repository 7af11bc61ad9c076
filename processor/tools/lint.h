#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/environment.h"
#include "config/problem.h"
#include "config/reader.h"
#include "core/status.h"
#include "ports/admin.h"

// Everything that can be known to be wrong before the first record: the configuration, the
// contracts, the policies; with a cluster at hand also topics, partition counts, size limits and
// retention. Prints nothing.

namespace fracas::tools {

struct LintOptions {
  // What librdkafka says of a setting (`section` is "common", "consumer" or "producer"); not set:
  // names and values are taken on trust.
  std::function<Status(const std::string& section, const std::string& name,
                       const std::string& value)>
      check_kafka_setting;
  // Not null: the cluster is asked too. Borrowed for the call.
  Admin* admin = nullptr;
};

struct LintReport {
  config::Reading reading;                // problems included in `problems`
  std::vector<config::Problem> problems;  // all of them, by place
  size_t contracts = 0;                   // compiled without a problem
  bool ok() const { return !config::HasErrors(problems); }
};

LintReport LintFile(const std::string& file, const config::Environment& environment,
                    const LintOptions& options);
LintReport LintReading(config::Reading reading, const LintOptions& options);

}  // namespace fracas::tools
