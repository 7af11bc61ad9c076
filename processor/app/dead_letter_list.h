#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/server.h"
#include "core/status.h"
#include "ledger/ledger.h"
#include "tools/live_state.h"

namespace fracas::app {

// What GET /state/dead_letters answers:
//
//   ?stream= &code= &state=open|resolved|discarded|expired &id= | &id_base64= | &record= &since= &until=
//   &after= &limit= &count=false
//   → { "letters": [{"topic", "partition", "offset", "source": "topic/partition/offset", "stream", "code",
//     "code_number", "state", "judged": time, "attempt", "replay_count", "fingerprint",
//     "id" | "id_base64" | absent}], "next": text | null, "open": n | null }
//
// `open` is how many of those that were asked for are open: of all of them, not of the page. kRetry: they are
// too many to count in the time that an answer has; with count=false nobody counts (null), which is for those
// who read all pages. kReject: a wrong question.
// The ledger's counts by stream, those of the streams that are configured.
std::map<std::string, tools::LetterCounts, std::less<>> LetterCountsOf(
    const ledger::LedgerFacts& facts, const std::vector<std::string>& streams);

Result<std::string> DeadLetterList(const ledger::Index& index, const api::Request& request);

}  // namespace fracas::app
