#pragma once

#include <functional>
#include <vector>

#include "api/server.h"
#include "app/live/state_routes.h"
#include "observability/metrics.h"
#include "pipeline/engine.h"

namespace fracas::app {

// What the HTTP server answers while the pipeline runs: /metrics, /livez, /readyz on both
// listeners, what app/state_routes.h lists on the operator's. The server listens before the engine
// exists, so that a port in use is known before a record is taken. Everything referred to outlives
// the server.
struct RouteSources {
  std::function<const pipeline::Engine*()> engine;  // nullptr: not started yet; thread-safe
  const observability::MetricsExporter* metrics = nullptr;
  StateSources state;
};
std::vector<api::Route> Routes(const RouteSources& sources);

// A worker that has not turned for so long is stuck: /livez answers 503, so that a supervisor
// restarts us.
inline constexpr int64_t kStalledMsMax = 60'000;

}  // namespace fracas::app
