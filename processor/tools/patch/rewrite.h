#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/patch/characters.h"

namespace fracas::tools {

// What becomes of the characters of a set.
struct CharacterEdit {
  CharacterSet set{};
  std::u32string replacement{};  // "": they are removed
  bool escape = false;           // they are written as escapes instead: the text stays the same
};

// Applies it inside strings (names included; a character that is written as an escape counts too),
// and outside of them to what is no JSON there anyhow: control characters, marks, bytes that are
// not UTF-8. Structure, numbers, literals and white space stay as they are. Every byte that is not
// meant is kept. `changed` counts the characters.
std::string EditCharacters(std::string_view document, const CharacterEdit& edit, uint64_t* changed);

// A character as it may stand in a JSON string, appended.
void AppendInString(uint32_t code_point, std::string* out);

}  // namespace fracas::tools
