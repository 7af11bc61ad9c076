#include "core/timestamp.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace fracas {

namespace {

constexpr int64_t kFirstMs = -62'167'219'200'000;  // 0000-01-01T00:00:00.000Z
constexpr int64_t kLastMs = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z
constexpr std::string_view kShape = "0000-00-00T00:00:00.000Z";

void PutDigits(int64_t number, size_t width, char* to) {
  for (size_t i = width; i > 0; --i) {
    to[i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

int TakeDigits(std::string_view text, size_t begin, size_t width) {
  int number = 0;
  std::from_chars(text.data() + begin, text.data() + begin + width, number);
  return number;
}

}  // namespace

std::string FormatTimestamp(int64_t unix_ms) {
  using std::chrono::days;
  using std::chrono::milliseconds;
  const std::chrono::sys_time<milliseconds> time{
      milliseconds(std::clamp(unix_ms, kFirstMs, kLastMs))};
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{day};
  const int64_t ms = (time - day).count();
  std::string text(kShape);
  PutDigits(int{date.year()}, 4, &text[0]);
  PutDigits(unsigned{date.month()}, 2, &text[5]);
  PutDigits(unsigned{date.day()}, 2, &text[8]);
  PutDigits(ms / 3'600'000, 2, &text[11]);
  PutDigits(ms / 60'000 % 60, 2, &text[14]);
  PutDigits(ms / 1'000 % 60, 2, &text[17]);
  PutDigits(ms % 1'000, 3, &text[20]);
  return text;
}

bool ParseTimestamp(std::string_view text, int64_t* unix_ms) {
  if (text.size() != kShape.size()) return false;
  for (size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return false;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(TakeDigits(text, 0, 4)),
      std::chrono::month(static_cast<unsigned>(TakeDigits(text, 5, 2))),
      std::chrono::day(static_cast<unsigned>(TakeDigits(text, 8, 2)))};
  const int hour = TakeDigits(text, 11, 2);
  const int minute = TakeDigits(text, 14, 2);
  const int second = TakeDigits(text, 17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return false;
  const int64_t day = std::chrono::sys_days(date).time_since_epoch().count();
  *unix_ms = ((day * 24 + hour) * 60 + minute) * 60'000 + second * 1'000 + TakeDigits(text, 20, 3);
  return true;
}

}  // namespace fracas
