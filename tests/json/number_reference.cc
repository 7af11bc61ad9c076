#include "tests/json/number_reference.h"

#include <algorithm>
#include <cstdlib>

namespace fracas::json {
namespace {

void StripLeadingZeros(std::string* digits) {
  digits->erase(0, std::min(digits->find_first_not_of('0'), digits->size()));
}

int CompareDigits(const std::string& left, const std::string& right) {
  if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  return left.compare(right);
}

// REQUIRES: left >= right.
std::string Subtract(std::string left, const std::string& right) {
  int borrow = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    char& digit = left[left.size() - 1 - i];
    int value = digit - '0' - borrow - (i < right.size() ? right[right.size() - 1 - i] - '0' : 0);
    borrow = value < 0 ? 1 : 0;
    value += 10 * borrow;
    digit = static_cast<char>('0' + value);
  }
  StripLeadingZeros(&left);
  return left;
}

}  // namespace

SlowNumber ReadSlowly(std::string_view token) {
  SlowNumber number;
  number.negative = token.front() == '-';
  if (number.negative) token.remove_prefix(1);
  const size_t e = token.find_first_of("eE");
  long exponent = e == std::string_view::npos ? 0 : std::strtol(token.data() + e + 1, nullptr, 10);
  token = token.substr(0, e);
  const size_t point = token.find('.');
  number.digits = std::string(token.substr(0, point));
  if (point != std::string_view::npos) {
    number.digits += token.substr(point + 1);
    exponent -= static_cast<long>(token.size() - point - 1);
  }
  if (exponent > 0) number.digits.append(static_cast<size_t>(exponent), '0');
  if (exponent < 0) number.scale = static_cast<size_t>(-exponent);
  StripLeadingZeros(&number.digits);
  return number;
}

void Align(SlowNumber* left, SlowNumber* right) {
  const size_t scale = std::max(left->scale, right->scale);
  for (SlowNumber* number : {left, right}) {
    if (!number->digits.empty()) number->digits.append(scale - number->scale, '0');
    number->scale = scale;
  }
}

int CompareSlowly(SlowNumber left, SlowNumber right) {
  Align(&left, &right);
  if (left.digits.empty() && right.digits.empty()) return 0;
  const bool left_below = left.negative && !left.digits.empty();
  const bool right_below = right.negative && !right.digits.empty();
  if (left_below != right_below) return left_below ? -1 : 1;
  const int magnitude = CompareDigits(left.digits, right.digits);
  return left_below ? -magnitude : magnitude;
}

bool IsMultipleSlowly(SlowNumber number, SlowNumber divisor) {
  Align(&number, &divisor);
  std::string remainder;
  for (const char digit : number.digits) {
    remainder.push_back(digit);
    StripLeadingZeros(&remainder);
    while (CompareDigits(remainder, divisor.digits) >= 0) {
      remainder = Subtract(remainder, divisor.digits);
    }
  }
  return remainder.empty();
}

}  // namespace fracas::json
