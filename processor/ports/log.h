#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

// What a part of the program has to tell, as a value: observability/ prints it (text on a terminal, JSON
// otherwise). Never payloads, keys or header values: coordinates, codes, counts and names only.

namespace fracas {

enum class LogLevel : unsigned char { kDebug, kInfo, kWarning, kError };

struct LogField {
  std::string_view name;  // a constant: "stream", "offset"
  std::string value;
};

struct LogEntry {
  LogLevel level = LogLevel::kInfo;
  std::string_view event;  // a constant in snake_case: "stream_red", for machines
  std::string message;     // one sentence for people, with the next step where there is one
  std::vector<LogField> fields;
};

// Called from any thread; must not block for long.
using LogSink = std::function<void(const LogEntry&)>;

}  // namespace fracas
