#pragma once

#include <memory>
#include <string>

#include "config/model.h"
#include "core/status.h"
#include "kafka/settings.h"
#include "ports/admin.h"
#include "ports/log.h"

namespace fracas::app {

// The configuration's Kafka settings as the kafka folder takes them; `brokers` replaces bootstrap.servers
// unless it is empty.
kafka::Connection ConnectionOf(const config::Config& config, const std::string& brokers, LogSink log);

// Connected, or a failure that names the brokers and the next step within limits::kStartMsMax.
Result<std::unique_ptr<Admin>> Connect(const config::Config& config, const std::string& brokers,
                                       LogSink log);

}  // namespace fracas::app
