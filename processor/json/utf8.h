#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// UTF-8, one code point at a time: for writing text and for telling what is wrong with it. The hot
// path leaves this to stage 1 (json/scan.h).

namespace fracas::json {

inline constexpr uint32_t kReplacementCharacter = 0xFFFD;

// One step through text that may be anything.
struct CodePoint {
  uint32_t value = 0;  // the code point; where it is not UTF-8, the first offending byte
  uint32_t size = 0;  // bytes taken, at least 1: where invalid, the longest beginning of a sequence
  bool valid = false;
  bool cut = false;  // invalid only because the text ends inside the sequence
};

// The code point that begins at `position`. REQUIRES: position < text.size().
CodePoint DecodeUtf8(std::string_view text, size_t position);

// Whether all of it is.
bool IsUtf8(std::string_view text);

// REQUIRES: a scalar value (not a surrogate, at most U+10FFFF).
void AppendUtf8(uint32_t code_point, std::string* out);

}  // namespace fracas::json
