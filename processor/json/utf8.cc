#include "json/utf8.h"

namespace fracas::json {
namespace {

// What a first byte promises: how many bytes follow, and which range the second one must be in. The
// narrowed ranges exclude overlong forms, surrogates and what lies beyond U+10FFFF.
struct Lead {
  uint32_t following = 0;  // 0: not a first byte of a longer sequence
  uint8_t second_min = 0x80;
  uint8_t second_max = 0xBF;
  uint32_t bits = 0;
};

Lead LeadOf(uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF, byte & 0x1Fu};
  if (byte == 0xE0) return {2, 0xA0, 0xBF, 0};
  if (byte == 0xED) return {2, 0x80, 0x9F, 0x0D};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF, byte & 0x0Fu};
  if (byte == 0xF0) return {3, 0x90, 0xBF, 0};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF, byte & 0x07u};
  if (byte == 0xF4) return {3, 0x80, 0x8F, 0x04};
  return {};
}

}  // namespace

CodePoint DecodeUtf8(std::string_view text, size_t position) {
  const auto byte_at = [text](size_t at) { return static_cast<uint8_t>(text[at]); };
  const uint8_t first = byte_at(position);
  if (first < 0x80) return {.value = first, .size = 1, .valid = true};
  const Lead lead = LeadOf(first);
  CodePoint invalid{.value = first, .size = 1};
  if (lead.following == 0) return invalid;
  uint32_t value = lead.bits;
  for (uint32_t i = 1; i <= lead.following; ++i) {
    if (position + i >= text.size()) {
      invalid.cut = true;
      return invalid;
    }
    const uint8_t byte = byte_at(position + i);
    const uint8_t low = i == 1 ? lead.second_min : 0x80;
    const uint8_t high = i == 1 ? lead.second_max : 0xBF;
    if (byte < low || byte > high) return invalid;
    invalid.size = i + 1;
    value = value << 6 | (byte & 0x3Fu);
  }
  return {.value = value, .size = lead.following + 1, .valid = true};
}

bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeUtf8(text, at);
    if (!point.valid) return false;
    at += point.size;
  }
  return true;
}

void AppendUtf8(uint32_t code_point, std::string* out) {
  const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

}  // namespace fracas::json
