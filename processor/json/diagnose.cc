#include "json/diagnose.h"

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/character.h"
#include "json/strict_reader.h"
#include "json/token.h"

namespace fracas::json {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

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

// The text reads as JSON might in that encoding: it begins as a document does and has, inside
// strings or out, no unit that JSON cannot have. Binary data does not pass; two units at least,
// because one NUL behind a digit is more likely somebody's terminated string.
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
  Diagnosis rest = ReadStrictly(document.substr(kByteOrderMark.size()));
  if (rest.error == SyntaxError::kNone || rest.error == SyntaxError::kEmpty ||
      IsInsideStrings(rest.error)) {
    return {.error = SyntaxError::kByteOrderMark, .byte = 0, .code_point = 0xFEFF};
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
  const Diagnosis diagnosis = ReadStrictly(document);
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

// "U+007D RIGHT CURLY BRACKET at byte 17, where a value must begin"; a byte where it is not UTF-8.
std::string Found(const Diagnosis& diagnosis) {
  std::string text;
  if (diagnosis.is_utf8) {
    AppendCharacter(diagnosis.code_point, &text);
  } else {
    AppendByte(static_cast<uint8_t>(diagnosis.code_point), &text);
  }
  AppendTo(&text, " at byte ", diagnosis.byte);
  if (!diagnosis.place.empty()) AppendTo(&text, ", ", diagnosis.place);
  return text;
}

std::string Ends(const Diagnosis& diagnosis) {
  const std::string text = Cat("the document ends after byte ", diagnosis.byte);
  return diagnosis.place.empty() ? text : Cat(text, ", ", diagnosis.place);
}

}  // namespace

std::string Describe(const Diagnosis& diagnosis) {
  switch (diagnosis.error) {
    case SyntaxError::kNone: break;
    case SyntaxError::kEmpty: return "there is no document: no bytes, or nothing but white space";
    case SyntaxError::kTruncated: return Ends(diagnosis);
    case SyntaxError::kUnexpectedByte:
    case SyntaxError::kTrailingContent: return Cat("unexpected ", Found(diagnosis));
    case SyntaxError::kBadLiteral: return Cat("not a literal of JSON: ", Found(diagnosis));
    case SyntaxError::kBadNumber: return Cat("not a number of JSON: ", Found(diagnosis));
    case SyntaxError::kBadEscape: return Cat("not an escape of JSON: ", Found(diagnosis));
    case SyntaxError::kLoneSurrogate: return Cat("half a surrogate pair: ", Found(diagnosis));
    case SyntaxError::kControlCharacter:
      return Cat("unescaped control character: ", Found(diagnosis));
    case SyntaxError::kInvalidUtf8: return Cat("not UTF-8: ", Found(diagnosis));
    case SyntaxError::kByteOrderMark: return "a byte order mark stands in front of the document";
    case SyntaxError::kUtf16: return "the document is UTF-16 or UTF-32; JSON is UTF-8";
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
  while (end > 0 && end < document.size() && continues(end))
    --end;  // to where its character begins
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
