#pragma once

#include <memory>
#include <string>

#include "core/status.h"
#include "kafka/settings.h"
#include "ports/log_reader.h"

namespace fracas::kafka {

// Connects (at most limits::kKafkaConnectMsMax). Joins no group and asks none. In Read, the
// record's slot is 0; a range that begins below the partition's first offset is a Stop status that
// names that offset.
Result<std::unique_ptr<LogReader>> OpenLogReader(const Connection& connection,
                                                 const std::string& name);

}  // namespace fracas::kafka
