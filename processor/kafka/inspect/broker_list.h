#pragma once

#include "core/status.h"
#include "kafka/client.h"
#include "ports/cluster_inspector.h"

namespace fracas::kafka {

// The brokers that the cluster names; each is asked for its settings, all at the same time. Inside
// kafka/ only.
Result<ClusterSeen> ListBrokers(const Client& client, int wait_ms);

}  // namespace fracas::kafka
