#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contract/contract.h"

// Random contracts, and documents that have a good chance to fulfil them.

namespace fracas::fuzz {

// Decisions taken from bytes; zeros when they run out.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}
  // 0 … bound - 1; bound ≤ 256.
  size_t Below(size_t bound) {
    if (at_ >= bytes_.size()) return 0;
    return static_cast<uint8_t>(bytes_[at_++]) % bound;
  }
  bool OneIn(size_t n) { return Below(n) == n - 1; }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }
  bool exhausted() const { return at_ >= bytes_.size(); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

// A schema and texts of values, most of which fulfil it.
struct SchemaCase {
  std::string schema;
  std::vector<std::string> values;
};

SchemaCase MakeSchema(Choices* choices, int depth);
contract::Rules MakeRules(Choices* choices);
// The same document or one with a few bytes changed, spread out with white space, cut or doubled.
std::string Disturb(std::string document, Choices* choices);

}  // namespace fracas::fuzz
