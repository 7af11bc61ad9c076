#include "contract/prove_text.h"

#include <algorithm>

namespace fracas::contract {
namespace {

uint32_t TwoDigits(const uint8_t* text) {
  return static_cast<uint32_t>(text[0] - '0') * 10 + static_cast<uint32_t>(text[1] - '0');
}

uint32_t YearOf(const uint8_t* text) { return TwoDigits(text) * 100 + TwoDigits(text + 2); }

// YYYY-MM-DD, whose digits are known to be digits, is a day of the calendar.
bool IsDay(const uint8_t* text) {
  const uint32_t month = TwoDigits(text + 5);
  const uint32_t day = TwoDigits(text + 8);
  if (month - 1 > 11 || day - 1 > 30) return false;
  if (day <= 28) return true;
  if (month == 2) {
    const uint32_t year = YearOf(text);
    return day == 29 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  }
  constexpr uint32_t kLongMonths = 0x15AA;  // 1, 3, 5, 7, 8, 10, 12
  return day <= 30 || (kLongMonths >> month & 1) != 0;
}

// Days since 1970-01-01; years begin in March, so that the leap day is the last of its year.
int64_t DaysSinceEpoch(const uint8_t* text) {
  const uint32_t calendar_month = TwoDigits(text + 5);
  const uint32_t year = YearOf(text) + 4800 - (calendar_month <= 2 ? 1 : 0);
  const uint32_t month = calendar_month <= 2 ? calendar_month + 9 : calendar_month - 3;
  const uint32_t of_year = (153 * month + 2) / 5 + TwoDigits(text + 8) - 1;
  const uint32_t days = 365 * year + year / 4 - year / 100 + year / 400 + of_year;
  return static_cast<int64_t>(days) - 2'472'632;
}

// Of up to 48 bytes; bits at and above `size` are 0.
struct EmailMasks {
  uint64_t word = 0;  // letters and digits
  uint64_t dot = 0;
  uint64_t at = 0;
  uint64_t hyphen = 0;
  uint64_t other = 0;  // _ and +, which only the local part may hold
};

EmailMasks ClassifyEmail(const uint8_t* text, size_t size) {
  EmailMasks masks;
  for (size_t i = 0; i < size; i += kBlock) {
    const Block block = LoadBlock(text + i);
    masks.word |= uint64_t{AlphanumericMask(block, 'z')} << i;
    masks.dot |= uint64_t{EqualMask(block, '.')} << i;
    masks.at |= uint64_t{EqualMask(block, '@')} << i;
    masks.hyphen |= uint64_t{EqualMask(block, '-')} << i;
    masks.other |= uint64_t{EqualMask(block, '_') | EqualMask(block, '+')} << i;
  }
  const uint64_t all = (uint64_t{1} << size) - 1;
  masks.word &= all;
  masks.dot &= all;
  masks.at &= all;
  masks.hyphen &= all;
  masks.other &= all;
  return masks;
}

}  // namespace

bool IsSimpleUuid(const uint8_t* text, size_t size) {
  if (size != 36) return false;
  const Block first = LoadBlock(text);        // 0 … 15: dashes at 8 and 13
  const Block second = LoadBlock(text + 16);  // 16 … 31: dashes at 18 and 23
  const Block third = LoadBlock(text + 20);   // 20 … 35
  return AlphanumericMask(first, 'f') == 0xDEFF && AlphanumericMask(second, 'f') == 0xFF7B &&
         (AlphanumericMask(third, 'f') & 0xF000) == 0xF000 &&
         (EqualMask(first, '-') & 0x2100) == 0x2100 && (EqualMask(second, '-') & 0x0084) == 0x0084;
}

bool IsSimpleDate(const uint8_t* text, size_t size) {
  if (size != 10) return false;
  const Block block = LoadBlock(text);
  return (DigitMask(block) & 0x3FF) == 0x36F && (EqualMask(block, '-') & 0x090) == 0x090 &&
         IsDay(text);
}

bool IsSimpleTime(const uint8_t* text, size_t size) {
  const bool has_fraction = size == 24;
  if (!has_fraction && size != 20) return false;
  const Block block = LoadBlock(text);      // YYYY-MM-DDTHH:MM
  const Block tail = LoadBlock(text + 16);  // :SS.mmmZ
  const uint32_t digits = has_fraction ? 0x76 : 0x06;
  if (DigitMask(block) != 0xDB6F || (DigitMask(tail) & digits) != digits) return false;
  if ((EqualMask(block, '-') & 0x0090) != 0x0090 || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text[size - 1] != 'Z' || (has_fraction && text[19] != '.')) {
    return false;
  }
  return IsDay(text) && TwoDigits(text + 11) <= 23 && text[14] <= '5' && text[17] <= '5';
}

bool ParseSimpleTime(const uint8_t* text, size_t size, int64_t* time_ms) {
  if (!IsSimpleTime(text, size)) return false;
  const uint32_t minutes = TwoDigits(text + 11) * 60 + TwoDigits(text + 14);
  const uint32_t seconds = minutes * 60 + TwoDigits(text + 17);
  const uint32_t milliseconds =
      size == 24 ? static_cast<uint32_t>(text[20] - '0') * 100 + TwoDigits(text + 21) : 0;
  *time_ms = DaysSinceEpoch(text) * 86'400'000 + int64_t{seconds} * 1'000 + milliseconds;
  return true;
}

// The subset that nobody disputes: words of letters, digits, _, + and -, joined by single dots, in
// front of a domain of two labels or more that neither begin nor end with a hyphen.
bool IsSimpleEmail(const uint8_t* text, size_t size) {
  if (size > 48 || size < 3) return false;
  const EmailMasks masks = ClassifyEmail(text, size);
  const uint64_t all = (uint64_t{1} << size) - 1;
  if ((masks.word | masks.dot | masks.at | masks.hyphen | masks.other) != all) return false;
  if (masks.at == 0 || (masks.at & (masks.at - 1)) != 0) return false;
  const uint64_t breaks = masks.dot | masks.at;
  // A break has no break in front of it and behind it, nor stands at either end.
  if ((breaks & (breaks << 1 | 1)) != 0 || (breaks & uint64_t{1} << (size - 1)) != 0) return false;
  const uint64_t domain = ~(masks.at | (masks.at - 1)) & all;
  if ((masks.other & domain) != 0 || (masks.dot & domain) == 0) return false;
  const uint64_t hyphen = masks.hyphen & domain;
  const uint64_t label_ends = breaks >> 1 | uint64_t{1} << (size - 1);
  return (hyphen & (breaks << 1 | label_ends)) == 0;
}

bool IsSimpleIpv4(const uint8_t* text, size_t size) {
  if (size < 7 || size > 15) return false;
  const Block block = LoadBlock(text);
  const uint32_t all = (1u << size) - 1;
  uint32_t breaks = EqualMask(block, '.') & all;
  if (((DigitMask(block) | breaks) & all) != all) return false;
  breaks |= 1u << size;  // the end of the last part
  uint32_t begin = 0;
  for (int part = 0; part < 4; ++part, breaks &= breaks - 1) {
    if (breaks == 0) return false;
    const auto end = static_cast<uint32_t>(__builtin_ctz(breaks));
    const uint32_t digits = end - begin;
    const uint8_t* const first = text + begin;
    if (digits - 1 > 2 || (*first == '0' && digits > 1)) return false;
    // 255 as characters.
    if (digits == 3 && (uint32_t{first[0]} << 16 | uint32_t{first[1]} << 8 | first[2]) > 0x323535) {
      return false;
    }
    begin = end + 1;
  }
  return breaks == 0;
}

size_t CountCharacters(const uint8_t* inner, size_t size) {
  size_t count = 0;
  for (size_t i = 0; i < size; ++count) {
    if (inner[i] == '\\') {
      // A pair of surrogates, \uD8xx to \uDBxx and its low half, is one character in twelve bytes.
      const bool unit = inner[i + 1] == 'u';
      const uint8_t second = inner[i + 3] | 0x20;
      const bool pair =
          unit && (inner[i + 2] | 0x20) == 'd' &&
          (inner[i + 3] == '8' || inner[i + 3] == '9' || second == 'a' || second == 'b');
      i += pair ? 12 : unit ? 6 : 2;
      continue;
    }
    ++i;
    while (i < size && (inner[i] & 0xC0) == 0x80) ++i;
  }
  return count;
}

}  // namespace fracas::contract
