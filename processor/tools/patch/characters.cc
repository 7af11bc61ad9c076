#include "tools/patch/characters.h"

#include <algorithm>
#include <optional>

#include "core/text.h"
#include "json/character.h"
#include "json/token.h"
#include "json/utf8.h"

namespace fracas::tools {

namespace {

constexpr uint32_t kCodePointMax = 0x10FFFF;

constexpr std::array<CharacterClass, kCharacterClassCount> kClasses = {
    CharacterClass::kControl, CharacterClass::kZeroWidth,    CharacterClass::kBidi,
    CharacterClass::kBom,     CharacterClass::kNoncharacter, CharacterClass::kSurrogate,
    CharacterClass::kInvalid};

bool Within(uint32_t code_point, uint32_t first, uint32_t last) {
  return code_point >= first && code_point <= last;
}

const CharacterClass* FindClass(std::string_view name) {
  const auto* found = std::find_if(kClasses.begin(), kClasses.end(),
                                   [&](CharacterClass each) { return Name(each) == name; });
  return found == kClasses.end() ? nullptr : found;
}

std::string ClassNames() {
  std::string names;
  for (const CharacterClass each : kClasses)
    AppendTo(&names, names.empty() ? "" : ", ", Name(each));
  return names;
}

Status WrongNotation(std::string_view text, std::string_view why) {
  return Status::Reject(
      Cat("characters '", text, "': ", why,
          R"(; write them as \x1F, \u200B, U+200B, \x00-\x08 or themselves, or name )",
          "classes: ", ClassNames()));
}

// Reads one character after the other out of its notation.
class Notation {
 public:
  explicit Notation(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  // A hyphen between two characters.
  bool TakeHyphen() {
    if (at_ == 0 || at_ + 1 >= text_.size() || text_[at_] != '-') return false;
    ++at_;
    return true;
  }
  Result<uint32_t> Take() {
    if (text_[at_] == '\\') return TakeEscape();
    if (text_.substr(at_).starts_with("U+")) {
      size_t digits = 0;
      while (at_ + 2 + digits < text_.size() && digits < 6 && HexAt(at_ + 2 + digits) >= 0)
        ++digits;
      if (digits >= 4) return TakeHex(2, digits, 0);
    }
    const json::CodePoint point = json::DecodeUtf8(text_, at_);
    if (!point.valid) return WrongNotation(text_, "not UTF-8");
    at_ += point.size;
    return point.value;
  }

 private:
  int32_t HexAt(size_t position) const {
    return position < text_.size() ? json::HexDigit(static_cast<uint8_t>(text_[position])) : -1;
  }
  // `skip` bytes, `digits` hexadecimal digits, `behind` bytes more.
  Result<uint32_t> TakeHex(size_t skip, size_t digits, size_t behind) {
    uint32_t value = 0;
    for (size_t i = 0; i < digits; ++i) {
      const int32_t digit = HexAt(at_ + skip + i);
      if (digit < 0) return WrongNotation(text_, "an escape lacks hexadecimal digits");
      value = value << 4 | static_cast<uint32_t>(digit);
    }
    if (value > kCodePointMax) return WrongNotation(text_, "there is no character beyond U+10FFFF");
    at_ += skip + digits + behind;
    return value;
  }
  Result<uint32_t> TakeEscape() {
    const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (kind == 'x') return TakeHex(2, 2, 0);
    if (kind == 'u' && at_ + 2 < text_.size() && text_[at_ + 2] == '{') {
      const size_t close = text_.find('}', at_);
      const size_t digits = close == std::string_view::npos ? 0 : close - at_ - 3;
      if (digits < 1 || digits > 6)
        return WrongNotation(text_, R"(\u{…} takes 1 to 6 hexadecimal digits)");
      return TakeHex(3, digits, 1);
    }
    if (kind == 'u') return TakeHex(2, 4, 0);
    if (kind == 'U') return TakeHex(2, 8, 0);
    constexpr std::string_view kLetters = "tnr0\\-";
    constexpr std::string_view kMeant("\t\n\r\0\\-", 6);
    const size_t known = kind == '\0' ? std::string_view::npos : kLetters.find(kind);
    if (known == std::string_view::npos) return WrongNotation(text_, "an escape that is none");
    at_ += 2;
    return static_cast<uint32_t>(kMeant[known]);
  }

  const std::string_view text_;
  size_t at_ = 0;
};

struct Named {
  uint32_t code_point;
  std::string_view name;
};
constexpr Named kNames[] = {
#include "tools/character_names.inc"
};

// What Unicode names by rule.
std::string RuledName(uint32_t code_point) {
  if (Belongs(CharacterClass::kNoncharacter, code_point)) return "noncharacter";
  if (Within(code_point, 0xD800, 0xDBFF)) return "high surrogate";
  if (Within(code_point, 0xDC00, 0xDFFF)) return "low surrogate";
  if (Within(code_point, 0xE000, 0xF8FF) || code_point >= 0xF0000) return "private use";
  if (Within(code_point, 0x4E00, 0x9FFF)) return "CJK UNIFIED IDEOGRAPH";
  if (Within(code_point, 0xAC00, 0xD7A3)) return "HANGUL SYLLABLE";
  if (Within(code_point, 0x80, 0x9F)) return "control character";
  return "";
}

}  // namespace

std::string_view Name(CharacterClass character_class) {
  switch (character_class) {
    case CharacterClass::kControl: return "control";
    case CharacterClass::kZeroWidth: return "zero-width";
    case CharacterClass::kBidi: return "bidi";
    case CharacterClass::kBom: return "bom";
    case CharacterClass::kNoncharacter: return "noncharacter";
    case CharacterClass::kSurrogate: return "surrogate";
    case CharacterClass::kInvalid: return "invalid";
  }
  return "";
}

bool Belongs(CharacterClass character_class, uint32_t code_point) {
  switch (character_class) {
    case CharacterClass::kControl: return code_point < 0x20 || Within(code_point, 0x7F, 0x9F);
    case CharacterClass::kZeroWidth:
      return Within(code_point, 0x200B, 0x200D) || code_point == 0x2060 || code_point == 0xFEFF;
    case CharacterClass::kBidi:
      return Within(code_point, 0x202A, 0x202E) || Within(code_point, 0x2066, 0x2069) ||
             Within(code_point, 0x200E, 0x200F) || code_point == 0x61C;
    case CharacterClass::kBom: return code_point == 0xFEFF;
    case CharacterClass::kNoncharacter:
      return Within(code_point, 0xFDD0, 0xFDEF) || (code_point & 0xFFFE) == 0xFFFE;
    case CharacterClass::kSurrogate: return Within(code_point, 0xD800, 0xDFFF);
    case CharacterClass::kInvalid: return false;  // not a code point at all
  }
  return false;
}

Result<CharacterSet> CharacterSet::Parse(std::string_view text) {
  CharacterSet set;
  if (text.empty()) return WrongNotation(text, "none are named");
  std::vector<const CharacterClass*> classes;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t comma = std::min(text.find(',', begin), text.size());
    classes.push_back(FindClass(text.substr(begin, comma - begin)));
    begin = comma + 1;
  }
  if (std::find(classes.begin(), classes.end(), nullptr) == classes.end()) {
    for (const CharacterClass* each : classes) set.classes_[static_cast<size_t>(*each)] = true;
    set.any_class_ = true;
    return set;
  }
  Notation notation(text);
  while (!notation.at_end()) {
    Result<uint32_t> first = notation.Take();
    if (!first.ok()) return first.status();
    uint32_t last = *first;
    if (notation.TakeHyphen()) {
      Result<uint32_t> end = notation.Take();
      if (!end.ok()) return end.status();
      last = *end;
    }
    if (last < *first) return WrongNotation(text, "a range runs backwards");
    set.ranges_.emplace_back(*first, last);
  }
  return set;
}

bool CharacterSet::Contains(const Character& character) const {
  if (!character.valid) return classes_[static_cast<size_t>(CharacterClass::kInvalid)];
  for (const auto& [first, last] : ranges_) {
    if (Within(character.code_point, first, last)) return true;
  }
  if (!any_class_) return false;
  for (const CharacterClass each : kClasses) {
    if (!classes_[static_cast<size_t>(each)] || !Belongs(each, character.code_point)) continue;
    // Written as escapes these three are ordinary text; raw they make a document unreadable.
    const bool ordinary =
        character.escaped && (character.code_point == '\t' || character.code_point == '\n' ||
                              character.code_point == '\r');
    if (each != CharacterClass::kControl || !ordinary) return true;
  }
  return false;
}

Result<std::u32string> ParseCharacters(std::string_view text) {
  std::u32string characters;
  Notation notation(text);
  while (!notation.at_end()) {
    Result<uint32_t> character = notation.Take();
    if (!character.ok()) return character.status();
    if (Belongs(CharacterClass::kSurrogate, *character)) {
      return WrongNotation(text, "half of a surrogate pair is no character");
    }
    characters.push_back(static_cast<char32_t>(*character));
  }
  return characters;
}

std::string CharacterName(const Character& character) {
  std::string name;
  if (!character.valid) {
    json::AppendByte(static_cast<uint8_t>(character.code_point), &name);
    return name;
  }
  json::AppendCharacter(character.code_point, &name);
  if (name.find(' ') != std::string::npos) return name;
  const Named* found = std::lower_bound(
      std::begin(kNames), std::end(kNames), character.code_point,
      [](const Named& named, uint32_t code_point) { return named.code_point < code_point; });
  if (found != std::end(kNames) && found->code_point == character.code_point) {
    return Cat(name, " ", found->name);
  }
  const std::string ruled = RuledName(character.code_point);
  return ruled.empty() ? name : Cat(name, " ", ruled);
}

}  // namespace fracas::tools
