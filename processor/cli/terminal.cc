#include "cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "core/check.h"
#include "core/text.h"
#include "json/utf8.h"
#include "tools/inspect/redaction.h"
#include "tools/patch/characters.h"

namespace fracas::cli {

namespace {

constexpr int64_t kQuietMs = 1'000;   // shorter work shows no progress
constexpr int64_t kRefreshMs = 250;
constexpr size_t kWrappedMin = 40;    // narrower terminals break lines themselves
constexpr size_t kShownCharactersMax = 2'000;

bool WantsColours() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') return false;
  return term != nullptr && std::strcmp(term, "dumb") != 0;
}

std::string_view Sequence(Style style) {
  switch (style) {
    case Style::kPlain: return "";
    case Style::kBold: return "\x1b[1m";
    case Style::kGood: return "\x1b[32m";
    case Style::kWarning: return "\x1b[33m";
    case Style::kBad: return "\x1b[31m";
    case Style::kDim: return "\x1b[2m";
  }
  return "";
}

size_t Width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

int64_t NowMs() {
  using std::chrono::steady_clock;
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             steady_clock::now().time_since_epoch())
      .count();
}

void PrintRow(std::FILE* out, const std::vector<std::string>& cells,
              const std::vector<size_t>& widths) {
  std::string line;
  for (size_t column = 0; column < cells.size(); ++column) {
    line.append(cells[column]);
    if (column + 1 < cells.size()) line.append(widths[column] - Width(cells[column]) + 2, ' ');
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  line.push_back('\n');
  std::fwrite(line.data(), 1, line.size(), out);
}

}  // namespace

bool IsTerminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

std::string Styled(std::FILE* stream, Style style, std::string_view text) {
  if (style == Style::kPlain || !IsTerminal(stream) || !WantsColours()) return std::string(text);
  return Cat(Sequence(style), text, "\x1b[0m");
}

size_t ColumnsOf(std::FILE* stream) {
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string Counted(uint64_t count, std::string_view noun) {
  return Cat(WithThousands(count), " ", noun, count == 1 ? "" : "s");
}

Table::Table(std::vector<std::string> header) : header_(std::move(header)) {}

void Table::Add(std::vector<std::string> cells) {
  FRACAS_CHECK(cells.size() == header_.size(), "a table row has as many cells as its header");
  for (std::string& cell : cells) cell = Clean(cell);
  rows_.push_back(std::move(cells));
}

void Table::Print(std::FILE* out) const {
  std::vector<size_t> widths;
  for (const std::string& cell : header_) widths.push_back(Width(cell));
  for (const auto& row : rows_) {
    for (size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], Width(row[column]));
    }
  }
  size_t total = 2 * (widths.size() - 1);
  for (const size_t width : widths) total += width;
  if (const size_t columns = ColumnsOf(out); columns > 0 && total > columns) {
    for (const auto& row : rows_) PrintApart(out, row, columns);
    return;
  }
  PrintRow(out, header_, widths);
  for (const auto& row : rows_) PrintRow(out, row, widths);
}

// What identifies the row, then "NAME value" for every cell that says something.
void Table::PrintApart(std::FILE* out, const std::vector<std::string>& row, size_t columns) const {
  constexpr std::string_view kGap = "   ";
  std::fprintf(out, "%s\n", Styled(out, Style::kBold, row.front()).c_str());
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) std::fprintf(out, "  %s\n", line.c_str());
    line.clear();
  };
  for (size_t column = 1; column < row.size(); ++column) {
    if (row[column].empty() || row[column] == "-") continue;
    const std::string told = Cat(header_[column], " ", row[column]);
    if (!line.empty() && 2 + Width(line) + kGap.size() + Width(told) > columns) flush();
    AppendTo(&line, line.empty() ? "" : kGap, told);
  }
  flush();
}

Progress::Progress(std::string what, std::string unit)
    : what_(std::move(what)), unit_(std::move(unit)), begin_ms_(NowMs()), shown_ms_(begin_ms_),
      on_terminal_(IsTerminal(stderr)) {}

Progress::~Progress() {
  if (visible_) std::fputs("\r\x1b[K", stderr);
}

void Progress::Update(uint64_t done, uint64_t total) {
  if (!on_terminal_) return;
  const int64_t now = NowMs();
  if (now - begin_ms_ < kQuietMs || now - shown_ms_ < kRefreshMs) return;
  shown_ms_ = now;
  visible_ = true;
  const bool bytes = unit_ == "bytes";
  std::string line = Cat("\r\x1b[K", what_, "  ", bytes ? BytesText(done) : WithThousands(done));
  if (!bytes) AppendTo(&line, " ", unit_);
  if (total > 0) {
    const double share = static_cast<double>(done) / static_cast<double>(total);
    AppendTo(&line, "  ", static_cast<int>(share * 100), " %");
    if (share > 0.01) {
      const double left = static_cast<double>(now - begin_ms_) * (1 - share) / share;
      AppendTo(&line, "  ", DurationText(static_cast<int64_t>(left)), " left");
    }
  }
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

std::string WithThousands(uint64_t number) {
  std::string digits = Cat(number);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string BytesText(uint64_t bytes) {
  static constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f" : "%.1f", value);
  return Cat(std::string_view(text), " ", kUnits[unit]);
}

std::string DurationText(int64_t milliseconds) {
  const int64_t seconds = milliseconds / 1000;
  if (seconds < 1) return Cat(milliseconds, " ms");
  if (seconds < 60) return Cat(seconds, " s");
  const int64_t minutes = seconds / 60;
  const std::string rest = Cat(seconds % 60 < 10 ? "0" : "", seconds % 60);
  if (minutes < 60) return Cat(minutes, " m ", rest, " s");
  const int64_t hours = minutes / 60;
  if (hours < 48) return Cat(hours, " h ", minutes % 60 < 10 ? "0" : "", minutes % 60, " m");
  return Cat(hours / 24, " d ", hours % 24 < 10 ? "0" : "", hours % 24, " h");
}

bool CanAsk() { return isatty(STDIN_FILENO) == 1; }

std::string Clean(std::string_view text) {
  std::string clean;
  for (size_t at = 0; at < text.size();) {
    const json::CodePoint point = json::DecodeUtf8(text, at);
    const bool obeyed = !point.valid || tools::Belongs(tools::CharacterClass::kControl, point.value) ||
                        tools::Belongs(tools::CharacterClass::kBidi, point.value);
    clean.append(obeyed ? std::string_view("·") : text.substr(at, point.size));
    at += point.size;
  }
  return clean;
}

std::string CleanLines(std::string_view text) {
  std::string clean;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    AppendTo(&clean, at == 0 ? "" : "\n", Clean(text.substr(at, end - at)));
    at = end + 1;
  }
  return clean;
}

std::string Shown(std::string_view text) { return tools::OneLine(text, kShownCharactersMax); }

void PrintWrapped(const std::string& text_given, size_t indent) {
  const std::string text = Clean(text_given);
  const size_t columns = ColumnsOf(stdout) < kWrappedMin ? 0 : ColumnsOf(stdout);
  size_t at = 0;
  while (columns > indent && text.size() - at > columns - indent) {
    size_t end = text.rfind(' ', at + columns - indent);
    if (end == std::string::npos || end <= at) break;
    std::printf("%s\n%*s", text.substr(at, end - at).c_str(), static_cast<int>(indent), "");
    at = end + 1;
  }
  std::printf("%s\n", text.substr(at).c_str());
}

bool Confirm(std::string_view question) {
  if (!CanAsk()) return false;
  const std::string line = Cat(CleanLines(question), " Type yes to go on: ");
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
  char answer[16] = {};
  return std::fgets(answer, sizeof(answer), stdin) != nullptr && std::strcmp(answer, "yes\n") == 0;
}

void Pause(int64_t milliseconds) { poll(nullptr, 0, static_cast<int>(milliseconds)); }

void PrintError(std::string_view message) {
  const std::string line = Cat(Styled(stderr, Style::kBad, "error:"), " ", CleanLines(message), "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void PrintHint(std::string_view message) {
  const std::string line = Cat(Styled(stderr, Style::kDim, "hint:"), " ", CleanLines(message), "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace fracas::cli
