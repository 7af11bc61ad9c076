#pragma once

#include <string>
#include <string_view>

// Percent-encoding as RFC 3986 has it.

namespace fracas {

// `text` with everything but A-Z a-z 0-9 - . _ ~ and what `kept` names as %XX.
std::string PercentEncode(std::string_view text, std::string_view kept = {});
// "%41" → "A". False when a percent sign is not followed by two hex digits.
[[nodiscard]] bool PercentDecode(std::string_view text, std::string* decoded);

}  // namespace fracas
