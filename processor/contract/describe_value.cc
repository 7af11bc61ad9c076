#include "contract/describe_value.h"

#include <array>

#include "contract/stream_rules.h"
#include "core/text.h"
#include "json/character.h"
#include "json/number.h"
#include "json/utf8.h"

namespace fracas::contract {
namespace {

constexpr size_t kExcerptBytes = 96;
constexpr std::array<bool, kCharacterClasses> kEveryClass = {true, true, true, true};

// The token from its quote to its end, escapes as they are written.
std::string_view StringToken(std::string_view document, size_t begin) {
  size_t end = begin + 1;
  while (end < document.size() && document[end] != '"') end += document[end] == '\\' ? 2 : 1;
  return document.substr(begin, end + 1 - begin);
}

std::string_view PlainToken(std::string_view document, size_t begin) {
  const size_t end = document.find_first_of(" \t\r\n,:]}[{", begin);
  return document.substr(begin, end == document.npos ? document.npos : end - begin);
}

// Bytes that a piece of a token takes: an escape (a pair of them for a surrogate), a character.
size_t PieceSize(std::string_view token, size_t at) {
  if (token[at] != '\\') return json::DecodeUtf8(token, at).size;
  if (!token.substr(at).starts_with("\\u")) return 2;
  const bool high = token.substr(at + 2, 1).find_first_of("dD") == 0 &&
                    token.substr(at + 3, 1).find_first_of("89abAB") == 0;
  return high ? 12 : 6;
}

void AppendEscaped(uint32_t code_point, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (code_point >= 0x10000) {
    AppendEscaped(0xD800 + ((code_point - 0x10000) >> 10), out);
    AppendEscaped(0xDC00 + ((code_point - 0x10000) & 0x3FF), out);
    return;
  }
  out->append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out->push_back(kHex[code_point >> shift & 15]);
}

// The token, whole pieces only, with characters that a terminal would obey or hide written as
// escapes.
std::string Bounded(std::string_view token) {
  std::string text;
  for (size_t at = 0; at < token.size();) {
    const size_t size = PieceSize(token, at);
    if (text.size() + size > kExcerptBytes) {
      text.append("…");
      if (token.front() == '"') text.push_back('"');
      return text;
    }
    const json::CodePoint point = json::DecodeUtf8(token, at);
    if (token[at] != '\\' && IsForbidden(kEveryClass, point.value)) {
      AppendEscaped(point.value, &text);
    } else {
      text.append(token.substr(at, size));
    }
    at += size;
  }
  return text;
}

}  // namespace

FoundValue FindValue(std::string_view document, size_t byte) {
  if (byte >= document.size()) return {};
  switch (document[byte]) {
    case '{': return {"object", ""};
    case '[': return {"array", ""};
    case '"': return {"string", Bounded(StringToken(document, byte))};
    case 't':
    case 'f': return {"boolean", std::string(PlainToken(document, byte))};
    case 'n': return {"null", ""};
    default: break;
  }
  const std::string_view token = PlainToken(document, byte);
  const bool number = token.find_first_not_of("0123456789+-.eE") == token.npos;
  if (token.empty() || !number) return {};
  const bool integer = json::IsInteger(json::ParseDecimal(token));
  return {integer ? "integer" : "number", Bounded(token)};
}

std::string DurationText(uint64_t seconds) {
  const uint64_t minutes = seconds / 60;
  const uint64_t hours = minutes / 60;
  if (hours >= 48) return Cat(hours / 24, " days");
  if (hours > 0) return Cat(hours, " h ", minutes % 60, " min");
  if (minutes > 0) return Cat(minutes, " min ", seconds % 60, " s");
  return Cat(seconds, " s");
}

std::string CharacterText(uint32_t code_point) {
  std::string text;
  json::AppendCharacter(code_point, &text);
  return text;
}

}  // namespace fracas::contract
