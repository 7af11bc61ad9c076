#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

// What people see: tables, colours, progress. Results go to standard output, everything about them
// (progress, problems, hints) to standard error, so that pipes stay clean. One thread.

namespace fracas::cli {

enum class Style : uint8_t { kPlain, kBold, kGood, kWarning, kBad, kDim };

// `text` in the style when `stream` is a terminal that wants colours (not NO_COLOR, not TERM=dumb).
std::string Styled(std::FILE* stream, Style style, std::string_view text);
bool IsTerminal(std::FILE* stream);

// How wide the terminal behind `stream` is; 0: it is none, or does not say.
size_t ColumnsOf(std::FILE* stream);

// "1 record", "1,204 records".
std::string Counted(uint64_t count, std::string_view noun);

// Left-aligned columns, two spaces apart, no trailing blanks. Widths count code points. On a
// terminal that is too narrow each row is told on lines of its own instead, so that nothing is cut:
// names can be copied.
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  // REQUIRES: as many cells as the header has. Control characters are shown as "·".
  void Add(std::vector<std::string> cells);
  void Print(std::FILE* out) const;

 private:
  void PrintApart(std::FILE* out, const std::vector<std::string>& row, size_t columns) const;

  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

// What a terminal might obey (control characters, escapes, what turns the direction of text, bytes that
// are no text) is shown as a dot: texts come from topics. CleanLines keeps ends of lines.
std::string Clean(std::string_view text);
std::string CleanLines(std::string_view text);
// The same for what people look into: on one line, with \x1B and \u200B where such characters are, cut
// when it is very long.
std::string Shown(std::string_view text);

// A line on standard output, broken at blanks where it is a terminal; what follows the first line begins
// at column `indent`, where the cursor is now. Control characters are shown as "·".
void PrintWrapped(const std::string& text, size_t indent);

// A line on standard error that overwrites itself, at most four times a second and only when the work
// takes over a second and standard error is a terminal.
class Progress {
 public:
  Progress(std::string what, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // `total` 0: unknown, no percentage or remaining time.
  void Update(uint64_t done, uint64_t total);

 private:
  std::string what_;
  std::string unit_;
  int64_t begin_ms_ = 0;
  int64_t shown_ms_ = 0;
  bool visible_ = false;
  bool on_terminal_ = false;
};

// Somebody sits at the terminal.
bool CanAsk();
// Asks on the terminal and waits for "yes"; false for anything else, and where nobody can be asked.
bool Confirm(std::string_view question);
// Waits so long, or until a signal comes.
void Pause(int64_t milliseconds);

// Text for people: "12,345", "1.5 GiB", "2 m 03 s", "6 d 02 h".
std::string WithThousands(uint64_t number);
std::string BytesText(uint64_t bytes);
std::string DurationText(int64_t milliseconds);

// "error: " + message on standard error, cleaned: it may quote a record.
void PrintError(std::string_view message);
void PrintHint(std::string_view message);

}  // namespace fracas::cli
