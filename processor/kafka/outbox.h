#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "kafka/settings.h"
#include "ports/outbox.h"

namespace fracas::kafka {

struct OutboxOptions {
  Connection connection;
  std::string name;             // for logs and broker quotas
  size_t record_bytes_max = 0;  // key, value, headers; the topics have limits of their own
};

// Connects at the first use. A record is given up after limits::kOutboxMsMax; its status says whether
// it certainly did not arrive (kRetry, or kStop when the topic will refuse it again) or is in doubt
// (kAbort: whoever can tell by an id looks before sending it again).
std::unique_ptr<Outbox> NewOutbox(OutboxOptions options);

}  // namespace fracas::kafka
