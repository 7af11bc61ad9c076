#pragma once

#include "core/status.h"
#include "kafka/client.h"
#include "ports/cluster_inspector.h"

namespace fracas::kafka {

// Every rule of the cluster; none also where this principal may not list them (AclsSeen). Inside
// kafka/ only.
Result<AclsSeen> ListAcls(const Client& client, int wait_ms);

}  // namespace fracas::kafka
