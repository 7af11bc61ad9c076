#pragma once

#include <memory>
#include <string>

#include "core/status.h"
#include "kafka/settings.h"
#include "ports/cluster_inspector.h"

namespace fracas::kafka {

struct OpenedInspector {
  std::unique_ptr<ClusterInspector> inspector;
  Status connected;  // not OK: ask it for certificates only
};

// Connects, at most limits::kDoctorConnectMsMax. The failure is a setting that librdkafka refuses;
// that no broker answers is in the answer, because a certificate may have been seen nevertheless.
Result<OpenedInspector> OpenInspector(const Connection& connection, const std::string& name);

}  // namespace fracas::kafka
