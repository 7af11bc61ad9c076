#include "json/character.h"

#include <array>
#include <string_view>

namespace fracas::json {
namespace {

struct Named {
  uint32_t code_point;
  std::string_view name;
};

// Unicode's names of what turns up in broken documents: ASCII (letters and digits are composed
// below), and the characters beyond it that people cannot see or take for another one. Ascending.
constexpr auto kNames = std::to_array<Named>({
    {0x00, "NULL"},
    {0x01, "START OF HEADING"},
    {0x02, "START OF TEXT"},
    {0x03, "END OF TEXT"},
    {0x04, "END OF TRANSMISSION"},
    {0x05, "ENQUIRY"},
    {0x06, "ACKNOWLEDGE"},
    {0x07, "BELL"},
    {0x08, "BACKSPACE"},
    {0x09, "TAB"},
    {0x0A, "LINE FEED"},
    {0x0B, "LINE TABULATION"},
    {0x0C, "FORM FEED"},
    {0x0D, "CARRIAGE RETURN"},
    {0x0E, "SHIFT OUT"},
    {0x0F, "SHIFT IN"},
    {0x10, "DATA LINK ESCAPE"},
    {0x11, "DEVICE CONTROL ONE"},
    {0x12, "DEVICE CONTROL TWO"},
    {0x13, "DEVICE CONTROL THREE"},
    {0x14, "DEVICE CONTROL FOUR"},
    {0x15, "NEGATIVE ACKNOWLEDGE"},
    {0x16, "SYNCHRONOUS IDLE"},
    {0x17, "END OF TRANSMISSION BLOCK"},
    {0x18, "CANCEL"},
    {0x19, "END OF MEDIUM"},
    {0x1A, "SUBSTITUTE"},
    {0x1B, "ESCAPE"},
    {0x1C, "INFORMATION SEPARATOR FOUR"},
    {0x1D, "INFORMATION SEPARATOR THREE"},
    {0x1E, "INFORMATION SEPARATOR TWO"},
    {0x1F, "INFORMATION SEPARATOR ONE"},
    {0x20, "SPACE"},
    {0x21, "EXCLAMATION MARK"},
    {0x22, "QUOTATION MARK"},
    {0x23, "NUMBER SIGN"},
    {0x24, "DOLLAR SIGN"},
    {0x25, "PERCENT SIGN"},
    {0x26, "AMPERSAND"},
    {0x27, "APOSTROPHE"},
    {0x28, "LEFT PARENTHESIS"},
    {0x29, "RIGHT PARENTHESIS"},
    {0x2A, "ASTERISK"},
    {0x2B, "PLUS SIGN"},
    {0x2C, "COMMA"},
    {0x2D, "HYPHEN-MINUS"},
    {0x2E, "FULL STOP"},
    {0x2F, "SOLIDUS"},
    {0x3A, "COLON"},
    {0x3B, "SEMICOLON"},
    {0x3C, "LESS-THAN SIGN"},
    {0x3D, "EQUALS SIGN"},
    {0x3E, "GREATER-THAN SIGN"},
    {0x3F, "QUESTION MARK"},
    {0x40, "COMMERCIAL AT"},
    {0x5B, "LEFT SQUARE BRACKET"},
    {0x5C, "REVERSE SOLIDUS"},
    {0x5D, "RIGHT SQUARE BRACKET"},
    {0x5E, "CIRCUMFLEX ACCENT"},
    {0x5F, "LOW LINE"},
    {0x60, "GRAVE ACCENT"},
    {0x7B, "LEFT CURLY BRACKET"},
    {0x7C, "VERTICAL LINE"},
    {0x7D, "RIGHT CURLY BRACKET"},
    {0x7E, "TILDE"},
    {0x7F, "DELETE"},
    {0x85, "NEXT LINE"},
    {0xA0, "NO-BREAK SPACE"},
    {0xAD, "SOFT HYPHEN"},
    {0x61C, "ARABIC LETTER MARK"},
    {0x200B, "ZERO WIDTH SPACE"},
    {0x200C, "ZERO WIDTH NON-JOINER"},
    {0x200D, "ZERO WIDTH JOINER"},
    {0x200E, "LEFT-TO-RIGHT MARK"},
    {0x200F, "RIGHT-TO-LEFT MARK"},
    {0x2018, "LEFT SINGLE QUOTATION MARK"},
    {0x2019, "RIGHT SINGLE QUOTATION MARK"},
    {0x201C, "LEFT DOUBLE QUOTATION MARK"},
    {0x201D, "RIGHT DOUBLE QUOTATION MARK"},
    {0x2028, "LINE SEPARATOR"},
    {0x2029, "PARAGRAPH SEPARATOR"},
    {0x202A, "LEFT-TO-RIGHT EMBEDDING"},
    {0x202B, "RIGHT-TO-LEFT EMBEDDING"},
    {0x202C, "POP DIRECTIONAL FORMATTING"},
    {0x202D, "LEFT-TO-RIGHT OVERRIDE"},
    {0x202E, "RIGHT-TO-LEFT OVERRIDE"},
    {0x2060, "WORD JOINER"},
    {0x2066, "LEFT-TO-RIGHT ISOLATE"},
    {0x2067, "RIGHT-TO-LEFT ISOLATE"},
    {0x2068, "FIRST STRONG ISOLATE"},
    {0x2069, "POP DIRECTIONAL ISOLATE"},
    {0x3000, "IDEOGRAPHIC SPACE"},
    {0xFEFF, "BYTE ORDER MARK"},
    {0xFFFD, "REPLACEMENT CHARACTER"},
});

constexpr std::array<std::string_view, 10> kDigits = {"ZERO", "ONE", "TWO",   "THREE", "FOUR",
                                                      "FIVE", "SIX", "SEVEN", "EIGHT", "NINE"};

void AppendHex(uint32_t value, int digits_min, std::string* out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  int digits = digits_min;
  while (digits < 8 && value >> (4 * digits) != 0) ++digits;
  for (int i = digits - 1; i >= 0; --i) out->push_back(kHex[value >> (4 * i) & 0xF]);
}

}  // namespace

void AppendCharacter(uint32_t code_point, std::string* out) {
  out->append("U+");
  AppendHex(code_point, 4, out);
  if (code_point >= '0' && code_point <= '9') {
    out->append(" DIGIT ").append(kDigits[code_point - '0']);
  } else if (code_point >= 'A' && code_point <= 'Z') {
    out->append(" LATIN CAPITAL LETTER ").push_back(static_cast<char>(code_point));
  } else if (code_point >= 'a' && code_point <= 'z') {
    out->append(" LATIN SMALL LETTER ").push_back(static_cast<char>(code_point - 'a' + 'A'));
  } else {
    for (const Named& named : kNames) {
      if (named.code_point == code_point) out->append(" ").append(named.name);
    }
  }
}

void AppendByte(uint8_t byte, std::string* out) {
  out->append("byte 0x");
  AppendHex(byte, 2, out);
}

}  // namespace fracas::json
