#include "wire/text.h"

#include <algorithm>
#include <charconv>

#include "json/utf8.h"

namespace fracas::wire {

namespace {

constexpr std::string_view kCut = "\xE2\x80\xA6";  // …

}  // namespace

void AppendText(std::string_view text, size_t bytes_max, std::string* out) {
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (text.size() <= bytes_max && std::all_of(text.begin(), text.end(), ascii)) {
    out->append(text);  // nearly always
    return;
  }
  const size_t begin = out->size();
  size_t cut = begin;  // where the text would end if it had to make room for the mark
  size_t at = 0;
  while (at < text.size()) {
    const size_t size = out->size() - begin;
    if (size + kCut.size() <= bytes_max) cut = out->size();
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      out->push_back(text[at++]);
    } else {
      const json::CodePoint point = json::DecodeUtf8(text, at);
      json::AppendUtf8(point.valid ? point.value : json::kReplacementCharacter, out);
      at += point.size;
    }
    if (out->size() - begin > bytes_max) {
      out->resize(cut);
      out->append(kCut);
      return;
    }
  }
}

bool ParseInt(std::string_view text, int64_t min, int64_t max, int64_t* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size() && *value >= min && *value <= max;
}

}  // namespace fracas::wire
