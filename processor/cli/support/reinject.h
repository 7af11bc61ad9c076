#pragma once

#include <string>
#include <vector>

#include "cli/older_letters.h"
#include "cli/support/patch_session.h"
#include "tools/patch/replay_draft.h"
#include "tools/patch/replay_watch.h"

// From mended records to replays and what became of them.

namespace fracas::cli {

struct ReinjectRequest {
  std::string topic;
  std::string who;
  std::string why;
  int64_t wait_ms = 0;
  bool leave_original = false;  // a record that holds its stream is not quarantined
  bool force = false;           // also what is published or settled already
};

// The stream that reads the topic, and how many partitions that has.
struct ReinjectTarget {
  const config::Stream* stream = nullptr;
  std::string topic;
  int32_t partitions = 0;
};
// kReject: no stream of the configuration reads it, or that stream publishes nothing.
Result<ReinjectTarget> TargetOf(PatchSession* session, const std::string& topic);

// Why a record must not be sent again: it was published or settled, or a replay of it is under way.
struct Obstacle {
  std::string why{};        // "" it may be
  bool superseded = false;  // a newer dead letter of the same record stands for it
};
Result<Obstacle> WhyNot(PatchSession* session, const tools::Specimen& specimen, bool force);

struct Reinjected {
  std::vector<tools::ReplayFate> fates;  // parallel to the drafts
  std::vector<Offset> offsets;           // in the topic; kNoOffset: not sent
  std::vector<std::string> quarantined;  // records that held their stream and are isolated now
};
// The originals that hold the stream, which the reset would judge once more: they are to be
// quarantined first.
std::vector<std::string> HoldingRecords(const tools::StreamLive& live,
                                        const std::vector<tools::Specimen>& specimens);

// Quarantines `holding`, registers the tickets, waits until the instance here knows them, sends and
// waits. A failure says how far it came.
Result<Reinjected> Reinject(PatchSession* session, const ReinjectTarget& target,
                            const ReinjectRequest& request,
                            const std::vector<tools::ReplayDraft>& drafts,
                            const std::vector<std::string>& holding);

// Discards what is older than the letters of `specimens`, or than what their replays came back as.
// `specimens`: all that were found, also those that were left out.
OlderDiscarded DiscardOlderOf(PatchSession* session, const ReinjectTarget& target,
                              const std::vector<tools::Specimen>& specimens,
                              const Reinjected& done);

}  // namespace fracas::cli
