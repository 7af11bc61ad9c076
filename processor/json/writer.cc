#include "json/writer.h"

#include <charconv>
#include <cmath>

#include "json/utf8.h"

namespace fracas::json {
namespace {

template <typename Number>
void AppendNumber(Number value, std::string* out) {
  char text[32];  // the longest: -1.7976931348623157e+308
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  out->append(text, static_cast<size_t>(end - text));
}

bool IsPlain(char character) {
  const auto byte = static_cast<uint8_t>(character);
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

void AppendEscaped(uint8_t byte, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (byte) {
    case '"': out->append("\\\""); return;
    case '\\': out->append("\\\\"); return;
    case '\b': out->append("\\b"); return;
    case '\f': out->append("\\f"); return;
    case '\n': out->append("\\n"); return;
    case '\r': out->append("\\r"); return;
    case '\t': out->append("\\t"); return;
    default:
      out->append("\\u00");
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 0xF]);
  }
}

}  // namespace

void Writer::Separate() {
  if (comma_) out_->push_back(',');
  comma_ = true;
}

Writer& Writer::BeginObject() {
  Separate();
  out_->push_back('{');
  comma_ = false;
  return *this;
}

Writer& Writer::EndObject() {
  out_->push_back('}');
  comma_ = true;
  return *this;
}

Writer& Writer::BeginArray() {
  Separate();
  out_->push_back('[');
  comma_ = false;
  return *this;
}

Writer& Writer::EndArray() {
  out_->push_back(']');
  comma_ = true;
  return *this;
}

Writer& Writer::Key(std::string_view key) {
  Separate();
  AppendQuoted(key, out_);
  out_->push_back(':');
  comma_ = false;
  return *this;
}

Writer& Writer::String(std::string_view value) {
  Separate();
  AppendQuoted(value, out_);
  return *this;
}

Writer& Writer::Int(int64_t value) {
  Separate();
  AppendNumber(value, out_);
  return *this;
}

Writer& Writer::Uint(uint64_t value) {
  Separate();
  AppendNumber(value, out_);
  return *this;
}

Writer& Writer::Double(double value) {
  if (!std::isfinite(value)) return Null();
  Separate();
  AppendNumber(value, out_);
  return *this;
}

Writer& Writer::Bool(bool value) {
  Separate();
  out_->append(value ? "true" : "false");
  return *this;
}

Writer& Writer::Null() {
  Separate();
  out_->append("null");
  return *this;
}

Writer& Writer::Raw(std::string_view json) {
  Separate();
  out_->append(json);
  return *this;
}

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  size_t position = 0;
  while (position < text.size()) {
    size_t end = position;
    while (end < text.size() && IsPlain(text[end])) ++end;
    out->append(text, position, end - position);
    position = end;
    if (position == text.size()) break;
    const CodePoint next = DecodeUtf8(text, position);
    if (!next.valid) {
      AppendUtf8(kReplacementCharacter, out);
    } else if (next.value < 0x80) {
      AppendEscaped(static_cast<uint8_t>(next.value), out);
    } else {
      out->append(text, position, next.size);
    }
    position += next.size;
  }
  out->push_back('"');
}

}  // namespace fracas::json
