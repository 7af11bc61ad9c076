#pragma once

#include <span>
#include <string_view>

#include "core/codes.h"

namespace fracas::config {

// What a stream may say of `code`: all three dispositions, those that do not publish what nobody
// could read or must not see, or none, when the code does not describe records.
std::span<const std::string_view> AllowedDispositions(const CodeInfo& code);

// Why not the others; "" where all three are allowed.
std::string_view WhyNotOthers(const CodeInfo& code);

}  // namespace fracas::config
