#pragma once

#include <string>

#include "core/status.h"
#include "ledger/ledger.h"

// What GET /state/dead_letters answers.
//
//   {"foreign": n, "unreadable": n, "unseen": n, "restored": n, "restore_target": n, "trouble": text,
//    "counts": [{"stream", "code", "name", "open", "resolved", "discarded", "expired",
//                "oldest_open": RFC 3339 | null, "ends": RFC 3339 | null}]}
//   {"letters": [letter], "next": text | null}
//   letter: {"topic", "partition", "offset", "source": {"topic", "partition", "offset"}, "stream", "code",
//            "name", "state", "judged", "timestamp", "attempt", "replay_count", "business_id" | null,
//            "fingerprint", "ended" | null, "resolution" | absent: {"ticket", "published" | null, "who", "why",
//            "time"}}

namespace fracas::ledger {

std::string ToJson(const LedgerFacts& facts);
std::string ToJson(const Index::Page& page);
std::string ToJson(const std::vector<Index::Found>& found);

// A question by the names that a URL carries; missing ones are "".
//   ""                                            the counts
//   record=topic/partition/offset                 the letters of one source record
//   list=true, stream=, code= (name or number), state=, business_id=, from=, to= (RFC 3339, UTC,
//   milliseconds), after=, limit=                 a page
// kReject: a value that cannot be understood, named.
Result<std::string> Answer(const Ledger& ledger,
                           const std::function<std::string(std::string_view name)>& parameter);

}  // namespace fracas::ledger
