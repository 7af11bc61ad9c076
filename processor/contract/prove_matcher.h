#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "contract/prove_text.h"

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
  // Not 0: every text that matches has at most 16 bytes, each in a range: lows[i] … lows[i] +
  // spans[i].
  uint32_t block_mask = 0;
  std::array<uint8_t, kBlock> lows{};
  std::array<uint8_t, kBlock> spans{};
};

// Nothing where the expression is something else: alternatives, groups, classes beyond ASCII, no ^
// in front, or runs that could be cut in more than one way.
std::optional<Matcher> CompileMatcher(std::string_view expression);

// `text` is what the pattern looks for: the same answer as Pattern::Search. Reads up to 15 bytes
// past the text, which must be readable.
bool MatchRuns(const Matcher& matcher, const uint8_t* text, size_t size);
inline bool Match(const Matcher& matcher, const uint8_t* text, size_t size) {
  if (matcher.block_mask == 0) return MatchRuns(matcher, text, size);
  if (size != matcher.size_fixed) return false;
  const Block lows = LoadBlock(matcher.lows.data());
  const Block spans = LoadBlock(matcher.spans.data());
  return (RangeMask(LoadBlock(text), lows, spans) & matcher.block_mask) == matcher.block_mask;
}

}  // namespace fracas::contract
