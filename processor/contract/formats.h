#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "contract/contract.h"

// The values of the keyword `format`, as assertions, and event times.

namespace fracas::contract {

enum class Format : uint8_t {
  kDateTime,
  kDate,
  kTime,
  kDuration,
  kEmail,
  kIdnEmail,
  kHostname,
  kIpv4,
  kIpv6,
  kUri,
  kUriReference,
  kIri,
  kIriReference,
  kUuid,
  kJsonPointer,
  kRelativeJsonPointer,
  kRegex,
  kUriTemplate,
};

// Nothing for a name that is not asserted (an unknown format is an annotation).
std::optional<Format> FindFormat(std::string_view name);
std::string_view Name(Format format);
// `text` is UTF-8 with escapes resolved.
bool Matches(Format format, std::string_view text);

// The parts of Matches, by family. Dates and times are RFC 3339's with an offset, durations ISO
// 8601's as in RFC 3339 appendix A; addresses are RFC 5321, 1123, 2673 and 4291; references RFC
// 3986 and 3987.
bool IsDate(std::string_view text);
bool IsTime(std::string_view text);
bool IsDateTime(std::string_view text);
bool IsDuration(std::string_view text);
bool IsEmail(std::string_view text, bool international);
bool IsHostname(std::string_view text);
bool IsIpv4(std::string_view text);
bool IsIpv6(std::string_view text);
bool IsUriReference(std::string_view text, bool international);
bool IsUri(std::string_view text, bool international);
bool IsUriTemplate(std::string_view text);

// Milliseconds since 1970-01-01T00:00:00Z of an RFC 3339 text, fractions of a millisecond dropped.
// The offset may be missing, then `zone_offset_minutes` applies; a space may stand for the T. False
// when it is not such a time.
[[nodiscard]] bool ParseRfc3339(std::string_view text, int32_t zone_offset_minutes,
                                int64_t* time_ms);
// As the rule says, from a string's text or a number's token (numbers only for the unix formats,
// strings of digits too). False when it is not such a time or does not fit.
[[nodiscard]] bool ParseEventTime(const EventTimeRule& rule, bool is_string, std::string_view text,
                                  int64_t* time_ms);

}  // namespace fracas::contract
