#pragma once

#include "ports/cluster_inspector.h"
#include "tools/doctor/access.h"
#include "tools/doctor/diagnosis.h"

namespace fracas::tools {

// Which brokers answer, and of which versions (a broker of the 3 line tells the protocol's, those
// of the 4 line nothing). Pure.
AreaReport CheckBrokers(const ClusterSeen& cluster);

// What their settings say about permissions.
Privileges PrivilegesOf(const ClusterSeen& cluster);

}  // namespace fracas::tools
