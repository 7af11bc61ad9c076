#include "json/number.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include "tests/json/number_reference.h"

namespace fracas::json {
namespace {

__extension__ using Wide = unsigned __int128;

bool Multiple(std::string_view number, std::string_view divisor) {
  return IsMultipleOf(ParseDecimal(number), ParseDecimal(divisor));
}

int Sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

int Compared(std::string_view left, std::string_view right) {
  return Sign(Compare(ParseDecimal(left), ParseDecimal(right)));
}

std::string Digits(std::mt19937* random, size_t count) {
  std::string digits;
  for (size_t i = 0; i < count; ++i) {
    const bool zero = (*random)() % 3 == 0;  // runs of zeros are where trimming goes wrong
    digits.push_back(zero ? '0' : static_cast<char>('0' + (*random)() % 10));
  }
  return digits;
}

// A number token with at most so many digits before and behind the point.
std::string Token(std::mt19937* random, size_t digits_max, long exponent_max) {
  std::string token = (*random)() % 3 == 0 ? "-" : "";
  std::string whole = Digits(random, 1 + (*random)() % digits_max);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  token += whole;
  if ((*random)() % 2 == 0) token += "." + Digits(random, 1 + (*random)() % digits_max);
  if ((*random)() % 2 == 0) {
    const long range = 2 * exponent_max + 1;
    const long exponent =
        static_cast<long>((*random)() % static_cast<unsigned long>(range)) - exponent_max;
    token += ((*random)() % 2 == 0 ? "e" : "E") + std::to_string(exponent);
  }
  return token;
}

// The same value with another exponent.
std::string Respelled(const std::string& token, std::mt19937* random) {
  const size_t e = token.find_first_of("eE");
  const long exponent =
      e == std::string::npos ? 0 : std::strtol(token.c_str() + e + 1, nullptr, 10);
  const size_t zeros = (*random)() % 5;
  const bool fraction = token.find('.') != std::string::npos;
  std::string text = token.substr(0, e) + (fraction ? "" : ".") + std::string(zeros + 1, '0');
  return text + "e" + std::to_string(exponent);
}

TEST(Number, IsTakenApart) {
  const Decimal number =
      ParseDecimal("-00120.0450e-3");  // leading zeros never come from a document
  EXPECT_TRUE(number.negative);
  EXPECT_EQ(number.integer_digits, "120");
  EXPECT_EQ(number.fraction_digits, "045");
  EXPECT_EQ(number.exponent, -6);
  EXPECT_EQ(ParseDecimal("1200").integer_digits, "12");
  EXPECT_EQ(ParseDecimal("1200").exponent, 2);
  EXPECT_EQ(ParseDecimal("0.00120").fraction_digits, "12");
  EXPECT_EQ(ParseDecimal("0.00120").exponent, -4);
  for (const char* zero : {"0", "-0", "0.000", "-0.0e5", "0e999999999999999999999"}) {
    EXPECT_TRUE(ParseDecimal(zero).zero()) << zero;
    EXPECT_FALSE(ParseDecimal(zero).negative) << zero;
    EXPECT_EQ(ParseDecimal(zero).exponent, 0) << zero;
  }
}

TEST(Number, IntegersByValue) {
  for (const char* yes : {"0", "-0.0", "1", "1.0", "100e-2", "1.50e1", "1e400",
                          "18446744073709551616", "-3.000", "0e-5", "1e999999999999999999999"}) {
    EXPECT_TRUE(IsInteger(ParseDecimal(yes))) << yes;
  }
  for (const char* no : {"0.5", "1.01", "1e-1", "1.55e1", "10e-2", "1e-999999999999999999999"}) {
    EXPECT_FALSE(IsInteger(ParseDecimal(no))) << no;
  }
}

TEST(Number, ComparesExactly) {
  EXPECT_EQ(Compared("1.0", "1"), 0);
  EXPECT_EQ(Compared("-0", "0"), 0);
  EXPECT_EQ(Compared("0", "-1e-400"), 1);
  EXPECT_EQ(Compared("0", "1e-400"), -1);
  EXPECT_EQ(Compared("9007199254740993", "9007199254740992"), 1);  // equal as doubles
  EXPECT_EQ(Compared("0.1", "0.1000000000000000055511151231257827"), -1);
  EXPECT_EQ(Compared("1e400", "1e401"), -1);
  EXPECT_EQ(Compared("-1e400", "-1e401"), 1);
  EXPECT_EQ(Compared("12e1", "120"), 0);
  EXPECT_EQ(Compared("0.00012", "1.2e-4"), 0);
  EXPECT_EQ(Compared("100.001", "100.0010"), 0);
  EXPECT_EQ(Compared("1e999999999999999999999", "1e5"), 1);
  EXPECT_EQ(Compared("1e-999999999999999999999", "1e5"), -1);
  EXPECT_EQ(Compared("-1e999999999999999999999", "1e-999999999999999999999"), -1);
}

TEST(Number, MultiplesExactly) {
  EXPECT_TRUE(Multiple("0.0075", "0.0001"));
  EXPECT_FALSE(Multiple("0.00751", "0.0001"));
  EXPECT_TRUE(Multiple("4.35", "0.01"));
  EXPECT_TRUE(Multiple("-4.35", "0.01"));
  EXPECT_FALSE(Multiple("4.355", "0.01"));
  EXPECT_TRUE(Multiple("1e308", "1e-308"));
  EXPECT_FALSE(Multiple("1e308", "0.123456789"));
  EXPECT_TRUE(Multiple("1e308", "0.5"));
  EXPECT_TRUE(Multiple("1e308", "1.28"));
  EXPECT_FALSE(Multiple("1e1", "128"));
  EXPECT_TRUE(Multiple("1e7", "128"));
  EXPECT_FALSE(Multiple("1e6", "128"));
  EXPECT_TRUE(Multiple("1e18", "262144"));  // 2^18
  EXPECT_FALSE(Multiple("1e17", "262144"));
  EXPECT_TRUE(Multiple("12391239123", "1"));
  EXPECT_TRUE(Multiple("0", "7.25"));
  EXPECT_TRUE(Multiple("0e99999999999999999999", "1e-99999999999999999999"));
  EXPECT_TRUE(Multiple("1e99999999999999999999", "1e-99999999999999999999"));
  EXPECT_FALSE(Multiple("1e-99999999999999999999", "1e99999999999999999999"));
  EXPECT_FALSE(Multiple("1e999999999", "3"));
  EXPECT_TRUE(Multiple("18446744073709551616", "4294967296"));
  EXPECT_TRUE(Multiple("340282366920938463463374607431768211456", "18446744073709551616"));
  EXPECT_FALSE(Multiple("340282366920938463463374607431768211457", "18446744073709551616"));
  EXPECT_TRUE(Multiple("1e60", "1152921504606846976"));  // 2^60, 19 digits
  EXPECT_FALSE(Multiple("1e59", "1152921504606846976"));
}

TEST(Number, MultipleOfThreeHundredDigits) {
  std::mt19937 random(3);
  const std::string divisor = "7" + Digits(&random, 299);
  EXPECT_TRUE(Multiple(divisor, divisor));
  EXPECT_TRUE(Multiple(divisor + "e500", divisor));
  EXPECT_FALSE(Multiple("1" + divisor, divisor));
  EXPECT_TRUE(Multiple(divisor + std::string(299, '0') + divisor, divisor));
}

TEST(Number, AgreesWithTheSlowReference) {
  std::mt19937 random(11);
  for (int round = 0; round < 60'000; ++round) {
    const size_t digits = round % 4 == 0 ? 60 : 6;
    const std::string left = Token(&random, digits, 30);
    const std::string other =
        random() % 8 == 0 ? Respelled(left, &random) : Token(&random, digits, 30);
    ASSERT_EQ(Compared(left, other), Sign(CompareSlowly(ReadSlowly(left), ReadSlowly(other)) <=> 0))
        << left << " " << other;
    if (Compared(left, other) == 0) {
      ASSERT_EQ(Hash(ParseDecimal(left)), Hash(ParseDecimal(other))) << left << " " << other;
    }
  }
}

TEST(Number, MultiplesAgreeWithTheSlowReference) {
  std::mt19937 random(12);
  int multiples = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string divisor = Token(&random, round % 3 == 0 ? 40 : 3, 10);
    if (divisor.front() == '-') divisor.erase(0, 1);
    if (ParseDecimal(divisor).zero()) continue;
    const std::string number = Token(&random, round % 5 == 0 ? 80 : 4, 40);
    const bool expected = IsMultipleSlowly(ReadSlowly(number), ReadSlowly(divisor));
    multiples += expected ? 1 : 0;
    ASSERT_EQ(Multiple(number, divisor), expected) << number << " / " << divisor;
  }
  EXPECT_GT(multiples, 1'000);
}

// Products are multiples of both factors, and one more is not: 128 bit arithmetic as the witness.
TEST(Number, MultiplesAgreeWithIntegerArithmetic) {
  std::mt19937_64 random(13);
  const auto text = [](Wide value) {
    std::string digits;
    do {
      digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
      value /= 10;
    } while (value != 0);
    return digits;
  };
  for (int round = 0; round < 20'000; ++round) {
    const uint64_t divisor = (random() >> (random() % 60)) | 1;
    const uint64_t factor = random() >> (random() % 60);
    const Wide product = static_cast<Wide>(divisor) * factor;
    ASSERT_TRUE(Multiple(text(product), text(divisor)));
    ASSERT_EQ(Multiple(text(product + 1), text(divisor)), divisor == 1);
    // The same with the decimal point somewhere: 0.0…0product is a multiple of 0.0…0divisor.
    const std::string shift = "e-" + std::to_string(random() % 50);
    ASSERT_TRUE(Multiple(text(product) + shift, text(divisor) + shift));
  }
}

// Where two numbers differ as doubles they differ in the same direction exactly.
TEST(Number, OrderAgreesWithStrtod) {
  std::mt19937 random(14);
  int different = 0;
  for (int round = 0; round < 100'000; ++round) {
    const std::string left = Token(&random, 25, 300);
    const std::string right = Token(&random, 25, 300);
    const double left_double = std::strtod(left.c_str(), nullptr);
    const double right_double = std::strtod(right.c_str(), nullptr);
    if (left_double == right_double) continue;
    ++different;
    ASSERT_EQ(Compared(left, right), left_double < right_double ? -1 : 1) << left << " " << right;
  }
  EXPECT_GT(different, 50'000);
}

TEST(Number, FitsOrDoesNot) {
  int64_t value = 0;
  const auto fits = [&value](std::string_view token) {
    return ToInt64(ParseDecimal(token), &value);
  };
  EXPECT_TRUE(fits("9223372036854775807") && value == INT64_MAX);
  EXPECT_FALSE(fits("9223372036854775808"));
  EXPECT_TRUE(fits("-9223372036854775808") && value == INT64_MIN);
  EXPECT_FALSE(fits("-9223372036854775809"));
  EXPECT_TRUE(fits("-1.5e1") && value == -15);
  EXPECT_TRUE(fits("1e18") && value == 1'000'000'000'000'000'000);
  EXPECT_TRUE(fits("-0.0") && value == 0);
  EXPECT_FALSE(fits("1e19"));
  EXPECT_FALSE(fits("9999999999999999999"));
  EXPECT_FALSE(fits("99999999999999999999"));
  EXPECT_FALSE(fits("1.5"));
  EXPECT_FALSE(fits("1e99999999999999999999"));
}

TEST(Number, EqualNumbersHashEqual) {
  const auto hash = [](std::string_view token) { return Hash(ParseDecimal(token)); };
  EXPECT_EQ(hash("1"), hash("1.0"));
  EXPECT_EQ(hash("120"), hash("1.2e2"));
  EXPECT_EQ(hash("12.5"), hash("1.25e1"));
  EXPECT_EQ(hash("-0"), hash("0.0"));
  EXPECT_NE(hash("1"), hash("-1"));
  EXPECT_NE(hash("1"), hash("10"));
}

TEST(Number, CostsDependOnTheTextOnly) {
  const auto start = std::chrono::steady_clock::now();
  const std::string huge(1'000'000, '9');
  EXPECT_FALSE(Multiple("1e1000000000000", "3e-1000000000000"));
  EXPECT_TRUE(Multiple(huge, "3"));
  EXPECT_EQ(Compared(huge, huge + "0"), -1);
  EXPECT_TRUE(Multiple(huge, std::string(100, '9')));  // 10^1000000 - 1 by 10^100 - 1
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace fracas::json
