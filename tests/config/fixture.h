#pragma once

#include <map>
#include <string>

#include "config/environment.h"
#include "config/reader.h"

// What the tests of the configuration share.

namespace fracas::config {

// A machine with these variables and secret files, of two cores, called node-1.
inline Environment TestEnvironment(std::map<std::string, std::string> variables = {},
                                   std::map<std::string, Secret> secrets = {}) {
  Environment environment;
  environment.variable = [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  environment.secret = [secrets](const std::string& path) -> Result<Secret> {
    const auto found = secrets.find(path);
    if (found == secrets.end())
      return Status::Reject("cannot read the secret file " + path + ": no such file");
    return found->second;
  };
  environment.host_name = "node-1";
  environment.cores = 2;
  return environment;
}

inline constexpr char kHead[] =
    "group: g\n"
    "kafka: {bootstrap.servers: 'localhost:9092'}\n";

// A configuration of one stream `s` of pipeline `p`, with `keys` (lines without indentation).
inline std::string WithStream(const std::string& keys) {
  std::string text = std::string(kHead) + "pipelines:\n  p:\n    streams:\n      s:\n";
  std::string lines = keys.find("topics") == std::string::npos ? "topics: [raw]\n" + keys : keys;
  if (!lines.ends_with('\n')) lines += '\n';
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = lines.find('\n', begin);
    text += "        " + lines.substr(begin, end - begin + 1);
    begin = end + 1;
  }
  return text;
}

// Read from a file called /etc/fracas/f.yaml, which need not exist.
inline Reading Read(const std::string& yaml, const Environment& environment = TestEnvironment()) {
  return ReadBytes(yaml, "/etc/fracas/f.yaml", environment);
}

// Every problem, a line each, without the folder.
inline std::string Lines(const std::vector<Problem>& problems) {
  std::string text;
  for (Problem problem : problems) {
    if (problem.mark.file == "/etc/fracas/f.yaml") problem.mark.file = "f.yaml";
    text += ToString(problem) + "\n";
  }
  return text;
}

}  // namespace fracas::config
