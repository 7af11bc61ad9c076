#include "app/routes.h"

#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"

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

// A stream that a person tripped has no code.
std::string_view CodeName(Code code) {
  return code == Code::kNone ? std::string_view() : Info(code).name;
}

void WriteState(const pipeline::StreamState& state, json::Writer* writer) {
  writer->BeginObject()
      .Member("pipeline", state.pipeline)
      .Member("stream", state.stream)
      .Member("state", state::Name(state.state))
      .Member("since", FormatTimestamp(state.since_ms))
      .Member("code", CodeName(state.cause))
      .Member("reason", state.reason);
  writer->Key("pending").BeginArray();
  for (const state::PendingRange& range : state.pending) {
    writer->BeginObject()
        .Member("topic", range.source.topic)
        .Member("partition", range.source.partition)
        .Member("from", range.from)
        .Member("to", range.to)
        .Member("attempt", range.attempt)
        .Member("code", CodeName(range.cause))
        .EndObject();
  }
  writer->EndArray().EndObject();
}

api::Response Streams(const pipeline::Engine& engine) {
  api::Response response;
  json::Writer writer(&response.body);
  writer.BeginObject().Key("red").BeginArray();
  for (const pipeline::StreamState& state : engine.readiness().red) WriteState(state, &writer);
  writer.EndArray().EndObject();
  return response;
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
  return {
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
      {"GET", "/state/streams", Audience::kOperator,
       with_engine(Streams)},
  };
}

}  // namespace fracas::app
