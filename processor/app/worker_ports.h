#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "app/plan_builder.h"
#include "config/model.h"
#include "core/status.h"
#include "pipeline/engine.h"
#include "ports/log.h"

namespace fracas::app {

// Where a worker's clients report to.
struct ClientSinks {
  LogSink log;
  std::function<void(std::string_view json)> statistics;  // kafka::Connection::statistics
};

// A worker's consumer and producer on Kafka. `config` and `built` outlive the worker.
Result<pipeline::WorkerPorts> MakeWorkerPorts(const config::Config& config, const BuiltPlan& built,
                                              uint32_t worker, const ClientSinks& sinks);

}  // namespace fracas::app
