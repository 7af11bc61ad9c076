#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Writes JSON text to the end of a string: compact, UTF-8, members in the order of the calls.
// Invalid UTF-8 in a string is written as U+FFFD, so that whatever we emit is always valid JSON.

namespace fracas::json {

class Writer {
 public:
  explicit Writer(std::string* out) : out_(out) {}

  Writer& BeginObject();
  Writer& EndObject();
  Writer& BeginArray();
  Writer& EndArray();
  Writer& Key(std::string_view key);
  Writer& String(std::string_view value);
  Writer& Int(int64_t value);
  Writer& Uint(uint64_t value);
  Writer& Double(double value);  // shortest text that reads back equal; not finite: null
  Writer& Bool(bool value);
  Writer& Null();
  Writer& Raw(std::string_view json);  // a value that is JSON already

  Writer& Member(std::string_view key, std::string_view value) { return Key(key).String(value); }
  Writer& Member(std::string_view key, const char* value) { return Key(key).String(value); }
  Writer& Member(std::string_view key, bool value) { return Key(key).Bool(value); }
  Writer& Member(std::string_view key, int64_t value) { return Key(key).Int(value); }
  Writer& Member(std::string_view key, int32_t value) { return Key(key).Int(value); }
  Writer& Member(std::string_view key, uint64_t value) { return Key(key).Uint(value); }
  Writer& Member(std::string_view key, uint32_t value) { return Key(key).Uint(value); }

 private:
  void Separate();
  std::string* out_;
  bool comma_ = false;  // a value was written at this level
};

// `text` as a JSON string with its quotes, appended to `out`.
void AppendQuoted(std::string_view text, std::string* out);

}  // namespace fracas::json
