#pragma once

#include <cstddef>
#include <string>

#include "config/model.h"
#include "core/status.h"

namespace fracas::config {

// The position in Config::streams that `name` means: "STREAM" or "PIPELINE/STREAM"; "" where there
// is only one. kReject, with the names there are, when it means none or several.
Result<size_t> FindStream(const Config& config, const std::string& name);

}  // namespace fracas::config
