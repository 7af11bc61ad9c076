#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

// What the program tells the people who run it. An object that is passed around, never global.
// Implementations: observability/log.h, tests.
//
// Never logged, at no level: payloads, keys, header values, business ids. Coordinates, codes, names from
// the configuration and counts are what a field may hold.

namespace fracas {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };

// A named value; text or a whole number. Views live for the call.
struct LogField {
  std::string_view name;
  std::string_view text;
  int64_t number = 0;
  bool is_number = false;

  LogField(std::string_view field, std::string_view value) : name(field), text(value) {}
  LogField(std::string_view field, const char* value) : name(field), text(value) {}
  template <std::integral T>
  LogField(std::string_view field, T value)
      : name(field), number(static_cast<int64_t>(value)), is_number(true) {}
};

// Thread-safe.
class Logger {
 public:
  virtual ~Logger() = default;
  // Whether a message of this level would be written: for callers whose fields cost something.
  virtual bool Enabled(LogLevel level) const = 0;
  // `event`: a stable snake_case name that machines match on ("batch_abandoned"). `message`: a sentence
  // for people. Messages of one event that come too fast are counted instead of written.
  virtual void Write(LogLevel level, std::string_view event, std::string_view message,
                     std::span<const LogField> fields) = 0;

  void Log(LogLevel level, std::string_view event, std::string_view message,
           std::initializer_list<LogField> fields = {}) {
    Write(level, event, message, std::span<const LogField>(fields.begin(), fields.size()));
  }
};

}  // namespace fracas
