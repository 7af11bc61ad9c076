#include "config/values/number.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace fracas::config {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes exactly `count` digits off the front.
bool TakeDigits(std::string_view* text, size_t count, int64_t* value) {
  if (text->size() < count || !std::all_of(text->begin(), text->begin() + count, IsDigit))
    return false;
  *value = 0;
  for (size_t i = 0; i < count; ++i) *value = *value * 10 + ((*text)[i] - '0');
  text->remove_prefix(count);
  return true;
}

bool Take(std::string_view* text, char wanted) {
  if (text->empty() || text->front() != wanted) return false;
  text->remove_prefix(1);
  return true;
}

// ".250": milliseconds; digits beyond the third are dropped.
bool TakeFraction(std::string_view* text, int64_t* ms) {
  *ms = 0;
  if (!Take(text, '.')) return true;
  const size_t digits =
      static_cast<size_t>(std::find_if_not(text->begin(), text->end(), IsDigit) - text->begin());
  if (digits == 0) return false;
  for (size_t i = 0; i < 3; ++i) *ms = *ms * 10 + (i < digits ? (*text)[i] - '0' : 0);
  text->remove_prefix(digits);
  return true;
}

}  // namespace

bool ParseInteger(std::string_view text, int64_t* value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  return !text.empty() && error == std::errc() && stop == end;
}

bool ParseDouble(std::string_view text, double* value) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !IsDigit(digits[0]) || text.ends_with('.')) return false;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && stop == end && std::isfinite(*value);
}

bool ParseZone(std::string_view text, int64_t* minutes) {
  *minutes = 0;
  if (text == "Z") return true;
  const bool west = text.starts_with('-');
  if (!west && !text.starts_with('+')) return false;
  text.remove_prefix(1);
  int64_t hour = 0;
  int64_t minute = 0;
  if (!TakeDigits(&text, 2, &hour) || !Take(&text, ':') || !TakeDigits(&text, 2, &minute))
    return false;
  if (!text.empty() || hour > 23 || minute > 59) return false;
  *minutes = (hour * 60 + minute) * (west ? -1 : 1);
  return true;
}

bool ParseRfc3339(std::string_view text, int64_t* ms) {
  int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0, zone = 0;
  const bool shape =
      TakeDigits(&text, 4, &year) && Take(&text, '-') && TakeDigits(&text, 2, &month) &&
      Take(&text, '-') && TakeDigits(&text, 2, &day) && Take(&text, 'T') &&
      TakeDigits(&text, 2, &hour) && Take(&text, ':') && TakeDigits(&text, 2, &minute) &&
      Take(&text, ':') && TakeDigits(&text, 2, &second) && TakeFraction(&text, &fraction) &&
      ParseZone(text, &zone);
  if (!shape || hour > 23 || minute > 59 || second > 59) return false;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  *ms = ((days * 24 + hour) * 60 + minute - zone) * 60'000 + second * 1'000 + fraction;
  return true;
}

}  // namespace fracas::config
