#pragma once

#include <memory>
#include <string>

#include "core/status.h"
#include "kafka/settings.h"
#include "ports/log_tail.h"

namespace fracas::kafka {

// Nothing happens before the first Follow, which connects (at most limits::kKafkaConnectMsMax). Joins
// no group and asks none. While nothing comes, the leader of one partition after the other is asked
// for its end, once a second: that is how trouble() knows, and a Poll may take limits::kTailProbeMs
// longer for it. A topic that is missing, or hidden, is kStop in Follow and in Poll.
std::unique_ptr<LogTail> NewLogTail(Connection connection, std::string name);

}  // namespace fracas::kafka
