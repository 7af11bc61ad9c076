#pragma once

#include <string>
#include <string_view>

// A value of a document as a short piece of text.

namespace fracas::contract {

// What begins at a byte of a well-formed document.
struct FoundValue {
  std::string kind;     // "string", "integer", "object", … ; "" where nothing begins
  std::string excerpt;  // the token, bounded, unprintable characters as escapes; "" for containers
};
FoundValue FindValue(std::string_view document, size_t byte);

// "3 days", "2 h 5 min", "12 s".
std::string DurationText(uint64_t seconds);
// "U+202E RIGHT-TO-LEFT OVERRIDE".
std::string CharacterText(uint32_t code_point);

}  // namespace fracas::contract
