#include <cstdint>

#include "contract/formats.h"
#include "json/number.h"

namespace fracas::contract {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads fixed-width fields from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  char peek() const { return text_.empty() ? '\0' : text_.front(); }
  bool Take(char c) {
    if (peek() != c || text_.empty()) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool Digits(size_t count, int* value) {
    if (text_.size() < count) return false;
    *value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (!IsDigit(text_[i])) return false;
      *value = *value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return true;
  }
  // One digit or more; the first three as milliseconds.
  bool Fraction(int* milliseconds) {
    *milliseconds = 0;
    int scale = 100;
    size_t count = 0;
    for (; count < text_.size() && IsDigit(text_[count]); ++count, scale /= 10) {
      *milliseconds += (text_[count] - '0') * scale;
    }
    text_.remove_prefix(count);
    return count > 0;
  }

 private:
  std::string_view text_;
};

struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
};

struct TimeOfDay {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  bool has_offset = false;
  int offset_minutes = 0;
};

bool IsLeapYear(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

bool ReadDate(Reader* in, Date* date) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (!in->Digits(4, &date->year) || !in->Take('-') || !in->Digits(2, &date->month) ||
      !in->Take('-') || !in->Digits(2, &date->day)) {
    return false;
  }
  if (date->month < 1 || date->month > 12) return false;
  const int days = kDays[date->month - 1] + (date->month == 2 && IsLeapYear(date->year) ? 1 : 0);
  return date->day >= 1 && date->day <= days;
}

bool ReadOffset(Reader* in, TimeOfDay* time) {
  if (in->Take('Z') || in->Take('z')) {
    time->has_offset = true;
    return true;
  }
  const bool west = in->peek() == '-';
  if (!in->Take('+') && !in->Take('-')) return true;
  int hours = 0;
  int minutes = 0;
  if (!in->Digits(2, &hours) || !in->Take(':') || !in->Digits(2, &minutes)) return false;
  time->has_offset = true;
  time->offset_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
  return hours < 24 && minutes < 60;
}

// A leap second is the last second of a day in UTC.
bool IsLeapSecond(const TimeOfDay& time) {
  const int utc = time.hour * 60 + time.minute - time.offset_minutes;
  return ((utc % 1440) + 1440) % 1440 == 1439;
}

bool ReadTime(Reader* in, TimeOfDay* time) {
  if (!in->Digits(2, &time->hour) || !in->Take(':') || !in->Digits(2, &time->minute) ||
      !in->Take(':') || !in->Digits(2, &time->second)) {
    return false;
  }
  if (in->Take('.') && !in->Fraction(&time->millisecond)) return false;
  if (!ReadOffset(in, time)) return false;
  if (time->hour > 23 || time->minute > 59 || time->second > 60) return false;
  return time->second < 60 || IsLeapSecond(*time);
}

// Days since 1970-01-01 of a proleptic Gregorian date; years are counted from March, so that the
// leap day is the last of its year.
int64_t DaysSinceEpoch(const Date& date) {
  const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t month = (date.month + 9) % 12;
  const int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

// *value = *value * 10 + digit; false when it does not fit.
bool AppendDigit(int digit, int64_t* value) {
  return !__builtin_mul_overflow(*value, int64_t{10}, value) &&
         !__builtin_add_overflow(*value, int64_t{digit}, value);
}

// floor(text × 10^shift) of a number token, exactly.
bool ScaledInteger(std::string_view text, int shift, int64_t* value) {
  *value = 0;
  const json::Decimal number = json::ParseDecimal(text);
  if (number.zero()) return true;
  // The last digit stands for 10^exponent after the shift; 19 digits are the most that can fit.
  const int64_t exponent = number.exponent + shift;
  const size_t digits = number.integer_digits.size() + number.fraction_digits.size();
  int64_t keep = static_cast<int64_t>(digits) + (exponent < 0 ? exponent : 0);
  if (exponent > 18) return false;
  for (const std::string_view half : {number.integer_digits, number.fraction_digits}) {
    for (const char c : half) {
      if (keep-- > 0 && !AppendDigit(c - '0', value)) return false;
    }
  }
  for (int64_t i = 0; i < exponent; ++i) {
    if (!AppendDigit(0, value)) return false;
  }
  // A significand ends in a digit other than 0, so what was cut off is a fraction.
  if (number.negative) *value = -*value - (exponent < 0 ? 1 : 0);
  return true;
}

// -12, 12.5: what a string may hold where a unix time is expected.
bool IsPlainDecimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  size_t digits = 0;
  while (digits < text.size() && IsDigit(text[digits])) ++digits;
  if (digits == 0 || (digits > 1 && text.front() == '0')) return false;
  text.remove_prefix(digits);
  if (text.empty()) return true;
  if (text.front() != '.' || text.size() == 1) return false;
  for (const char c : text.substr(1)) {
    if (!IsDigit(c)) return false;
  }
  return true;
}

// "12Y3M"-like runs of number and unit, units in the order of `units`; true when one or more were
// there.
bool TakeUnits(std::string_view units, std::string_view* text) {
  bool any = false;
  size_t next = 0;
  while (!text->empty() && IsDigit(text->front())) {
    size_t digits = 0;
    while (digits < text->size() && IsDigit((*text)[digits])) ++digits;
    if (digits == text->size()) return false;
    const size_t unit = units.find((*text)[digits]);
    // Only neighbours may follow each other: P1Y2D is not in RFC 3339's grammar.
    if (unit == units.npos || (any ? unit != next : false)) return false;
    next = unit + 1;
    any = true;
    text->remove_prefix(digits + 1);
  }
  return any;
}

}  // namespace

bool IsDate(std::string_view text) {
  Reader in(text);
  Date date;
  return ReadDate(&in, &date) && in.done();
}

bool IsTime(std::string_view text) {
  Reader in(text);
  TimeOfDay time;
  return ReadTime(&in, &time) && time.has_offset && in.done();
}

bool IsDateTime(std::string_view text) {
  Reader in(text);
  Date date;
  TimeOfDay time;
  return ReadDate(&in, &date) && (in.Take('T') || in.Take('t')) && ReadTime(&in, &time) &&
         time.has_offset && in.done();
}

bool IsDuration(std::string_view text) {
  if (!text.starts_with('P') || text.size() < 3) return false;
  text.remove_prefix(1);
  std::string_view weeks = text;
  if (TakeUnits("W", &weeks)) return weeks.empty();
  if (text.front() != 'T' && !TakeUnits("YMD", &text)) return false;
  if (text.empty()) return true;
  if (text.front() != 'T') return false;
  text.remove_prefix(1);
  return TakeUnits("HMS", &text) && text.empty();
}

bool ParseRfc3339(std::string_view text, int32_t zone_offset_minutes, int64_t* time_ms) {
  Reader in(text);
  Date date;
  TimeOfDay time;
  time.offset_minutes = 0;
  if (!ReadDate(&in, &date) || !(in.Take('T') || in.Take('t') || in.Take(' ')) ||
      !ReadTime(&in, &time) || !in.done()) {
    return false;
  }
  const int64_t offset = time.has_offset ? time.offset_minutes : zone_offset_minutes;
  const int64_t minutes = DaysSinceEpoch(date) * 1440 + time.hour * 60 + time.minute - offset;
  *time_ms = (minutes * 60 + time.second) * 1000 + time.millisecond;
  return true;
}

bool ParseEventTime(const EventTimeRule& rule, bool is_string, std::string_view text,
                    int64_t* time_ms) {
  if (is_string && rule.format != TimeFormat::kRfc3339 && !IsPlainDecimal(text)) return false;
  switch (rule.format) {
    case TimeFormat::kRfc3339:
      return is_string && ParseRfc3339(text, rule.zone_offset_minutes, time_ms);
    case TimeFormat::kUnixSeconds: return ScaledInteger(text, 3, time_ms);
    case TimeFormat::kUnixMilliseconds: return ScaledInteger(text, 0, time_ms);
  }
  return false;
}

}  // namespace fracas::contract
