#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "contract/contract.h"

// What the stream's own rules say about one text. Both readers ask here, so that they cannot
// disagree.

namespace fracas::contract {

// Empty or nothing but white space, Unicode's included.
bool IsBlank(std::string_view text);
// One of the texts that mean "missing"; exact. `rules` come from a plan (sorted).
bool IsSentinel(const Rules& rules, std::string_view text);
// The code point belongs to a class that is forbidden.
bool IsForbidden(const std::array<bool, kCharacterClasses>& forbidden, uint32_t code_point);

// The first forbidden character of a string token.
struct CharacterAt {
  bool found = false;
  uint32_t code_point = 0;
  uint32_t byte =
      0;  // relative to `inner`: of the character itself or of the escape that stands for it
};
// `inner` is the token between its quotes: well-formed, escapes not resolved.
CharacterAt FindForbidden(const std::array<bool, kCharacterClasses>& forbidden,
                          std::string_view inner);

}  // namespace fracas::contract
