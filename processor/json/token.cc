#include "json/token.h"

namespace fracas::json {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;

// Has a bit set where `word` holds `byte`; bits above the lowest one may be wrong.
uint64_t Match(uint64_t word, uint8_t byte) {
  const uint64_t difference = word ^ (kOnes * byte);
  return (difference - kOnes) & ~difference & kHighs;
}

// The first quote or backslash at or behind `position`, eight bytes at a time. There is one: stage
// 1 has found the string closed.
size_t FindQuoteOrBackslash(const uint8_t* bytes, size_t position) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  for (;;) {
    uint64_t word;
    std::memcpy(&word, bytes + position, sizeof(word));
    const uint64_t hits = Match(word, '"') | Match(word, '\\');
    if (hits != 0) return position + static_cast<size_t>(__builtin_ctzll(hits)) / 8;
    position += sizeof(word);
  }
}

size_t SkipDigits(const uint8_t* bytes, size_t position) {
  while (IsDigit(bytes[position])) ++position;
  return position;
}

// One past the escape whose backslash stands at `position`, or kNotAToken.
size_t EndOfEscape(const uint8_t* bytes, size_t position) {
  switch (bytes[position + 1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return position + 2;
    case 'u': break;
    default: return kNotAToken;
  }
  const int32_t unit = HexQuad(bytes + position + 2);
  if (unit < 0) return kNotAToken;
  if (unit < 0xD800 || unit > 0xDFFF) return position + 6;
  if (unit > 0xDBFF || bytes[position + 6] != '\\' || bytes[position + 7] != 'u') return kNotAToken;
  const int32_t low = HexQuad(bytes + position + 8);
  return low >= 0xDC00 && low <= 0xDFFF ? position + 12 : kNotAToken;
}

}  // namespace

int32_t HexDigit(uint8_t byte) {
  if (IsDigit(byte)) return byte - '0';
  const uint8_t lower = byte | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int32_t HexQuad(const uint8_t* digits) {
  int32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    const int32_t digit = HexDigit(digits[i]);
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

size_t EndOfNumber(const uint8_t* bytes, size_t position) {
  if (bytes[position] == '-') ++position;
  if (!IsDigit(bytes[position])) return kNotAToken;
  position = bytes[position] == '0' ? position + 1 : SkipDigits(bytes, position + 1);
  if (bytes[position] == '.') {
    if (!IsDigit(bytes[position + 1])) return kNotAToken;
    position = SkipDigits(bytes, position + 2);
  }
  if (bytes[position] == 'e' || bytes[position] == 'E') {
    ++position;
    if (bytes[position] == '+' || bytes[position] == '-') ++position;
    if (!IsDigit(bytes[position])) return kNotAToken;
    position = SkipDigits(bytes, position + 1);
  }
  return EndsScalar(bytes[position]) ? position : kNotAToken;
}

size_t EndOfLiteral(const uint8_t* bytes, size_t position) {
  const uint8_t* text = bytes + position;
  size_t size = 4;
  if (std::memcmp(text, "true", 4) != 0 && std::memcmp(text, "null", 4) != 0) {
    size = 5;
    if (std::memcmp(text, "false", 5) != 0) return kNotAToken;
  }
  return EndsScalar(text[size]) ? position + size : kNotAToken;
}

size_t EndOfString(const uint8_t* bytes, size_t position, bool* escaped) {
  *escaped = false;
  position = FindQuoteOrBackslash(bytes, position + 1);
  while (bytes[position] == '\\') {
    *escaped = true;
    position = EndOfEscape(bytes, position);
    if (position == kNotAToken) return kNotAToken;
    position = FindQuoteOrBackslash(bytes, position);
  }
  return position + 1;
}

}  // namespace fracas::json
