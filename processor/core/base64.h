#pragma once

#include <string>
#include <string_view>

namespace fracas {

// Standard alphabet, with padding (RFC 4648, section 4).
std::string Base64(std::string_view bytes);
// Reads exactly what Base64 writes; false for anything else.
[[nodiscard]] bool DecodeBase64(std::string_view text, std::string* bytes);

}  // namespace fracas
