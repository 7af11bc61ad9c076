#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "wire/journal.h"

// The audit trail, read from its topic.

namespace fracas::tools {

struct JournalQuery {
  std::string topic;
  std::string id;                                               // "": any command
  std::string stream;                                           // "pipeline/stream"; "": any
  std::vector<std::string> types{};                             // or what is before the dot; empty: any
  size_t last = 50;                                             // so many at most, the newest
  std::function<void(uint64_t done, uint64_t total)> progress;  // in offsets; may be empty
};

// Oldest first. kStop: no such topic.
Result<std::vector<wire::JournalEntry>> ReadJournal(const JournalQuery& query, Admin* admin,
                                                    LogReader* reader);

}  // namespace fracas::tools
