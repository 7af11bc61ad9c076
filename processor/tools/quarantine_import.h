#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/status.h"
#include "tools/command_client.h"
#include "tools/document_reader.h"

// A list of ids and records into the quarantine: read line by line, sent in commands of up to
// limits::kCommandTargetsMax, in memory that does not grow with the list.

namespace fracas::tools {

struct ImportOptions {
  std::string file;           // for messages
  std::string stream;         // "pipeline/stream"
  std::string who;
  std::string why;
  std::string owner;
  int64_t expires_ms = 0;     // 0: never
  uint64_t from_line = 1;     // lines before it are passed over: they are in already
  std::function<std::string()> new_id;  // 32 hex digits for each command
};

struct ImportReport {
  uint64_t targets = 0;       // applied
  uint64_t through_line = 0;  // every line up to this one is in
  bool complete = false;      // nothing is left to do
  BulkReport commands;
  // OK when complete; otherwise why it ended and how to go on.
  Status status;
};

// What a list holds, without sending anything.
struct ListFacts {
  uint64_t targets = 0;
  uint64_t lines = 0;
};
// kReject names the first wrong line.
Result<ListFacts> CheckList(const ImportOptions& options, DocumentReader* lines);

// `progress` gets targets applied and bytes read. Quarantining what is quarantined already changes nothing,
// so a list may be imported again.
ImportReport ImportTargets(const ImportOptions& options, DocumentReader* lines, CommandClient* client,
                           const std::function<void(uint64_t targets, uint64_t bytes)>& progress);

}  // namespace fracas::tools
