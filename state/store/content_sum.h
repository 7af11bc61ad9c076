#pragma once

#include <cstdint>
#include <string_view>

namespace fracas::state {

// What a set of keys and values adds up to: the number of pairs and two sums of 64-bit hashes. It
// follows each change at the price of two hashes, and does not depend on order. Read back and
// summed again, it finds what checksums of single blocks cannot: a log or a table file that is
// missing as a whole, a change that was lost. It guards against damage, not against forgery.
struct ContentSum {
  uint64_t pairs = 0;
  uint64_t low = 0;
  uint64_t high = 0;

  void Add(std::string_view key, std::string_view value);
  // REQUIRES: was added.
  void Remove(std::string_view key, std::string_view value);
  bool operator==(const ContentSum&) const = default;
};

}  // namespace fracas::state
