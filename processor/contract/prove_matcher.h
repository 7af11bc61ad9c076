#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "contract/patterns.h"

// Patterns that are nothing but a sequence of character sets with counts, such as
// ^[A-Z]{2}[0-9]{6}$: most patterns of real contracts. They run byte by byte without backtracking,
// because no run of a set can swallow what the next set needs.

namespace fracas::contract {

// `least` to `most` bytes of the set. A set is ASCII only.
struct MatcherRun {
  std::array<uint64_t, 2> set{};  // one bit a byte below 0x80
  uint32_t least = 1;
  uint32_t most = 1;
  bool one_range = false;  // the set is first … last: eight bytes at a time
  uint8_t first = 0;
  uint8_t last = 0;
};

struct Matcher {
  std::vector<MatcherRun> runs;
  bool to_end = true;       // ends in $
  uint32_t size_fixed = 0;  // of every text that matches, 0 if sizes differ
};

// Nothing where the expression is something else: alternatives, groups, classes beyond ASCII, no ^
// in front, or runs that could be cut in more than one way.
std::optional<Matcher> CompileMatcher(std::string_view expression);

// `text` is what the pattern looks for: the same answer as Pattern::Search. Reads up to seven bytes
// past the text, which must be readable.
bool Match(const Matcher& matcher, const uint8_t* text, size_t size);

}  // namespace fracas::contract
