#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

// JSON numbers by value, exactly and without conversion to binary: 1.0 is an integer, 1e400 and
// 2^64 are numbers, 0.1 + 0.2 problems do not exist. Costs are linear in the length of the text
// (IsMultipleOf: in the product of both lengths) and do not depend on the exponent. Only
// IsMultipleOf allocates, and only for divisors of more than 18 digits.

namespace fracas::json {

// A number token taken apart; views into the token. Minus zero is zero. value = ±digits ×
// 10^exponent, where `digits` are integer then fraction with the decimal point skipped, without
// leading or trailing zeros (zero: none).
struct Decimal {
  bool negative = false;
  std::string_view integer_digits;  // trimmed halves of the significand
  std::string_view fraction_digits;
  int64_t exponent = 0;  // of the last significant digit; what lies beyond ±2^62 counts as that
  bool zero() const { return integer_digits.empty() && fraction_digits.empty(); }
};

// REQUIRES: `token` is a well-formed JSON number.
Decimal ParseDecimal(std::string_view token);
bool IsInteger(const Decimal& number);
std::strong_ordering Compare(const Decimal& left, const Decimal& right);
// number / divisor is an integer. REQUIRES: divisor > 0.
bool IsMultipleOf(const Decimal& number, const Decimal& divisor);
// Equal numbers have equal hashes, whatever their spelling.
uint64_t Hash(const Decimal& number);
// False if it is not an integer or does not fit.
bool ToInt64(const Decimal& number, int64_t* value);

}  // namespace fracas::json
