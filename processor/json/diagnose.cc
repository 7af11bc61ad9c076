#include "json/diagnose.h"

#include <bitset>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/character.h"
#include "json/token.h"
#include "json/utf8.h"

namespace fracas::json {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::string_view kAtValue = "where a value must begin";
constexpr std::string_view kAtKey = "where a key in double quotes must begin";
constexpr std::string_view kAtFirstKey = "where a key in double quotes or a closing brace must stand";
constexpr std::string_view kAtColon = "where a colon must follow the key";
constexpr std::string_view kAfterElement = "where a comma or a closing bracket must follow";
constexpr std::string_view kAfterMember = "where a comma or a closing brace must follow";
constexpr std::string_view kInLiteral = "inside a literal (true, false and null are the only ones)";
constexpr std::string_view kInNumber = "inside a number";
constexpr std::string_view kAtDigit = "where a digit must follow";
constexpr std::string_view kInEscape = "inside an escape sequence";
constexpr std::string_view kInString = "inside a string";
constexpr std::string_view kBehind = "behind the end of the document";

// Letters, digits and what else shows that somebody meant to write one word or number.
bool ContinuesWord(uint8_t byte) {
  const uint8_t lower = byte | 0x20;
  return IsDigit(byte) || (lower >= 'a' && lower <= 'z') || byte == '_' || byte == '.' ||
         byte == '+' || byte == '-';
}

// Reads one document by the grammar, byte by byte. Functions return false when they have failed, with
// `diagnosis_` set; what is wrong inside strings is remembered and read over.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Diagnosis Read() {
    SkipWhiteSpace();
    if (AtEnd()) return {.error = SyntaxError::kEmpty, .byte = text_.size()};
    if (!Value(kAtValue)) return diagnosis_;
    while (depth_ > 0) {
      if (!Step()) return diagnosis_;
    }
    SkipWhiteSpace();
    if (!AtEnd()) Fail(SyntaxError::kTrailingContent, kBehind);
    if (diagnosis_.error != SyntaxError::kNone) return diagnosis_;
    if (control_.error != SyntaxError::kNone) return control_;
    return surrogate_.error != SyntaxError::kNone ? surrogate_ : utf8_;
  }

 private:
  bool AtEnd() const { return position_ == text_.size(); }
  uint8_t Byte() const { return static_cast<uint8_t>(text_[position_]); }
  bool At(char character) const { return !AtEnd() && text_[position_] == character; }

  void SkipWhiteSpace() {
    while (!AtEnd() && IsWhiteSpace(Byte())) ++position_;
  }

  // What stands at the position is wrong; at the end of the text it is only missing.
  bool Fail(SyntaxError error, std::string_view place) {
    if (AtEnd()) {
      diagnosis_ = {.error = SyntaxError::kTruncated, .byte = text_.size(), .place = place};
      return false;
    }
    const CodePoint found = DecodeUtf8(text_, position_);
    diagnosis_ = {.error = error,
                  .byte = position_,
                  .code_point = found.value,
                  .is_utf8 = found.valid,
                  .place = place};
    return false;
  }

  // The first of its kind is kept.
  void Note(Diagnosis* slot, SyntaxError error, const CodePoint& found) {
    if (slot->error != SyntaxError::kNone) return;
    *slot = {.error = error,
             .byte = position_,
             .code_point = found.value,
             .is_utf8 = found.valid,
             .place = kInString};
  }

  bool Open(bool object) {
    if (depth_ == limits::kJsonDepthMax) return Fail(SyntaxError::kTooDeep, kAtValue);
    objects_[depth_++] = object;
    fresh_ = true;
    ++position_;
    return true;
  }

  // REQUIRES: white space was skipped.
  bool Value(std::string_view place) {
    if (AtEnd()) return Fail(SyntaxError::kUnexpectedByte, place);
    const uint8_t byte = Byte();
    switch (byte) {
      case '{': return Open(true);
      case '[': return Open(false);
      case '"': return String();
      case 't': return Literal("true");
      case 'f': return Literal("false");
      case 'n': return Literal("null");
      case '+': case '.': return Fail(SyntaxError::kBadNumber, place);
      case '-': return Number();
      default: break;
    }
    if (IsDigit(byte)) return Number();
    const uint8_t lower = byte | 0x20;
    const bool word = byte < 0x80 && lower >= 'a' && lower <= 'z';
    return Fail(word ? SyntaxError::kBadLiteral : SyntaxError::kUnexpectedByte, place);
  }

  // Closes the innermost container or reads its next element or member, as far as its first bracket.
  bool Step() {
    const bool object = objects_[depth_ - 1];
    SkipWhiteSpace();
    if (At(object ? '}' : ']')) {
      ++position_;
      --depth_;
      fresh_ = false;
      return true;
    }
    const bool first = fresh_;
    fresh_ = false;
    if (!first) {
      if (!Take(',', object ? kAfterMember : kAfterElement)) return false;
      SkipWhiteSpace();
    }
    if (object && !Key(first ? kAtFirstKey : kAtKey)) return false;
    return Value(kAtValue);
  }

  bool Key(std::string_view place) {
    if (!At('"')) return Fail(SyntaxError::kUnexpectedByte, place);
    if (!String()) return false;
    SkipWhiteSpace();
    if (!Take(':', kAtColon)) return false;
    SkipWhiteSpace();
    return true;
  }

  bool Take(char character, std::string_view place) {
    if (!At(character)) return Fail(SyntaxError::kUnexpectedByte, place);
    ++position_;
    return true;
  }

  bool Literal(std::string_view word) {
    for (const char character : word) {
      if (!At(character)) return Fail(SyntaxError::kBadLiteral, kInLiteral);
      ++position_;
    }
    if (!AtEnd() && ContinuesWord(Byte())) return Fail(SyntaxError::kBadLiteral, kInLiteral);
    return true;
  }

  bool Digits() {
    if (AtEnd() || !IsDigit(Byte())) return Fail(SyntaxError::kBadNumber, kAtDigit);
    while (!AtEnd() && IsDigit(Byte())) ++position_;
    return true;
  }

  bool Number() {
    if (At('-')) ++position_;
    if (At('0')) {
      ++position_;
    } else if (!Digits()) {
      return false;
    }
    if (At('.')) {
      ++position_;
      if (!Digits()) return false;
    }
    if (At('e') || At('E')) {
      ++position_;
      if (At('+') || At('-')) ++position_;
      if (!Digits()) return false;
    }
    if (!AtEnd() && ContinuesWord(Byte())) return Fail(SyntaxError::kBadNumber, kInNumber);
    return true;
  }

  bool String() {
    ++position_;
    while (!At('"')) {
      if (AtEnd()) return Fail(SyntaxError::kTruncated, kInString);
      if (At('\\')) {
        if (!Escape()) return false;
        continue;
      }
      const CodePoint found = DecodeUtf8(text_, position_);
      if (found.cut) {
        position_ = text_.size();
        continue;
      }
      if (!found.valid) Note(&utf8_, SyntaxError::kInvalidUtf8, found);
      if (found.valid && found.value < 0x20) Note(&control_, SyntaxError::kControlCharacter, found);
      position_ += found.size;
    }
    ++position_;
    return true;
  }

  bool Escape() {
    const size_t begin = position_++;
    if (AtEnd()) return Fail(SyntaxError::kBadEscape, kInEscape);
    if (Byte() != 'u') {
      if (std::string_view("\"\\/bfnrt").find(text_[position_]) == std::string_view::npos) {
        return Fail(SyntaxError::kBadEscape, kInEscape);
      }
      ++position_;
      return true;
    }
    ++position_;
    uint32_t unit = 0;
    if (!Quad(&unit)) return false;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    if (unit <= 0xDBFF && TakeLowSurrogate()) return true;
    const size_t end = position_;
    position_ = begin;
    Note(&surrogate_, SyntaxError::kLoneSurrogate, {.value = unit, .valid = true});
    position_ = end;
    return true;
  }

  bool Quad(uint32_t* unit) {
    for (int i = 0; i < 4; ++i) {
      const int32_t digit = AtEnd() ? -1 : HexDigit(Byte());
      if (digit < 0) return Fail(SyntaxError::kBadEscape, kInEscape);
      *unit = *unit << 4 | static_cast<uint32_t>(digit);
      ++position_;
    }
    return true;
  }

  // The other half behind a high surrogate; if it is not there, nothing is taken.
  bool TakeLowSurrogate() {
    if (text_.size() - position_ < 6 || text_.substr(position_, 2) != "\\u") return false;
    const auto* digits = reinterpret_cast<const uint8_t*>(text_.data()) + position_ + 2;
    const int32_t unit = HexQuad(digits);
    if (unit < 0xDC00 || unit > 0xDFFF) return false;
    position_ += 6;
    return true;
  }

  std::string_view text_;
  size_t position_ = 0;
  std::bitset<limits::kJsonDepthMax> objects_;  // of the open containers: is it an object
  size_t depth_ = 0;
  bool fresh_ = false;  // the innermost container has just been opened
  Diagnosis diagnosis_;
  Diagnosis control_;
  Diagnosis surrogate_;
  Diagnosis utf8_;
};

// Another encoding of Unicode: its unit's width in bytes and their order.
struct Wide {
  size_t width;
  bool big_endian;
};

uint32_t UnitAt(std::string_view text, size_t position, Wide wide) {
  uint32_t unit = 0;
  for (size_t i = 0; i < wide.width; ++i) {
    const size_t at = wide.big_endian ? i : wide.width - 1 - i;
    unit = unit << 8 | static_cast<uint8_t>(text[position + at]);
  }
  return unit;
}

// The text reads as JSON might in that encoding: it begins as a document does and has, inside strings or
// out, no unit that JSON cannot have. Binary data does not pass; two units at least, because one NUL
// behind a digit is more likely somebody's terminated string.
bool LooksLike(std::string_view text, Wide wide) {
  if (text.size() < 2 * wide.width) return false;
  size_t position = UnitAt(text, 0, wide) == 0xFEFF ? wide.width : 0;
  bool begun = false;
  for (; position + wide.width <= text.size(); position += wide.width) {
    const uint32_t unit = UnitAt(text, position, wide);
    if (unit > 0x10FFFF) return false;
    if (unit < 0x80 && IsWhiteSpace(static_cast<uint8_t>(unit))) continue;
    if (unit < 0x20) return false;
    if (begun) continue;
    if (unit >= 0x80) return false;
    if (std::string_view("{[\"-0123456789tfn").find(static_cast<char>(unit)) ==
        std::string_view::npos) {
      return false;
    }
    begun = true;
  }
  return begun;
}

bool LooksWide(std::string_view text) {
  for (const size_t width : {size_t{4}, size_t{2}}) {
    for (const bool big_endian : {false, true}) {
      if (LooksLike(text, {.width = width, .big_endian = big_endian})) return true;
    }
  }
  return false;
}

bool IsInsideStrings(SyntaxError error) {
  return error == SyntaxError::kControlCharacter || error == SyntaxError::kLoneSurrogate ||
         error == SyntaxError::kInvalidUtf8;
}

Diagnosis DiagnoseMarked(std::string_view document) {
  Diagnosis rest = Reader(document.substr(kByteOrderMark.size())).Read();
  if (rest.error == SyntaxError::kNone || rest.error == SyntaxError::kEmpty ||
      IsInsideStrings(rest.error)) {
    return {.error = SyntaxError::kByteOrderMark,
            .byte = 0,
            .code_point = 0xFEFF,
            .place = "in front of the document"};
  }
  rest.byte += kByteOrderMark.size();
  return rest;
}

}  // namespace

Diagnosis Diagnose(std::string_view document) {
  if (document.size() > limits::kRecordBytesMax) {
    return {.error = SyntaxError::kTooLarge, .byte = limits::kRecordBytesMax};
  }
  if (document.starts_with(kByteOrderMark)) return DiagnoseMarked(document);
  const Diagnosis diagnosis = Reader(document).Read();
  if (diagnosis.error != SyntaxError::kNone && LooksWide(document)) {
    return {.error = SyntaxError::kUtf16};
  }
  return diagnosis;
}

Code CodeOf(const Diagnosis& diagnosis) {
  switch (diagnosis.error) {
    case SyntaxError::kNone: break;
    case SyntaxError::kTruncated: return Code::kRecordTruncated;
    case SyntaxError::kLoneSurrogate:
    case SyntaxError::kInvalidUtf8:
    case SyntaxError::kByteOrderMark:
    case SyntaxError::kUtf16: return Code::kEncodingInvalid;
    case SyntaxError::kControlCharacter: return Code::kUnprintableChars;
    case SyntaxError::kTooLarge: return Code::kRecordOversize;
    case SyntaxError::kEmpty:
    case SyntaxError::kUnexpectedByte:
    case SyntaxError::kBadLiteral:
    case SyntaxError::kBadNumber:
    case SyntaxError::kBadEscape:
    case SyntaxError::kTrailingContent:
    case SyntaxError::kTooDeep: return Code::kJsonMalformed;
  }
  CheckFailed(__FILE__, __LINE__, "diagnosis.error != kNone", "CodeOf a document that is JSON");
}

namespace {

// "U+007D RIGHT CURLY BRACKET at byte 17", or the byte where it is not UTF-8.
std::string Found(const Diagnosis& diagnosis) {
  std::string text;
  if (diagnosis.is_utf8) {
    AppendCharacter(diagnosis.code_point, &text);
  } else {
    AppendByte(static_cast<uint8_t>(diagnosis.code_point), &text);
  }
  AppendTo(&text, " at byte ", diagnosis.byte);
  return text;
}

}  // namespace

std::string Describe(const Diagnosis& diagnosis) {
  const std::string_view place = diagnosis.place;
  switch (diagnosis.error) {
    case SyntaxError::kNone: break;
    case SyntaxError::kEmpty: return "there is no document: no bytes, or nothing but white space";
    case SyntaxError::kTruncated:
      return Cat("the document ends after byte ", diagnosis.byte, ", ", place);
    case SyntaxError::kUnexpectedByte: return Cat("unexpected ", Found(diagnosis), ", ", place);
    case SyntaxError::kBadLiteral: return Cat("not JSON's: ", Found(diagnosis), ", ", place);
    case SyntaxError::kBadNumber: return Cat("not a number: ", Found(diagnosis), ", ", place);
    case SyntaxError::kBadEscape: return Cat("no such escape: ", Found(diagnosis), ", ", place);
    case SyntaxError::kLoneSurrogate:
      return Cat("half a surrogate pair: ", Found(diagnosis), ", ", place);
    case SyntaxError::kControlCharacter:
      return Cat("unescaped control character ", Found(diagnosis), ", ", place);
    case SyntaxError::kInvalidUtf8: return Cat("not UTF-8: ", Found(diagnosis), ", ", place);
    case SyntaxError::kByteOrderMark: return Cat("a byte order mark stands ", place);
    case SyntaxError::kUtf16: return "the document is UTF-16 or UTF-32, JSON is UTF-8";
    case SyntaxError::kTrailingContent: return Cat("unexpected ", Found(diagnosis), ", ", place);
    case SyntaxError::kTooDeep:
      return Cat("more than ", limits::kJsonDepthMax, " containers inside each other at byte ",
                 diagnosis.byte);
    case SyntaxError::kTooLarge:
      return Cat("the document is larger than the limit of ", diagnosis.byte, " bytes");
  }
  CheckFailed(__FILE__, __LINE__, "diagnosis.error != kNone", "Describe a document that is JSON");
}

LineColumn Locate(std::string_view document, size_t byte) {
  LineColumn at;
  const auto continues = [document](size_t i) {
    return (static_cast<uint8_t>(document[i]) & 0xC0) == 0x80;
  };
  size_t end = byte < document.size() ? byte : document.size();
  while (end > 0 && end < document.size() && continues(end)) --end;  // to where its character begins
  for (size_t i = 0; i < end; ++i) {
    if (document[i] == '\n') {
      ++at.line;
      at.column = 1;
    } else if (!continues(i)) {
      ++at.column;
    }
  }
  return at;
}

}  // namespace fracas::json
