#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/limits.h"
#include "core/status.h"
#include "kafka/settings.h"
#include "ports/log_reader.h"

namespace fracas::kafka {

// Connects (at most limits::kKafkaConnectMsMax). Joins no group and asks none. In Read, the
// record's slot is 0; a range that begins below the partition's first offset is a Stop status that
// names that offset. Read gives up after `idle_ms` without a record: by default a transaction that is
// left open ends sooner (its timeout and the coordinator's next look).
Result<std::unique_ptr<LogReader>> OpenLogReader(const Connection& connection,
                                                 const std::string& name,
                                                 int64_t idle_ms = limits::kKafkaCommittedMsMax);

}  // namespace fracas::kafka
