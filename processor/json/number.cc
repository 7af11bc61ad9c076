#include "json/number.h"

#include <algorithm>
#include <vector>

#include "json/token.h"

namespace fracas::json {
namespace {

constexpr int64_t kExponentMax = int64_t{1} << 62;
// Numbers are cut into groups of nine digits: the limbs of long division, base 10^9.
constexpr size_t kLimbDigits = 9;
constexpr uint32_t kLimbBase = 1'000'000'000;
// A divisor below 10^18 leaves remainders r with r * 10^9 < 2^128.
constexpr size_t kShortDigits = 18;

__extension__ using Wide = unsigned __int128;

size_t DigitCount(const Decimal& number) {
  return number.integer_digits.size() + number.fraction_digits.size();
}

char DigitAt(const Decimal& number, size_t index) {
  const size_t integers = number.integer_digits.size();
  return index < integers ? number.integer_digits[index] : number.fraction_digits[index - integers];
}

int64_t ParseExponent(std::string_view text) {
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  int64_t value = 0;
  for (const char character : text) {
    const int64_t digit = character - '0';
    if (value > (kExponentMax - digit) / 10) {
      value = kExponentMax;
      break;
    }
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

// Digits as the limbs of long division, most significant first; `zeros` more are appended.
class LimbReader {
 public:
  LimbReader(const Decimal& number, size_t zeros)
      : number_(number), digits_(DigitCount(number)), total_(digits_ + zeros) {}

  bool AtEnd() const { return position_ == total_; }

  // The first limb takes what is left over when the rest is cut into nines.
  uint32_t Next() {
    const size_t rest = (total_ - position_) % kLimbDigits;
    uint32_t limb = 0;
    for (size_t i = rest == 0 ? kLimbDigits : rest; i > 0; --i, ++position_) {
      const uint32_t digit =
          position_ < digits_ ? static_cast<uint32_t>(DigitAt(number_, position_) - '0') : 0;
      limb = limb * 10 + digit;
    }
    return limb;
  }

 private:
  const Decimal& number_;
  size_t digits_;
  size_t total_;
  size_t position_ = 0;
};

bool DividesShort(const Decimal& divisor, LimbReader* dividend) {
  uint64_t modulus = 0;
  for (LimbReader limbs(divisor, 0); !limbs.AtEnd();) modulus = modulus * kLimbBase + limbs.Next();
  uint64_t remainder = 0;
  while (!dividend->AtEnd()) {
    const Wide next = static_cast<Wide>(remainder) * kLimbBase + dividend->Next();
    remainder = static_cast<uint64_t>(next % modulus);
  }
  return remainder == 0;
}

// Schoolbook long division that keeps only the remainder. Limbs are least significant first.
class LongRemainder {
 public:
  explicit LongRemainder(const Decimal& divisor) {
    for (LimbReader limbs(divisor, 0); !limbs.AtEnd();) divisor_.push_back(limbs.Next());
    std::reverse(divisor_.begin(), divisor_.end());
    remainder_.assign(divisor_.size() + 1, 0);
    // Scaling both sides so that the leading limb is at least half the base makes the estimate of a
    // quotient limb from the leading limbs at most two too large (Knuth, The Art of Computer
    // Programming, 4.3.1, theorem B). The dividend is scaled limb by limb in Push.
    scale_ = kLimbBase / (divisor_.back() + 1);
    uint64_t carry = 0;
    for (uint32_t& limb : divisor_) {
      carry += uint64_t{limb} * scale_;
      limb = static_cast<uint32_t>(carry % kLimbBase);
      carry /= kLimbBase;
    }
  }

  // remainder = (remainder * base + limb * scale) mod divisor. The product may exceed a limb; its
  // upper part is added where the remainder's lowest limb moves to.
  void Push(uint32_t limb) {
    const uint64_t scaled = uint64_t{limb} * scale_;
    AddAtLowest(static_cast<uint32_t>(scaled / kLimbBase));
    Reduce();
    std::rotate(remainder_.rbegin(), remainder_.rbegin() + 1, remainder_.rend());
    remainder_[0] = static_cast<uint32_t>(scaled % kLimbBase);
    Reduce();
  }

  bool zero() const {
    return std::all_of(remainder_.begin(), remainder_.end(),
                       [](uint32_t limb) { return limb == 0; });
  }

 private:
  void AddAtLowest(uint32_t value) {
    for (uint32_t& limb : remainder_) {
      if (value == 0) return;
      const uint32_t sum = limb + value;
      limb = sum % kLimbBase;
      value = sum / kLimbBase;
    }
  }

  // Subtracts the divisor as often as it fits; the remainder has one limb more than the divisor.
  void Reduce() {
    const size_t top = divisor_.size();
    const uint64_t leading = uint64_t{remainder_[top]} * kLimbBase + remainder_[top - 1];
    uint64_t quotient = std::min<uint64_t>(leading / divisor_[top - 1], kLimbBase - 1);
    if (quotient == 0) return;
    int64_t borrow = 0;
    for (size_t i = 0; i < top; ++i) {
      const auto product = static_cast<int64_t>(quotient * divisor_[i]);
      borrow = SubtractLimb(product + borrow, &remainder_[i]);
    }
    int64_t leading_limb = int64_t{remainder_[top]} - borrow;
    while (leading_limb < 0) leading_limb += AddDivisor();
    remainder_[top] = static_cast<uint32_t>(leading_limb);
  }

  // Takes `amount` from a limb and returns what the next one must lend.
  static int64_t SubtractLimb(int64_t amount, uint32_t* limb) {
    int64_t borrow = amount / kLimbBase;
    int64_t rest = int64_t{*limb} - amount % kLimbBase;
    if (rest < 0) {
      rest += kLimbBase;
      ++borrow;
    }
    *limb = static_cast<uint32_t>(rest);
    return borrow;
  }

  // Puts back one divisor that was subtracted too much; returns the carry into the leading limb.
  int64_t AddDivisor() {
    uint32_t carry = 0;
    for (size_t i = 0; i < divisor_.size(); ++i) {
      const uint32_t sum = remainder_[i] + divisor_[i] + carry;
      remainder_[i] = sum % kLimbBase;
      carry = sum / kLimbBase;
    }
    return carry;
  }

  std::vector<uint32_t> divisor_;
  std::vector<uint32_t> remainder_;
  uint32_t scale_ = 1;
};

std::strong_ordering CompareMagnitude(const Decimal& left, const Decimal& right) {
  const size_t left_count = DigitCount(left);
  const size_t right_count = DigitCount(right);
  const int64_t left_top = left.exponent + static_cast<int64_t>(left_count);
  const int64_t right_top = right.exponent + static_cast<int64_t>(right_count);
  if (left_top != right_top) return left_top <=> right_top;
  for (size_t i = 0; i < std::min(left_count, right_count); ++i) {
    const char left_digit = DigitAt(left, i);
    const char right_digit = DigitAt(right, i);
    if (left_digit != right_digit) return left_digit <=> right_digit;
  }
  return left_count <=> right_count;  // the last digit is never zero
}

}  // namespace

Decimal ParseDecimal(std::string_view token) {
  const auto take_digits = [&token] {
    const size_t end = token.find_first_not_of("0123456789");
    const std::string_view digits = token.substr(0, end);
    token.remove_prefix(digits.size());
    return digits;
  };
  const auto trim_front = [](std::string_view* digits) {
    digits->remove_prefix(std::min(digits->find_first_not_of('0'), digits->size()));
  };
  const auto trim_back = [](std::string_view* digits) {
    digits->remove_suffix(digits->size() - (digits->find_last_not_of('0') + 1));
  };

  Decimal number;
  number.negative = token.starts_with('-');
  if (number.negative) token.remove_prefix(1);
  number.integer_digits = take_digits();
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    number.fraction_digits = take_digits();
  }
  trim_front(&number.integer_digits);
  trim_back(&number.fraction_digits);
  number.exponent = -static_cast<int64_t>(number.fraction_digits.size());
  if (number.integer_digits.empty()) trim_front(&number.fraction_digits);
  if (number.fraction_digits.empty()) {
    const size_t before = number.integer_digits.size();
    trim_back(&number.integer_digits);
    number.exponent = static_cast<int64_t>(before - number.integer_digits.size());
  }
  if (number.zero()) return {};
  if (!token.empty()) {
    const int64_t written = ParseExponent(token.substr(1));
    number.exponent = std::clamp(number.exponent + written, -kExponentMax, kExponentMax);
  }
  return number;
}

// Trailing zeros are in the exponent, so a negative one means a fraction.
bool IsInteger(const Decimal& number) { return number.exponent >= 0; }

std::strong_ordering Compare(const Decimal& left, const Decimal& right) {
  if (left.zero() && right.zero()) return std::strong_ordering::equal;
  if (left.zero())
    return right.negative ? std::strong_ordering::greater : std::strong_ordering::less;
  if (right.zero())
    return left.negative ? std::strong_ordering::less : std::strong_ordering::greater;
  if (left.negative != right.negative) {
    return left.negative ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return left.negative ? CompareMagnitude(right, left) : CompareMagnitude(left, right);
}

bool IsMultipleOf(const Decimal& number, const Decimal& divisor) {
  if (number.zero()) return true;
  // N * 10^a is a multiple of D * 10^b when D divides N * 10^(a - b). With a < b that would need a
  // power of ten in N, which has no trailing zero.
  if (number.exponent < divisor.exponent) return false;
  // Powers of ten help as long as D has twos and fives left, which is less often than four times
  // for each of its digits: more of them change nothing, however large the exponent.
  const uint64_t shift =
      static_cast<uint64_t>(number.exponent) - static_cast<uint64_t>(divisor.exponent);
  const size_t divisor_digits = DigitCount(divisor);
  const size_t zeros = static_cast<size_t>(std::min<uint64_t>(shift, 4 * divisor_digits));
  LimbReader dividend(number, zeros);
  if (divisor_digits <= kShortDigits) return DividesShort(divisor, &dividend);
  LongRemainder remainder(divisor);
  while (!dividend.AtEnd()) remainder.Push(dividend.Next());
  return remainder.zero();
}

uint64_t Hash(const Decimal& number) {
  constexpr uint64_t kPrime = 0x9E3779B97F4A7C15;
  uint64_t hash = static_cast<uint64_t>(number.exponent) + (number.negative ? 1 : 0) * kPrime;
  const auto mix = [&hash](std::string_view digits) {
    for (const char digit : digits) {
      hash = (hash ^ static_cast<uint8_t>(digit)) * kPrime;
      hash ^= hash >> 29;
    }
  };
  mix(number.integer_digits);
  mix(number.fraction_digits);
  return hash;
}

bool ToInt64(const Decimal& number, int64_t* value) {
  const size_t digits = DigitCount(number);
  constexpr int64_t kDigitsMax = 19;
  if (number.exponent < 0 || number.exponent > kDigitsMax || digits > kDigitsMax ||
      static_cast<int64_t>(digits) + number.exponent > kDigitsMax) {
    return false;
  }
  uint64_t magnitude = 0;  // 19 digits fit
  for (size_t i = 0; i < digits; ++i) {
    magnitude = magnitude * 10 + static_cast<uint64_t>(DigitAt(number, i) - '0');
  }
  for (int64_t i = 0; i < number.exponent; ++i) magnitude *= 10;
  const uint64_t limit = static_cast<uint64_t>(INT64_MAX) + (number.negative ? 1 : 0);
  if (magnitude > limit) return false;
  *value = static_cast<int64_t>(number.negative ? 0 - magnitude : magnitude);
  return true;
}

}  // namespace fracas::json
