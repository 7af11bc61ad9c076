#include "wire/version.h"

#include <charconv>

#include "core/text.h"

namespace fracas::wire {

namespace {

bool ParseDecimal(std::string_view text, uint32_t* value) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool ParseVersion(std::string_view text, FormatVersion* version) {
  const size_t dot = text.find('.');
  return dot != std::string_view::npos && ParseDecimal(text.substr(0, dot), &version->major) &&
         ParseDecimal(text.substr(dot + 1), &version->minor);
}

Status CheckVersion(std::string_view what, std::string_view text) {
  FormatVersion version;
  if (!ParseVersion(text, &version)) {
    return Status::Reject(Cat("not a ", what, ": its format version must be \"major.minor\""));
  }
  if (version.major != kMajor) {
    return Status::Stop(Cat("a ", what, " of format ", version.major, ".", version.minor,
                            ", this program reads format ", kMajor,
                            ".x: a newer program wrote it, upgrade this one"));
  }
  return {};
}

}  // namespace fracas::wire
