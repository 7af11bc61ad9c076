#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/codes.h"

// What exactly is wrong with a document that is not JSON, and at which byte. A strict RFC 8259
// reader that runs only on the failing path; it never recurses, keeps nothing, and accepts exactly
// what Scan + Tree accept (a test and a fuzzer hold the two together).
//
// A document may be wrong in several places. What makes its structure unreadable comes before what
// is wrong inside strings, because the latter can be mended character by character and the former
// cannot; inside strings kControlCharacter comes before kLoneSurrogate before kInvalidUtf8; within
// a kind the first place counts. So kInvalidUtf8 means: replace the bytes that are not UTF-8, and
// it is JSON.

namespace fracas::json {

// FROZEN order: Finding::detail carries the number.
enum class SyntaxError : uint8_t {
  kNone,
  kEmpty,             // no bytes, or nothing but white space
  kTruncated,         // the document ends inside a value: the beginning of a document
  kUnexpectedByte,    // a byte that cannot stand here
  kBadLiteral,        // NaN, Infinity, True, nul, …
  kBadNumber,         // 01, 1., +1, .5, 1e, …
  kBadEscape,         // \x, \u12G4, …
  kLoneSurrogate,     // \ud800 without its other half
  kControlCharacter,  // a raw byte below 0x20 inside a string
  kInvalidUtf8,
  kByteOrderMark,    // EF BB BF in front
  kUtf16,            // UTF-16 or UTF-32 throughout, by its mark or its zero bytes
  kTrailingContent,  // a second document or other bytes behind the first
  kTooDeep,          // more than limits::kJsonDepthMax containers
  kTooLarge,         // more than limits::kRecordBytesMax
};

struct Diagnosis {
  SyntaxError error = SyntaxError::kNone;
  size_t byte = 0;  // the offending byte; for kTruncated the size of the document
  uint32_t code_point =
      0;                // what stands there: a code point, or a byte if it is not UTF-8; 0 if none
  bool is_utf8 = true;  // false: `code_point` is a byte
  std::string_view place =
      {};  // what was being read there, static text: "where a value must begin"
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
