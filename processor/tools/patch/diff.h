#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/inspect/redaction.h"

namespace fracas::tools {

// One place where two versions of a document differ: bytes [begin, end) of each, whole characters.
struct Hunk {
  size_t before_begin = 0;
  size_t before_end = 0;
  size_t after_begin = 0;
  size_t after_end = 0;
};
// Ascending; neighbours that are closer than a few characters are one. The smallest difference
// where the documents are similar, one hunk for everything between the first and the last
// difference where they are not.
std::vector<Hunk> Differences(std::string_view before, std::string_view after);

// A hunk for people: where it is, and a line of each version with the place marked; hidden values
// stay hidden.
struct ShownHunk {
  std::string pointer;  // "" at the top, or where it cannot be told
  size_t line = 1;      // in the version before, columns in characters, both from 1
  size_t column = 1;
  size_t byte = 0;
  Window before;
  Window after;
};
struct DiffInput {
  std::string_view before;
  std::string_view after;
  const std::vector<std::string>* sensitive = nullptr;  // pointers; null: nothing is hidden
};
// At most `hunks_max` of them; `*total` says how many there are.
std::vector<ShownHunk> ShowDifferences(const DiffInput& input, size_t hunks_max, size_t* total);

}  // namespace fracas::tools
