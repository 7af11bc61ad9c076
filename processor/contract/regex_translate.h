#pragma once

#include <string>
#include <string_view>

// ECMA-262 regular expressions (with the u flag, as JSON Schema recommends) in the syntax that RE2
// reads.

namespace fracas::contract {

// False and *error (what cannot be expressed, and what to use instead) for look-around,
// back-references and what is not ECMA-262. What RE2 itself refuses (unbalanced brackets, sizes) is
// left to RE2.
[[nodiscard]] bool TranslateRegex(std::string_view expression, std::string* translated,
                                  std::string* error);

}  // namespace fracas::contract
