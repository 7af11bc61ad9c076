#pragma once

#include <memory>
#include <string>

#include "core/status.h"
#include "kafka/settings.h"
#include "ports/cluster_probe.h"

namespace fracas::kafka {

// Connects (at most limits::kKafkaConnectMsMax). Joins no group.
Result<std::unique_ptr<ClusterProbe>> OpenClusterProbe(const Connection& connection,
                                                       const std::string& name);

}  // namespace fracas::kafka
