#pragma once

#include <optional>
#include <string>

#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "tools/replay/job.h"

// Where jobs keep their progress: <group>.replays (tools/topics.h), compacted, one partition.

namespace fracas::tools {

// Makes the topic when it is missing. kStop: it may not be made, or is no such topic; the message
// holds the command that mends it.
Status EnsureReplaysTopic(const config::Config& config, Admin* admin);

// The last progress of the job; nullopt: there is no such job, or not even the topic. Reads to the
// high watermark, so what a predecessor committed is seen once its transaction has ended (claim its
// transactional id first). kStop: what is written there cannot be read.
Result<std::optional<ReplayJob>> ReadJob(const config::Config& config, const std::string& name,
                                         Admin* admin, LogReader* reader);

}  // namespace fracas::tools
