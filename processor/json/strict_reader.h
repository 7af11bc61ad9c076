#pragma once

#include <string_view>

#include "json/diagnose.h"

namespace fracas::json {

// Reads one UTF-8 document by the grammar, byte by byte, and says what is first wrong with it in
// the order that diagnose.h promises; encodings and size limits are Diagnose's own business. A byte
// order mark is an unexpected character here.
Diagnosis ReadStrictly(std::string_view text);

}  // namespace fracas::json
