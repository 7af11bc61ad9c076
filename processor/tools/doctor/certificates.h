#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/model.h"
#include "ports/cluster_inspector.h"
#include "tools/doctor/diagnosis.h"

namespace fracas::tools {

// The dates of the certificates that the configuration names (ssl.ca.location,
// ssl.certificate.location, and their .pem forms) and of those that brokers presented. Reads files.
AreaReport CheckCertificates(const config::Config& config,
                             const std::vector<PresentedCertificate>& presented, int64_t now_ms);

}  // namespace fracas::tools
