#include "observability/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"

namespace fracas::observability {

namespace {

std::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warn";
    case LogLevel::kError: return "error";
  }
  return "error";
}

// Upper case, of one width; the colour of a terminal.
std::string_view Tag(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "DEBUG";
    case LogLevel::kInfo: return "INFO ";
    case LogLevel::kWarning: return "WARN ";
    case LogLevel::kError: return "ERROR";
  }
  return "ERROR";
}

std::string_view Colour(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "\x1b[2m";
    case LogLevel::kInfo: return "\x1b[32m";
    case LogLevel::kWarning: return "\x1b[33m";
    case LogLevel::kError: return "\x1b[1;31m";
  }
  return "";
}

constexpr std::string_view kPlain = "\x1b[0m";

// The length of the UTF-8 sequence at text[at], 0 if it is not well-formed (enough for a log:
// overlong forms and surrogates are caught by their second byte).
size_t SequenceLength(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const unsigned first = byte(at);
  const unsigned second = byte(at + 1);
  const auto tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !tail(at + 1)) return 0;
  if (first < 0xE0) return 2;
  if (!tail(at + 2)) return 0;
  if (first < 0xF0) {
    return (first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) ? 0 : 3;
  }
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90)) return 0;
  return tail(at + 3) ? 4 : 0;
}

void AppendEscape(unsigned char byte, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->append({'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]});
}

// `text` without what could end a line, move a cursor or break JSON; valid UTF-8; bounded.
void AppendSafe(std::string_view text, bool json, std::string* out) {
  const bool cut = text.size() > limits::kLogTextBytesMax;
  text = text.substr(0, limits::kLogTextBytesMax);
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const size_t length = SequenceLength(text, i);
    const bool c1_control =
        length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (length == 0) {
      out->append("\xEF\xBF\xBD");
    } else if (byte < 0x20 || byte == 0x7F) {
      AppendEscape(byte, out);
    } else if (c1_control) {
      AppendEscape(static_cast<unsigned char>(text[i + 1]), out);
    } else if (json && (byte == '"' || byte == '\\')) {
      out->append({'\\', text[i]});
    } else {
      out->append(text.substr(i, length));
    }
    i += std::max<size_t>(length, 1);
  }
  if (cut) out->append("\xE2\x80\xA6");
}

void AppendMember(std::string_view name, std::string_view value, std::string* out) {
  out->push_back('"');
  AppendSafe(name, true, out);
  out->append("\":\"");
  AppendSafe(value, true, out);
  out->push_back('"');
}

struct Line {
  const LogEntry* entry;
  std::string time;
  uint64_t suppressed = 0;
};

size_t FieldCount(const LogEntry& entry) {
  return std::min(entry.fields.size(), limits::kLogFieldsMax);
}

std::string JsonLine(const Line& line) {
  std::string out = "{";
  AppendMember("ts", line.time, &out);
  out.push_back(',');
  AppendMember("level", Name(line.entry->level), &out);
  out.push_back(',');
  AppendMember("event", line.entry->event, &out);
  out.push_back(',');
  AppendMember("message", line.entry->message, &out);
  out.append(",\"fields\":{");
  for (size_t i = 0; i < FieldCount(*line.entry); ++i) {
    if (i > 0) out.push_back(',');
    AppendMember(line.entry->fields[i].name, line.entry->fields[i].value, &out);
  }
  out.push_back('}');
  if (line.suppressed > 0) AppendTo(&out, ",\"suppressed\":", line.suppressed);
  out.push_back('}');
  return out;
}

std::string TextLine(const Line& line, bool colours) {
  const LogEntry& entry = *line.entry;
  std::string out = Cat(line.time, " ");
  if (colours) out.append(Colour(entry.level));
  out.append(Tag(entry.level));
  if (colours) out.append(kPlain);
  out.push_back(' ');
  AppendSafe(entry.message, false, &out);
  out.append(colours ? "  \x1b[2m[" : "  [");
  AppendSafe(entry.event, false, &out);
  for (size_t i = 0; i < FieldCount(entry); ++i) {
    out.push_back(' ');
    AppendSafe(entry.fields[i].name, false, &out);
    out.push_back('=');
    AppendSafe(entry.fields[i].value, false, &out);
  }
  if (line.suppressed > 0) AppendTo(&out, " suppressed=", line.suppressed);
  out.push_back(']');
  if (colours) out.append(kPlain);
  return out;
}

// Writes each line whole with one call, so that lines of several processes on one pipe do not mix.
// What cannot be written is lost: a log must never stop the work.
class DescriptorSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(int fd) : fd_(fd) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string line(message.payload.data(), message.payload.size());
    line.push_back('\n');
    for (size_t written = 0; written < line.size();) {
      const ssize_t count = write(fd_, line.data() + written, line.size() - written);
      if (count <= 0) return;
      written += static_cast<size_t>(count);
    }
  }
  void flush_() override {}

 private:
  const int fd_;
};

}  // namespace

Result<LogLevel> ParseLogLevel(std::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warn" || name == "warning") return LogLevel::kWarning;
  if (name == "error") return LogLevel::kError;
  return Status::Reject(Cat("log level ", name, ": must be debug, info, warn or error"));
}

Result<LogFormat> ParseLogFormat(std::string_view name) {
  if (name == "auto") return LogFormat::kAuto;
  if (name == "text") return LogFormat::kText;
  if (name == "json") return LogFormat::kJson;
  return Status::Reject(Cat("log format ", name, ": must be auto, text or json"));
}

struct Log::State {
  struct Budget {
    int64_t window_start_ms = 0;
    uint32_t written = 0;
    uint64_t suppressed = 0;
  };

  State(const LogOptions& options, const Clock& the_clock)
      : level(options.level),
        json(options.format == LogFormat::kJson ||
             (options.format == LogFormat::kAuto && isatty(options.fd) == 0)),
        colours(!json && isatty(options.fd) != 0 && getenv("NO_COLOR") == nullptr),
        clock(the_clock),
        logger("fracas", std::make_shared<DescriptorSink>(options.fd)) {
    logger.set_level(spdlog::level::trace);  // levels are ours, decided before anything is built
  }

  // False: the entry is counted instead of written.
  bool Admit(const LogEntry& entry, uint64_t* suppressed) {
    const std::lock_guard lock(mutex);
    auto found = budgets.find(entry.event);
    if (found == budgets.end()) {
      const std::string_view name = budgets.size() < limits::kLogEventsMax ? entry.event : "";
      found = budgets.try_emplace(std::string(name)).first;
    }
    Budget& budget = found->second;
    const int64_t now_ms = clock.MonotonicMs();
    if (budget.written == 0 || now_ms - budget.window_start_ms >= limits::kLogWindowMs) {
      budget.window_start_ms = now_ms;
      budget.written = 0;
    }
    if (budget.written >= limits::kLogBurst) {
      ++budget.suppressed;
      return false;
    }
    ++budget.written;
    *suppressed = std::exchange(budget.suppressed, 0);
    return true;
  }

  const LogLevel level;
  const bool json;
  const bool colours;
  const Clock& clock;
  spdlog::logger logger;

  std::mutex mutex;
  std::map<std::string, Budget, std::less<>> budgets;  // protected by mutex
};

Log::Log(const LogOptions& options, const Clock& clock)
    : state_(std::make_unique<State>(options, clock)) {}

Log::~Log() = default;

void Log::Write(const LogEntry& entry) {
  if (entry.level < state_->level) return;
  Line line{&entry, FormatTimestamp(state_->clock.WallMs()), 0};
  if (!state_->Admit(entry, &line.suppressed)) return;
  const std::string text = state_->json ? JsonLine(line) : TextLine(line, state_->colours);
  state_->logger.log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
}

LogSink Log::sink() {
  return [this](const LogEntry& entry) { Write(entry); };
}

}  // namespace fracas::observability
