#pragma once

#include <vector>

#include "config/model.h"
#include "observability/metrics.h"

namespace fracas::app {

// What the configuration says of each stream, as metrics tell it.
std::vector<observability::StreamInfo> StreamInfosOf(const config::Config& config);

}  // namespace fracas::app
