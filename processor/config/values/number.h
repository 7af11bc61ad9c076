#pragma once

#include <cstdint>
#include <string_view>

// Numbers and times as text, exactly: the whole text or nothing.

namespace fracas::config {

bool ParseInteger(std::string_view text, int64_t* value);
// Decimal, finite: 0.05, 2, 1e-3; not .5, 1., inf or hexadecimal.
bool ParseDouble(std::string_view text, double* value);
// 2026-01-31T00:00:00Z, 2026-01-31T02:00:00.250+02:00 → milliseconds since the Unix epoch.
bool ParseRfc3339(std::string_view text, int64_t* ms);
// Z, +02:00, -05:30 → minutes east of UTC.
bool ParseZone(std::string_view text, int64_t* minutes);

}  // namespace fracas::config
