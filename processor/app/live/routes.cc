#include "app/live/routes.h"

#include <utility>

#include "core/text.h"

namespace fracas::app {

namespace {

api::Response Live(const pipeline::Engine& engine) {
  const int64_t stalled = engine.StalledMs();
  if (stalled > kStalledMsMax) {
    return api::ErrorResponse(503, Cat("a worker has made no progress for ", stalled / 1000,
                                       " s; the process should be restarted, nothing is half done"));
  }
  return {.status = 200, .content_type = "text/plain; charset=utf-8", .body = "ok\n"};
}

api::Response Ready(const pipeline::Engine& engine) {
  const pipeline::Readiness readiness = engine.readiness();
  std::vector<api::ReadyCheck> checks;
  for (const std::string& reason : readiness.waiting_for) {
    checks.push_back({.name = "workers", .ok = false, .reason = reason});
  }
  if (checks.empty()) checks.push_back({.name = "workers", .ok = readiness.ready, .reason = ""});
  // RED streams and held partitions are worth knowing and are somebody's work already; they do not make
  // the instance unready, or an orchestrator would restart what must wait.
  for (const pipeline::StreamState& red : readiness.red) {
    checks.push_back({.name = Cat("stream ", red.pipeline, "/", red.stream),
                      .ok = true,
                      .reason = Cat(state::Name(red.state), ": ", red.reason)});
  }
  for (const pipeline::PartitionHold& hold : readiness.held) {
    checks.push_back({.name = Cat("partition ", hold.partition.topic, "/", hold.partition.partition),
                      .ok = true,
                      .reason = Cat("held: ", hold.reason)});
  }
  return api::ReadyResponse(checks);
}

}  // namespace

std::vector<api::Route> Routes(const RouteSources& sources) {
  const observability::MetricsExporter& metrics = *sources.metrics;
  const auto with_engine = [engine = sources.engine](api::Response (*answer)(const pipeline::Engine&)) {
    return [engine, answer](const api::Request&) {
      const pipeline::Engine* running = engine();
      if (running == nullptr) return api::ErrorResponse(503, "starting: the workers do not run yet");
      return answer(*running);
    };
  };
  using api::Audience;
  std::vector<api::Route> routes = {
      {"GET", "/metrics", Audience::kMonitoring,
       [&metrics](const api::Request&) {
         return api::Response{.status = 200,
                              .content_type = std::string(observability::kMetricsContentType),
                              .body = metrics.Scrape()};
       }},
      {"GET", "/livez", Audience::kMonitoring,
       with_engine(Live)},
      {"GET", "/readyz", Audience::kMonitoring,
       with_engine(Ready)},
  };
  for (api::Route& route : StateRoutes(sources.state)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace fracas::app
