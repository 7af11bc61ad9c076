#include "tools/patch/rewrite.h"

#include "json/utf8.h"
#include "tools/inspect/document_walk.h"

namespace fracas::tools {

namespace {

void AppendUnit(uint32_t unit, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  out->append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out->push_back(kHex[unit >> shift & 0xF]);
}

void AppendEscape(uint32_t code_point, std::string* out) {
  if (code_point < 0x10000) {
    AppendUnit(code_point, out);
    return;
  }
  AppendUnit(0xD800 + ((code_point - 0x10000) >> 10), out);
  AppendUnit(0xDC00 + ((code_point - 0x10000) & 0x3FF), out);
}

// Outside of strings only what cannot be JSON is anybody's to remove.
bool MayTouchOutside(const WalkToken& token, const Character& character) {
  if (token.kind != WalkToken::Kind::kForeign) return false;
  return !character.valid || character.code_point < 0x20 || character.code_point >= 0x7F;
}

}  // namespace

void AppendInString(uint32_t code_point, std::string* out) {
  constexpr std::string_view kLetters = "bfnrt\"\\";
  constexpr std::string_view kMeant = "\b\f\n\r\t\"\\";
  const size_t known = code_point == 0 || code_point > 0x7F
                           ? std::string_view::npos
                           : kMeant.find(static_cast<char>(code_point));
  if (known != std::string_view::npos) {
    out->push_back('\\');
    out->push_back(kLetters[known]);
  } else if (code_point < 0x20 || Belongs(CharacterClass::kSurrogate, code_point)) {
    AppendUnit(code_point, out);
  } else {
    json::AppendUtf8(code_point, out);
  }
}

std::string EditCharacters(std::string_view document, const CharacterEdit& edit,
                           uint64_t* changed) {
  std::string out;
  out.reserve(document.size());
  DocumentWalk walk(document);
  WalkToken token;
  while (walk.Next(&token)) {
    const bool text = token.kind == WalkToken::Kind::kString || token.kind == WalkToken::Kind::kKey;
    const size_t open = token.begin + (text ? 1 : 0);
    const size_t close = token.end - (text && token.closed ? 1 : 0);
    out.append(document.substr(token.begin, open - token.begin));
    VisitCharacters(document, open, close, text, [&](const PlacedCharacter& placed) {
      const bool meant =
          edit.set.Contains(placed.character) &&
          (text || MayTouchOutside(token, placed.character)) &&
          !(edit.escape && (placed.character.escaped || !placed.character.valid || !text));
      if (!meant) {
        out.append(document.substr(placed.begin, placed.size));
        return;
      }
      ++*changed;
      if (edit.escape) AppendEscape(placed.character.code_point, &out);
      // Between tokens there is nothing to put a character into.
      for (const char32_t each : text ? edit.replacement : std::u32string())
        AppendInString(each, &out);
    });
    out.append(document.substr(close, token.end - close));
  }
  return out;
}

}  // namespace fracas::tools
