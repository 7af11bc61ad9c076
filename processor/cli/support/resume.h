#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/control_session.h"
#include "cli/support/verification.h"
#include "tools/command_client.h"

// The steps of `data-patcher resume-pipeline`: what is stopped and what changed since, the reset,
// the trial, and the note of what came of it.

namespace fracas::cli {

// A stream that does not flow, and what happened since it was stopped.
struct Stopped {
  tools::StreamLive live;
  tools::Evidence evidence;
  std::string contract_then;                // that held it; "" not known or none
  std::string contract_now;                 // of the configuration; "" none
  uint64_t quarantined = 0;                 // ids and records that were set aside since
  std::vector<std::string> quarantined_by;  // the first few: who and why
};

Result<Stopped> Examine(ControlSession* session, const GroupArguments& group,
                        const std::string& stream);
void PrintStopped(const Stopped& stopped, int64_t now_ms);

// What the reset came to.
struct Trial {
  std::string stream;
  std::optional<wire::JournalEntry> reset;  // nullopt: it was being tried already
  state::Breaker breaker;                   // as it was seen last
  bool green() const { return breaker.state == state::BreakerState::kGreen; }
};

struct ResumePlan {
  ChangeArguments change;
  std::string contract;  // --contract
  int64_t timeout_ms = 0;
};

// Resets and waits until the ranges passed or failed. kStop: refused, or the time is over; the
// message says what to look at.
Result<Trial> TryAgain(ControlSession* session, const Stopped& stopped, const ResumePlan& plan);

// Writes down in the journal that the recovery was verified, or what is missing.
Result<wire::JournalEntry> WriteNote(ControlSession* session, const VerifiedStream& stream,
                                     const ChangeArguments& change);

}  // namespace fracas::cli
