#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/codes.h"

// `fracas codes [CODE…]`: the codes that a person asked for.

namespace fracas::tools {

struct CodeQueryResult {
  std::vector<const CodeInfo*> codes;      // ascending; empty: nothing matches
  std::vector<const CodeInfo*> suggestions;  // when nothing matches: at most 3, nearest first
};

// `query`: "" (all), a number ("2103"), the first digits of numbers ("2", "21"), a name in any case
// ("type_mismatch", "type-mismatch"), or the beginning of names ("CDE").
CodeQueryResult FindCodes(std::string_view query);

// "record form", "record content", … by the number's first digit.
std::string_view LayerOf(const CodeInfo& info);

}  // namespace fracas::tools
