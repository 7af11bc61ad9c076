#pragma once

#include <cstdint>
#include <string_view>

namespace fracas::config {

// What a plain (unquoted) scalar would be read as by one YAML reader or another.
enum class PlainLook : uint8_t {
  kText,
  kInteger,
  kFraction,
  kBoolean,  // true, false
  kNull,
  kOctal,    // 010, 0o10, 0x1F, 0b1, 1_000: read differently by different readers
  kWord,     // yes, no, on, off, y, n: a boolean for YAML 1.1
  kSixties,  // 1:30: a number for YAML 1.1
};
PlainLook LookOf(std::string_view text);

// 010, 0o10, 0x1F, 0b1, 1_000, with or without a sign.
bool LooksOctal(std::string_view text);
// 1:30, 12:30:45.
bool LooksSixties(std::string_view text);

bool IsDigit(char c);
// At least one, and nothing else.
bool AllDigits(std::string_view text);
std::string_view WithoutSign(std::string_view text);

}  // namespace fracas::config
