#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Sixteen bytes of a document at a time, and the checks of strings that are made of them.
// Everything here reads up to 15 bytes past what it judges; the scanner's padding makes that safe.

namespace fracas::contract {

inline constexpr size_t kBlock = 16;

#if defined(__SSE2__)

// Bit i of every mask is about byte i.
struct Block {
  __m128i bytes;
};
inline Block LoadBlock(const uint8_t* from) {
  return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))};
}
inline uint32_t MaskOf(__m128i bytes) { return static_cast<uint32_t>(_mm_movemask_epi8(bytes)); }
inline __m128i AtMost(__m128i bytes, uint8_t limit) {
  return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(static_cast<char>(limit))), bytes);
}
inline uint32_t EqualMask(Block left, Block right) {
  return MaskOf(_mm_cmpeq_epi8(left.bytes, right.bytes));
}
inline uint32_t EqualMask(Block block, char byte) {
  return MaskOf(_mm_cmpeq_epi8(block.bytes, _mm_set1_epi8(byte)));
}
inline uint32_t DigitMask(Block block) {
  return MaskOf(AtMost(_mm_sub_epi8(block.bytes, _mm_set1_epi8('0')), 9));
}
// Digits, and the letters a to `last` in either case.
inline uint32_t AlphanumericMask(Block block, char last) {
  const __m128i lower = _mm_or_si128(block.bytes, _mm_set1_epi8(0x20));
  return DigitMask(block) |
         MaskOf(AtMost(_mm_sub_epi8(lower, _mm_set1_epi8('a')), static_cast<uint8_t>(last - 'a')));
}
// low ≤ byte ≤ low + span, each byte with its own.
inline uint32_t RangeMask(Block block, Block lows, Block spans) {
  const __m128i above = _mm_sub_epi8(block.bytes, lows.bytes);
  return MaskOf(_mm_cmpeq_epi8(_mm_min_epu8(above, spans.bytes), above));
}
// Backslash, U+007F and everything beyond ASCII: bytes that need a closer look. (0xFF is not
// UTF-8.)
inline uint32_t SuspectMask(Block block) {
  const __m128i backslash = _mm_cmpeq_epi8(block.bytes, _mm_set1_epi8('\\'));
  return MaskOf(_mm_or_si128(backslash, _mm_add_epi8(block.bytes, _mm_set1_epi8(1))));
}

#else

struct Block {
  uint8_t bytes[kBlock];
};
inline Block LoadBlock(const uint8_t* from) {
  Block block;
  std::memcpy(block.bytes, from, kBlock);
  return block;
}
template <typename Predicate>
uint32_t MaskWhere(const Block& block, Predicate predicate) {
  uint32_t mask = 0;
  for (size_t i = 0; i < kBlock; ++i) mask |= (predicate(block.bytes[i], i) ? 1u : 0u) << i;
  return mask;
}
inline uint32_t EqualMask(const Block& left, const Block& right) {
  return MaskWhere(left, [&](uint8_t byte, size_t i) { return byte == right.bytes[i]; });
}
inline uint32_t EqualMask(const Block& block, char byte) {
  return MaskWhere(block, [&](uint8_t b, size_t) { return b == static_cast<uint8_t>(byte); });
}
inline uint32_t DigitMask(const Block& block) {
  return MaskWhere(block,
                   [](uint8_t byte, size_t) { return static_cast<uint8_t>(byte - '0') <= 9; });
}
inline uint32_t AlphanumericMask(const Block& block, char last) {
  return DigitMask(block) | MaskWhere(block, [&](uint8_t byte, size_t) {
           return static_cast<uint8_t>((byte | 0x20) - 'a') <= static_cast<uint8_t>(last - 'a');
         });
}
inline uint32_t RangeMask(const Block& block, const Block& lows, const Block& spans) {
  return MaskWhere(block, [&](uint8_t byte, size_t i) {
    return static_cast<uint8_t>(byte - lows.bytes[i]) <= spans.bytes[i];
  });
}
inline uint32_t SuspectMask(const Block& block) {
  return MaskWhere(block, [](uint8_t byte, size_t) { return byte == '\\' || byte >= 0x7F; });
}

#endif

// No backslash, no U+007F, nothing beyond ASCII: every byte is a character that stands for itself.
inline bool IsPlainText(const uint8_t* text, size_t size) {
  for (; size > kBlock; text += kBlock, size -= kBlock) {
    if (SuspectMask(LoadBlock(text)) != 0) return false;
  }
  return (SuspectMask(LoadBlock(text)) & ((1u << size) - 1)) == 0;
}

// Each answers true only for texts that are plain (as above) and that Matches() accepts for the
// format; false means "not this simple", never "wrong".
bool IsSimpleUuid(const uint8_t* text, size_t size);
bool IsSimpleDate(const uint8_t* text, size_t size);
bool IsSimpleEmail(const uint8_t* text, size_t size);
bool IsSimpleIpv4(const uint8_t* text, size_t size);
// YYYY-MM-DDTHH:MM:SSZ, with or without milliseconds; no leap second.
bool IsSimpleTime(const uint8_t* text, size_t size);
bool ParseSimpleTime(const uint8_t* text, size_t size, int64_t* time_ms);

// Characters of a well-formed string token between its quotes; an escape counts as what it stands
// for.
size_t CountCharacters(const uint8_t* inner, size_t size);

}  // namespace fracas::contract
