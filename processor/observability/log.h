#pragma once

#include <memory>
#include <string_view>

#include "core/status.h"
#include "ports/clock.h"
#include "ports/log.h"

// The log: home of spdlog, and the choke point that every line passes. One line an entry:
//   text:  2026-01-31T12:00:00.000Z WARN  sentence  [batch_abandoned stream=a/b rows=3]
//   JSON:  {"ts":"2026-01-31T12:00:00.000Z","level":"warn","event":"batch_abandoned","message":"s",
//           "fields":{"stream":"a/b","rows":"3"},"suppressed":12}
// An event may write limits::kLogBurst lines in limits::kLogWindowMs; the rest are counted, and the
// event's next line says how many ("suppressed", absent when none). Errors are never suppressed for
// good: each window begins with a line. In both formats control characters are escaped (a topic's
// name must not forge a line) and texts are cut to limits::kLogTextBytesMax.

namespace fracas::observability {

enum class LogFormat : uint8_t {
  kAuto,  // text on a terminal, JSON otherwise
  kText,
  kJson,
};

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kAuto;
  int fd = 2;               // written to, not closed; standard error
};

// "debug", "info", "warn" or "warning", "error"; kReject with the valid names otherwise.
Result<LogLevel> ParseLogLevel(std::string_view name);
// "auto", "text", "json".
Result<LogFormat> ParseLogFormat(std::string_view name);

// Thread-safe. An object that is handed around, never global.
class Log {
 public:
  // `clock` outlives it. Colours only on a terminal and unless NO_COLOR is set in the environment.
  Log(const LogOptions& options, const Clock& clock);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void Write(const LogEntry& entry);
  // What the parts of the program get; this object outlives it.
  LogSink sink();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fracas::observability
