#include "contract/formats.h"

#include <array>
#include <string>
#include <utility>

#include "contract/patterns.h"

namespace fracas::contract {
namespace {

constexpr std::array<std::pair<std::string_view, Format>, 18> kNames = {{
    {"date-time", Format::kDateTime},
    {"date", Format::kDate},
    {"time", Format::kTime},
    {"duration", Format::kDuration},
    {"email", Format::kEmail},
    {"idn-email", Format::kIdnEmail},
    {"hostname", Format::kHostname},
    {"ipv4", Format::kIpv4},
    {"ipv6", Format::kIpv6},
    {"uri", Format::kUri},
    {"uri-reference", Format::kUriReference},
    {"iri", Format::kIri},
    {"iri-reference", Format::kIriReference},
    {"uuid", Format::kUuid},
    {"json-pointer", Format::kJsonPointer},
    {"relative-json-pointer", Format::kRelativeJsonPointer},
    {"regex", Format::kRegex},
    {"uri-template", Format::kUriTemplate},
}};

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

bool IsJsonPointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') continue;
    if (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')) return false;
  }
  return true;
}

bool IsRelativeJsonPointer(std::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits == 0 || (digits > 1 && text.front() == '0')) return false;
  text.remove_prefix(digits);
  return text == "#" || IsJsonPointer(text);
}

bool IsRegex(std::string_view text) {
  std::string error;
  return Pattern::Compile(text, &error) != nullptr;
}

}  // namespace

std::optional<Format> FindFormat(std::string_view name) {
  for (const auto& [known, format] : kNames) {
    if (known == name) return format;
  }
  return std::nullopt;
}

std::string_view Name(Format format) { return kNames[static_cast<size_t>(format)].first; }

bool Matches(Format format, std::string_view text) {
  switch (format) {
    case Format::kDateTime: return IsDateTime(text);
    case Format::kDate: return IsDate(text);
    case Format::kTime: return IsTime(text);
    case Format::kDuration: return IsDuration(text);
    case Format::kEmail: return IsEmail(text, false);
    case Format::kIdnEmail: return IsEmail(text, true);
    case Format::kHostname: return IsHostname(text);
    case Format::kIpv4: return IsIpv4(text);
    case Format::kIpv6: return IsIpv6(text);
    case Format::kUri: return IsUri(text, false);
    case Format::kUriReference: return IsUriReference(text, false);
    case Format::kIri: return IsUri(text, true);
    case Format::kIriReference: return IsUriReference(text, true);
    case Format::kUuid: return IsUuid(text);
    case Format::kJsonPointer: return IsJsonPointer(text);
    case Format::kRelativeJsonPointer: return IsRelativeJsonPointer(text);
    case Format::kRegex: return IsRegex(text);
    case Format::kUriTemplate: return IsUriTemplate(text);
  }
  return false;
}

}  // namespace fracas::contract
