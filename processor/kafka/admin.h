#pragma once

#include <memory>
#include <string>

#include "core/status.h"
#include "kafka/settings.h"
#include "ports/admin.h"

namespace fracas::kafka {

// Connects (at most limits::kKafkaConnectMsMax). `name` is for logs and broker quotas.
Result<std::unique_ptr<Admin>> OpenAdmin(const Connection& connection, const std::string& name);

}  // namespace fracas::kafka
