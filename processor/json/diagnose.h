#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/codes.h"

// What exactly is wrong with a document that is not JSON, and at which byte. A strict RFC 8259 reader
// that runs only on the failing path; it never recurses, keeps nothing, and accepts exactly what
// Scan + Tree accept (a test and a fuzzer hold the two together).

namespace fracas::json {

// FROZEN order: Finding::detail carries the number.
enum class SyntaxError : uint8_t {
  kNone,
  kEmpty,              // no bytes, or nothing but white space
  kTruncated,          // the document ends inside a value: a proper beginning of a document
  kUnexpectedByte,     // a byte that cannot stand here
  kBadLiteral,         // NaN, Infinity, True, nul, …
  kBadNumber,          // 01, 1., +1, .5, 1e, …
  kBadEscape,          // \x, \u12G4, …
  kLoneSurrogate,      // \ud800 without its other half
  kControlCharacter,   // a raw byte below 0x20 inside a string
  kInvalidUtf8,
  kByteOrderMark,      // EF BB BF in front
  kUtf16,              // UTF-16 or UTF-32, by its mark or its zero bytes
  kTrailingContent,    // a second document or other bytes behind the first
  kTooDeep,            // more than limits::kJsonDepthMax containers
  kTooLarge,
};

struct Diagnosis {
  SyntaxError error = SyntaxError::kNone;
  size_t byte = 0;          // where; for kTruncated the size of the document
  uint32_t code_point = 0;  // the offending byte or code point, 0 if none
};

Diagnosis Diagnose(std::string_view document);

// 1101 JSON_MALFORMED, 1102 RECORD_TRUNCATED (kTruncated), 1103 ENCODING_INVALID (kInvalidUtf8 in a
// document that is otherwise JSON, kByteOrderMark, kUtf16, kLoneSurrogate), 1104 UNPRINTABLE_CHARS
// (kControlCharacter), 1105 RECORD_OVERSIZE (kTooLarge). REQUIRES: error != kNone.
Code CodeOf(const Diagnosis& diagnosis);
// One sentence without any byte of the document except as code point and offset:
// "unexpected U+007D RIGHT CURLY BRACKET at byte 17, where a value must begin". REQUIRES as CodeOf.
std::string Describe(const Diagnosis& diagnosis);

// 1-based line and 1-based column (in code points) of a byte.
struct LineColumn {
  size_t line = 1;
  size_t column = 1;
};
LineColumn Locate(std::string_view document, size_t byte);

}  // namespace fracas::json
