#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "tools/live_state.h"

// Reads a group's state from its topic, for whoever has no running instance to ask: the last value of each
// key, from the first offset to the high watermark of the moment it began.

namespace fracas::tools {

struct FoldOptions {
  std::string group;        // another group's topic is kStop
  std::string state_topic;
  LogReader* reader = nullptr;
  Admin* admin = nullptr;
  // What is kept of the quarantine: entries are counted anyway.
  enum class Keep : uint8_t { kCounts, kEntries };
  Keep keep = Keep::kCounts;
  std::string stream;       // kEntries: of this stream only; "" of all
  std::function<void(uint64_t done, uint64_t total)> progress;  // in offsets; may be empty
};

struct FoldedState {
  Offset offset = 0;        // everything below was read
  std::map<std::string, state::Breaker, std::less<>> breakers;      // by stream
  std::map<std::string, state::Ticket, std::less<>> tickets;        // by id
  std::map<std::string, QuarantineCounts, std::less<>> quarantine;  // by stream
  std::map<state::QuarantineKey, state::QuarantineEntry> entries;   // with Keep::kEntries
};

// kStop: no such topic, another group's, a newer format; kRetry: the cluster did not answer.
Result<FoldedState> FoldState(const FoldOptions& options);

}  // namespace fracas::tools
