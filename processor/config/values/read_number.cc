// Numbers, durations, sizes and rates.

#include "config/values/readers.h"

#include <algorithm>
#include <array>

#include "config/values/looks.h"
#include "config/values/number.h"
#include "core/text.h"

namespace fracas::config {
namespace {

using std::string_view;

std::string Quote(string_view text) { return Cat("'", text, "'"); }

Complaint Outside(string_view text, int64_t min, int64_t max) {
  return {Cat(text, " is out of range"), Cat("write a number from ", min, " to ", max)};
}

Complaint RefuseQuotedNumber(const Scalar& scalar) {
  if (!scalar.quoted || scalar.substituted) return {};
  return {Cat(Quote(scalar.text), " is a text where a number belongs"), "remove the quotes"};
}

struct Unit {
  string_view name;
  int64_t factor;
};
constexpr std::array<Unit, 6> kTimeUnits{{{"ms", 1},
                                          {"s", 1'000},
                                          {"m", 60'000},
                                          {"h", 3'600'000},
                                          {"d", 86'400'000},
                                          {"w", 604'800'000}}};
constexpr std::array<Unit, 4> kSizeUnits{
    {{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

// "90s" with one of `units`: the number times its factor.
template <size_t N>
bool ReadQuantity(string_view text, const std::array<Unit, N>& units, int64_t* quantity) {
  const auto end = std::find_if_not(text.begin(), text.end(), IsDigit);
  const auto digits = static_cast<size_t>(end - text.begin());
  const auto unit = std::find_if(units.begin(), units.end(),
                                 [&](const Unit& u) { return u.name == text.substr(digits); });
  if (digits == 0 || unit == units.end() || (text[0] == '0' && digits > 1)) return false;
  int64_t number = 0;
  if (!ParseInteger(text.substr(0, digits), &number)) return false;
  return !__builtin_mul_overflow(number, unit->factor, quantity);
}

}  // namespace

Complaint ReadInteger(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = RefuseQuotedNumber(scalar);
  if (!complaint.message.empty()) return complaint;
  if (LooksOctal(scalar.text)) {
    return {Cat(scalar.text, " is read as different numbers by different YAML readers"),
            "write it in decimal digits, without leading zeros or underscores"};
  }
  const string_view digits = WithoutSign(scalar.text);
  if (!AllDigits(digits) || scalar.text.starts_with('+')) {
    return {Cat(Quote(scalar.text), " is not a whole number"),
            Cat("write for example ", key.example)};
  }
  const bool fits = ParseInteger(scalar.text, &value->integer);
  if (!fits || value->integer < key.bounds.min || value->integer > key.bounds.max) {
    return Outside(scalar.text, key.bounds.min, key.bounds.max);
  }
  return {};
}

Complaint ReadFraction(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = RefuseQuotedNumber(scalar);
  if (!complaint.message.empty()) return complaint;
  if (LooksOctal(scalar.text) || !ParseDouble(scalar.text, &value->number)) {
    return {
        Cat(Quote(scalar.text), " is not a number"),
        scalar.text.ends_with('%') ? "write 0.05 for 5 %" : Cat("write for example ", key.example)};
  }
  const bool ratio = key.type == Type::kRatio;
  const double min = ratio ? 0 : static_cast<double>(key.bounds.min);
  const double max = ratio ? 1 : static_cast<double>(key.bounds.max);
  if (value->number >= min && value->number <= max) return {};
  return Outside(scalar.text, static_cast<int64_t>(min), static_cast<int64_t>(max));
}

Complaint ReadBoolean(const Key&, const Scalar& scalar, Value* value) {
  value->boolean = scalar.text == "true";
  if (scalar.quoted && !scalar.substituted) {
    return {Cat(Quote(scalar.text), " is a text where true or false belongs"), "remove the quotes"};
  }
  if (scalar.text == "true" || scalar.text == "false") return {};
  return {Cat(Quote(scalar.text), " is neither true nor false"), "write true or false"};
}

Complaint ReadDuration(const Key& key, const Scalar& scalar, Value* value) {
  const string_view text = scalar.text;
  if (ReadQuantity(text, kTimeUnits, &value->integer)) {
    if (value->integer >= key.bounds.min && value->integer <= key.bounds.max) return {};
    return {Cat(text, " is out of range"),
            Cat("write a duration from ", key.bounds.min, "ms to ", key.bounds.max / 1'000, "s")};
  }
  if (AllDigits(text)) {
    return {Cat(text, " has no unit"), Cat("write ", text, "ms, ", text, "s, ", text, "m, ", text,
                                           "h or ", text, "d, whichever is meant")};
  }
  if (LooksSixties(text)) {
    return {Cat(Quote(text), " is not a duration"),
            "write 90s, or 90m, whichever 1:30 is meant to be"};
  }
  return {Cat(Quote(text), " is not a duration"),
          Cat("write a whole number and ms, s, m, h, d or w, for example ", key.example)};
}

Complaint ReadSize(const Key& key, const Scalar& scalar, Value* value) {
  const string_view text = scalar.text;
  if (ReadQuantity(text, kSizeUnits, &value->integer)) {
    if (value->integer >= key.bounds.min && value->integer <= key.bounds.max) return {};
    return {Cat(text, " is out of range"),
            Cat("write a size from ", key.bounds.min, "B to ", key.bounds.max / 1'024, "KiB")};
  }
  if (AllDigits(text)) {
    return {Cat(text, " has no unit"),
            Cat("write ", text, "B, ", text, "KiB or ", text, "MiB, whichever is meant")};
  }
  return {Cat(Quote(text), " is not a size"),
          Cat("write a whole number and B, KiB, MiB or GiB, for example ", key.example)};
}

Complaint ReadRate(const Key& key, const Scalar& scalar, Value* value) {
  const string_view text = scalar.text;
  const size_t slash = text.find('/');
  const string_view unit = slash == string_view::npos ? "" : text.substr(slash + 1);
  const auto row = std::find_if(kTimeUnits.begin() + 1, kTimeUnits.end(),
                                [unit](const Unit& u) { return u.name == unit; });
  const string_view count = text.substr(0, slash);
  if (row == kTimeUnits.end() || !AllDigits(count) || LooksOctal(count)) {
    return {Cat(Quote(text), " is not a rate"),
            Cat("write a whole number and /s, /m, /h, /d or /w, for example ", key.example)};
  }
  value->per_ms = row->factor;
  if (ParseInteger(count, &value->integer) && value->integer >= key.bounds.min &&
      value->integer <= key.bounds.max) {
    return {};
  }
  return Outside(count, key.bounds.min, key.bounds.max);
}

}  // namespace fracas::config
