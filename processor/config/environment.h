#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/status.h"

namespace fracas::config {

struct Secret {
  std::string text;             // as in the file, one trailing line break removed
  bool world_readable = false;  // everybody on the machine may read it: worth a warning
};

// What reading a configuration asks of the machine. Tests put in their own; everything must be set.
struct Environment {
  // nullopt: not set.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  // Bounded by limits::kSecretFileBytesMax; a failure names the file and why.
  std::function<Result<Secret>(const std::string& path)> secret;
  std::string host_name;  // "" when the machine would not say
  int cores = 1;
};

// The real one. Reads nothing until it is asked, except the host's name and the number of cores.
Environment ProcessEnvironment();

}  // namespace fracas::config
