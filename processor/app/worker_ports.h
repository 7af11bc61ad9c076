#pragma once

#include <cstdint>

#include "app/plan_builder.h"
#include "config/model.h"
#include "core/status.h"
#include "pipeline/engine.h"
#include "ports/log.h"

namespace fracas::app {

// A worker's consumer and producer on Kafka. `config` and `built` outlive the worker.
Result<pipeline::WorkerPorts> MakeWorkerPorts(const config::Config& config, const BuiltPlan& built,
                                              uint32_t worker, const LogSink& log);

}  // namespace fracas::app
