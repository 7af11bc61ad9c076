#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/status.h"
#include "ports/cluster_inspector.h"
#include "tools/doctor/access.h"
#include "tools/doctor/diagnosis.h"

namespace fracas::tools {

struct AccessQuestion {
  const config::Config* config = nullptr;
  const std::vector<PlannedTopic>* topics = nullptr;
  Work work{};
  std::string principal;  // whose rules are compared; "" our own
  std::string brokers;
  Privileges privileges;
};

// Tries what can be tried without changing anything (describe every topic, read at its end what has
// to be read, describe the group) and compares the cluster's rules with what is needed. `seen` gets
// the topics. The status is a silence (kRetry); everything else is a finding.
Status LookAtAccess(const AccessQuestion& question, ClusterInspector* inspector,
                    std::map<std::string, TopicSeen>* seen, AreaReport* report);

}  // namespace fracas::tools
