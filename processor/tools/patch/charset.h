#pragma once

#include <string>
#include <string_view>

#include "core/status.h"

namespace fracas::tools {

// `bytes`, written in `charset` (cp1252, latin1, utf-16, shift_jis, … whatever iconv knows), as
// UTF-8 without a byte order mark. Of charsets in which a byte is a character only the bytes that
// are not UTF-8 are taken, so that a document of both kinds is mended and not doubled; of all
// others the whole.
//
// A document that is UTF-8 already stays as it is. kReject: no such charset; bytes that it does not
// have, named with their place.
Result<std::string> Transcode(std::string_view bytes, std::string_view charset);

}  // namespace fracas::tools
