#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/log_tail.h"
#include "ports/outbox.h"
#include "wire/command.h"
#include "wire/journal.h"

// Sends commands to a group's authority and waits until the journal says what became of them. Every command
// carries `not_after`: one that nobody read in time is refused by whoever reads it later, so that it cannot
// strike when its sender has long given up.

namespace fracas::tools {

struct CommandPorts {
  Outbox* outbox = nullptr;
  LogTail* journal = nullptr;
  Admin* admin = nullptr;
  const Clock* clock = nullptr;
};

// What became of many commands.
struct BulkReport {
  uint64_t sent = 0;
  uint64_t applied = 0;
  // So many from the first on are applied without a hole: where to go on.
  uint64_t settled = 0;
  std::vector<wire::JournalEntry> refused;  // the first few
  uint64_t refused_count = 0;
  Status trouble;  // why it ended before its end; OK: it did not
};

// One thread; the ports outlive it.
class CommandClient {
 public:
  CommandClient(const CommandPorts& ports, std::string control_topic, std::string journal_topic)
      : ports_(ports), control_topic_(std::move(control_topic)), journal_topic_(std::move(journal_topic)) {}

  using Waiting = std::function<void(int64_t elapsed_ms)>;

  // Fills in time_ms and not_after_ms, sends, waits for the entry at most limits::kCommandWaitMsMax. An
  // entry may say "refused". A failure says whether the command may still be applied, until when, and how
  // to find out.
  Result<wire::JournalEntry> Send(wire::Command command, const Waiting& waiting);

  // The next command of many; false: there is none.
  using NextCommand = std::function<Result<bool>(wire::Command* command)>;
  using BulkProgress = std::function<void(const BulkReport& so_far)>;
  // Pipelined: up to kInFlightMax wait for their entries. Stops sending at the first refusal or failure and
  // waits for what is under way.
  BulkReport SendAll(const NextCommand& next, const BulkProgress& progress);

  static constexpr size_t kInFlightMax = 64;

 private:
  struct Flight;
  // Follows the journal from its present end: before anything is sent.
  Status Begin();
  // Encodes and checks the size.
  Result<std::string> Prepare(wire::Command* command) const;
  Status Fill(const NextCommand& next, Flight* flight);
  Status Collect(Flight* flight);
  Status Unknown(const wire::Command& command) const;

  const CommandPorts ports_;
  const std::string control_topic_;
  const std::string journal_topic_;
  bool begun_ = false;
};

}  // namespace fracas::tools
