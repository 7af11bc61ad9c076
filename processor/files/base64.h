#pragma once

#include <string>
#include <string_view>

namespace fracas::files {

// Standard alphabet, with padding (RFC 4648, section 4).
std::string Base64(std::string_view bytes);

}  // namespace fracas::files
