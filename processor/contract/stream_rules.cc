#include "contract/stream_rules.h"

#include <algorithm>
#include <cstring>

#include "json/token.h"
#include "json/utf8.h"

namespace fracas::contract {
namespace {

// One code point of well-formed UTF-8; advances `at`.
uint32_t NextCodePoint(std::string_view text, size_t* at) {
  const json::CodePoint point = json::DecodeUtf8(text, *at);
  *at += point.size;
  return point.value;
}

uint32_t HexQuad(std::string_view text, size_t at) {
  return static_cast<uint32_t>(json::HexQuad(reinterpret_cast<const uint8_t*>(text.data()) + at));
}

// The code point that the escape at `at` stands for; advances `at` behind it.
uint32_t DecodeEscape(std::string_view text, size_t* at) {
  const char kind = *at + 1 < text.size() ? text[*at + 1] : '\\';
  *at += 2;
  switch (kind) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': break;
    default: return static_cast<uint8_t>(kind);
  }
  const uint32_t unit = HexQuad(text, *at);
  *at += 4;
  if (unit < 0xD800 || unit > 0xDBFF) return unit;
  const uint32_t low = HexQuad(text, *at + 2);
  *at += 6;
  return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

bool IsControl(uint32_t c) {
  if (c < 0x20) return c != '\t' && c != '\n' && c != '\r';
  return c >= 0x7F && c <= 0x9F;
}

bool IsZeroWidth(uint32_t c) { return (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF; }

bool IsBidi(uint32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E ||
         c == 0x200F || c == 0x061C;
}

bool IsNoncharacter(uint32_t c) { return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE; }

// How many bytes at `at` are surely nothing but printable ASCII, in steps of 8: neither below 0x20, nor 0x7F
// and above, nor a backslash. A step with a doubt in it ends them.
size_t PlainBytes(std::string_view text, size_t at) {
  constexpr uint64_t kOnes = 0x0101010101010101u;
  constexpr uint64_t kHighs = 0x8080808080808080u;
  const size_t begin = at;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    const uint64_t backslash = word ^ (kOnes * '\\');
    const uint64_t low = word - kOnes * 0x20;
    const uint64_t del = word + kOnes;
    if (((word | low | del | (backslash - kOnes)) & kHighs) != 0) break;
  }
  return at - begin;
}

bool IsWhiteSpace(uint32_t c) {
  return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x2060 || c == 0x3000 || c == 0xFEFF;
}

}  // namespace

bool IsBlank(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (!IsWhiteSpace(NextCodePoint(text, &at))) return false;
  }
  return true;
}

bool IsSentinel(const Rules& rules, std::string_view text) {
  return std::binary_search(rules.sentinels.begin(), rules.sentinels.end(), text);
}

bool IsForbidden(const std::array<bool, kCharacterClasses>& forbidden, uint32_t code_point) {
  const auto on = [&](CharacterClass c) { return forbidden[static_cast<size_t>(c)]; };
  return (on(CharacterClass::kControl) && IsControl(code_point)) ||
         (on(CharacterClass::kZeroWidth) && IsZeroWidth(code_point)) ||
         (on(CharacterClass::kBidi) && IsBidi(code_point)) ||
         (on(CharacterClass::kNoncharacter) && IsNoncharacter(code_point));
}

CharacterAt FindForbidden(const std::array<bool, kCharacterClasses>& forbidden,
                          std::string_view inner) {
  for (size_t at = PlainBytes(inner, 0); at < inner.size();) {
    const auto byte = static_cast<uint8_t>(inner[at]);
    if (byte >= 0x20 && byte < 0x7F && byte != '\\') {
      ++at;
      continue;
    }
    const auto begin = static_cast<uint32_t>(at);
    const uint32_t c = byte == '\\' ? DecodeEscape(inner, &at) : NextCodePoint(inner, &at);
    if (IsForbidden(forbidden, c)) return {true, c, begin};
  }
  return {};
}

}  // namespace fracas::contract
