#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Numbers the slow and obvious way, for comparing with: every digit written out, no exponent left.

namespace fracas::json {

// ± an integer, as decimal digits, scaled by 10^-scale.
struct SlowNumber {
  bool negative = false;
  std::string digits;  // no leading zeros; zero is ""
  size_t scale = 0;
};

// REQUIRES: a JSON number with a small exponent.
SlowNumber ReadSlowly(std::string_view token);
// Both scaled by the same power of ten.
void Align(SlowNumber* left, SlowNumber* right);
int CompareSlowly(SlowNumber left, SlowNumber right);
// By long division, one digit at a time. REQUIRES: divisor > 0.
bool IsMultipleSlowly(SlowNumber number, SlowNumber divisor);

}  // namespace fracas::json
