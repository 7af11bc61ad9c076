#pragma once

#include <string>

#include "ledger/ledger.h"

namespace fracas::ledger {

// {"foreign": n, "unreadable": n, "unseen": n, "restored": n, "restore_target": n, "trouble": text,
//  "counts": [{"stream", "code", "name", "open", "resolved", "discarded", "expired",
//              "oldest_open": RFC 3339 | null, "ends": RFC 3339 | null}]}
std::string CountsJson(const LedgerFacts& facts);

}  // namespace fracas::ledger
