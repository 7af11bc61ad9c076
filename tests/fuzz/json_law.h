#pragma once

#include <string>
#include <string_view>

namespace fracas::fuzz {

// What holds for every sequence of bytes: the two readers of JSON accept the same documents; what
// is refused has a code and a text at a byte of the document; what is accepted tiles, reads back
// and can be written again. Empty, or what does not hold.
std::string CheckJsonLaw(std::string_view document);

}  // namespace fracas::fuzz
