#include "json/strict_reader.h"

#include <bitset>

#include "core/limits.h"
#include "json/token.h"
#include "json/utf8.h"

// Kept apart from tree.cc on purpose: the two share no code but the digits of an escape, so that
// each is a check of the other.

namespace fracas::json {
namespace {

constexpr std::string_view kAtValue = "where a value must begin";
constexpr std::string_view kAtKey = "where a key in double quotes must begin";
constexpr std::string_view kAtFirstKey =
    "where a key in double quotes or a closing brace must stand";
constexpr std::string_view kAtColon = "where a colon must follow the key";
constexpr std::string_view kAfterElement = "where a comma or a closing bracket must follow";
constexpr std::string_view kAfterMember = "where a comma or a closing brace must follow";
constexpr std::string_view kInLiteral = "inside what began as true, false or null";
constexpr std::string_view kBehindNumber = "behind the end of a number";
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

// Reads one document by the grammar, byte by byte. Functions return false when they have failed,
// with `diagnosis_` set; what is wrong inside strings is remembered and read over.
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
      case '+':
      case '.': return Fail(SyntaxError::kBadNumber, place);
      case '-': return Number();
      default: break;
    }
    if (IsDigit(byte)) return Number();
    const uint8_t lower = byte | 0x20;
    const bool word = byte < 0x80 && lower >= 'a' && lower <= 'z';
    return Fail(word ? SyntaxError::kBadLiteral : SyntaxError::kUnexpectedByte, place);
  }

  // Closes the innermost container or reads its next element or member, as far as its first
  // bracket.
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
    if (!AtEnd() && ContinuesWord(Byte())) return Fail(SyntaxError::kBadNumber, kBehindNumber);
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

}  // namespace

Diagnosis ReadStrictly(std::string_view text) { return Reader(text).Read(); }

}  // namespace fracas::json
