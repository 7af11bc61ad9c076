#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/inspect/redaction.h"

namespace fracas::tools {

// The hidden bytes of a document before and after a change.
struct RedactedPair {
  Redaction before;
  Redaction after;
};
// A sensitive value stays hidden where it went: what is new on one side and says what is sensitive
// on either of them, and, where a sensitive place is there on one side only, all that is new on the
// other.
RedactedPair RedactPair(std::string_view before, std::string_view after,
                        const std::vector<std::string>& sensitive);

}  // namespace fracas::tools
