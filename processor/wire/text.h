#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fracas::wire {

// Appends `text` as valid UTF-8 (what is not becomes U+FFFD) of at most `bytes_max` bytes; longer
// text is cut at a code point and ends in "…". REQUIRES: bytes_max >= 3.
void AppendText(std::string_view text, size_t bytes_max, std::string* out);

// A whole number in decimal, nothing else around it, within [min, max].
[[nodiscard]] bool ParseInt(std::string_view text, int64_t min, int64_t max, int64_t* value);

}  // namespace fracas::wire
