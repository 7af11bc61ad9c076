#pragma once

#include <string>
#include <string_view>

namespace fracas::formats {

// What a Java stack trace begins with, and what it was caused by in the end.
struct Cause {
  std::string class_name;
  std::string message;  // its first line; "" when it has none
};

// The innermost cause: of the last "Caused by: " line, or of the first line when there is none.
// Suppressed exceptions, which are indented, do not count. Empty when `trace` is none.
Cause InnermostCause(std::string_view trace);

}  // namespace fracas::formats
