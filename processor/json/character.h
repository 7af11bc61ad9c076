#pragma once

#include <cstdint>
#include <string>

// Characters named for messages, so that a text about a record need not contain the record's own.

namespace fracas::json {

// "U+007D RIGHT CURLY BRACKET"; without a name where we know none: "U+4E2D".
void AppendCharacter(uint32_t code_point, std::string* out);
// "byte 0xE9": something that is not UTF-8.
void AppendByte(uint8_t byte, std::string* out);

}  // namespace fracas::json
