#include "formats/stack_trace.h"

#include <algorithm>

namespace fracas::formats {

namespace {

constexpr std::string_view kCausedBy = "Caused by: ";

std::string_view FirstLine(std::string_view text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

// "org.example.Exception", "Exception": what Java lets a class be called.
bool IsClassName(std::string_view text) {
  const auto part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '$' || c == '-' || static_cast<unsigned char>(c) >= 0x80;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), part);
}

}  // namespace

Cause InnermostCause(std::string_view trace) {
  std::string_view line = FirstLine(trace);
  for (size_t at = 0; at != std::string_view::npos && at < trace.size();) {
    const std::string_view rest = trace.substr(at);
    if (rest.starts_with(kCausedBy)) line = FirstLine(rest.substr(kCausedBy.size()));
    const size_t end = trace.find('\n', at);
    at = end == std::string_view::npos ? end : end + 1;
  }
  const size_t colon = line.find(": ");
  const std::string_view name = line.substr(0, colon);
  if (!IsClassName(name)) return {};
  return {std::string(name),
          colon == std::string_view::npos ? "" : std::string(line.substr(colon + 2))};
}

}  // namespace fracas::formats
