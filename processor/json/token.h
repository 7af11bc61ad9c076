#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// Scalars of a scanned document, byte by byte: shared by the readers that walk stage-1 indexes. All
// positions are offsets into ScanView::bytes, whose padding (spaces) ends every walk.

namespace fracas::json {

inline constexpr size_t kNotAToken = SIZE_MAX;

inline bool IsDigit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') < 10; }

inline bool IsWhiteSpace(uint8_t byte) {
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

// What may stand behind a scalar. Stage 1 gives no index to a byte that touches one, so whoever
// reads a scalar asks this of the byte behind it.
inline bool EndsScalar(uint8_t byte) {
  switch (byte) {
    case ' ':
    case '\n':
    case '\r':
    case '\t':
    case ',':
    case ':':
    case ']':
    case '}':
    case '[':
    case '{': return true;
    default: return false;
  }
}

// One past the end of the number, literal or string that begins at `position`, or kNotAToken when
// it is not one or something touches its end. A string must be closed (stage 1 has seen to that);
// its escapes are checked, lone surrogates refused, and `*escaped` says whether it has any.
size_t EndOfNumber(const uint8_t* bytes, size_t position);
size_t EndOfLiteral(const uint8_t* bytes, size_t position);
size_t EndOfString(const uint8_t* bytes, size_t position, bool* escaped);

// The value of one hexadecimal digit, of four; -1 if they are not.
int32_t HexDigit(uint8_t byte);
int32_t HexQuad(const uint8_t* digits);

}  // namespace fracas::json
