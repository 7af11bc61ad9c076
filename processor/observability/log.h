#pragma once

#include <memory>
#include <string_view>

#include "core/status.h"
#include "ports/clock.h"
#include "ports/logger.h"

// The log: home of spdlog. One line a message.
//   text:  2026-01-31T12:00:00.000Z WARN  batch_abandoned  sentence  stream=a/b rows=3
//   JSON:  {"ts":"2026-01-31T12:00:00.000Z","level":"warn","event":"batch_abandoned","message":"sentence",
//           "fields":{"stream":"a/b","rows":3},"suppressed":12}
// `suppressed` counts messages of the same event that were left out before this one: an event may write
// limits::kLogBurst lines in limits::kLogWindowMs, the rest are counted. Control characters are escaped in
// both (a name must not forge a line), texts are cut to limits::kLogTextBytesMax.

namespace fracas::observability {

enum class LogFormat : uint8_t {
  kAuto,  // text on a terminal, JSON otherwise
  kText,
  kJson,
};

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kAuto;
  int fd = 2;              // written to, not closed
};

// "debug", "info", "warn", "error" (kReject with the valid names otherwise).
Result<LogLevel> ParseLogLevel(std::string_view name);
// "auto", "text", "json".
Result<LogFormat> ParseLogFormat(std::string_view name);

// `clock` must outlive the logger. Colours only on a terminal and without NO_COLOR in the environment.
std::unique_ptr<Logger> OpenLog(const LogOptions& options, const Clock& clock);

}  // namespace fracas::observability
