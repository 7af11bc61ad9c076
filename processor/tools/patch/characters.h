#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/status.h"

// Characters as people name them: which ones an operation is about, and what one is called.

namespace fracas::tools {

// Classes by the names that options take.
enum class CharacterClass : uint8_t {
  kControl,  // U+0000…U+001F, U+007F…U+009F; tab, line feed, carriage return only where they stand
             // raw
  kZeroWidth,     // U+200B…U+200D, U+2060, U+FEFF
  kBidi,          // U+202A…U+202E, U+2066…U+2069, U+200E, U+200F, U+061C
  kBom,           // U+FEFF
  kNoncharacter,  // U+FDD0…U+FDEF, U+xxFFFE, U+xxFFFF
  kSurrogate,     // halves of surrogate pairs, written as escapes
  kInvalid,       // bytes that are not UTF-8
};
inline constexpr size_t kCharacterClassCount = 7;
std::string_view Name(CharacterClass character_class);  // "control", "zero-width", …
bool Belongs(CharacterClass character_class, uint32_t code_point);

// One character of a document, as it is written there.
struct Character {
  uint32_t code_point = 0;  // the byte, where it is not UTF-8
  bool valid = true;        // false: a byte that is not UTF-8
  bool escaped = false;     // it stands there as \u001F, \n, …
};

// A set of characters. Immutable after Parse.
class CharacterSet {
 public:
  // Classes ("control,zero-width"), or characters in a row: themselves, as \x1F, \u200B, \u{1F600},
  // U+200B, \t \n \r \0 \\ \- , and ranges of two with a hyphen ("\x00-\x08\x0B"). kReject shows
  // how it is written.
  static Result<CharacterSet> Parse(std::string_view text);

  bool Contains(const Character& character) const;
  bool empty() const { return ranges_.empty() && !any_class_; }

 private:
  std::vector<std::pair<uint32_t, uint32_t>>
      ranges_;  // first and last, in the order they were written
  std::array<bool, kCharacterClassCount> classes_{};
  bool any_class_ = false;
};

// The characters of a text in the same notation (without ranges and classes): what they are
// replaced by.
Result<std::u32string> ParseCharacters(std::string_view text);

// "U+001F INFORMATION SEPARATOR ONE"; "byte 0xE9" where it is not UTF-8.
std::string CharacterName(const Character& character);

}  // namespace fracas::tools
