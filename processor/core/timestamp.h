#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Points in time as text on the wire and in logs: RFC 3339, UTC, milliseconds.

namespace fracas {

// "2026-01-31T12:00:00.000Z". Times outside the years 0000 to 9999 become the nearest one inside.
std::string FormatTimestamp(int64_t unix_ms);
// Reads exactly what FormatTimestamp writes; false for anything else.
[[nodiscard]] bool ParseTimestamp(std::string_view text, int64_t* unix_ms);

}  // namespace fracas
