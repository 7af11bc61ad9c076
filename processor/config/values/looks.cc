#include "config/values/looks.h"

#include <algorithm>
#include <array>

#include "config/values/number.h"

namespace fracas::config {
namespace {

using std::string_view;

bool LooksFraction(string_view text) {
  text = WithoutSign(text);
  if (text == ".inf" || text == ".nan" || text == ".NaN" || text == ".Inf") return true;
  double ignored = 0;
  return !text.empty() && (IsDigit(text[0]) || text[0] == '.') && ParseDouble(text, &ignored);
}

template <size_t N>
bool IsOneOf(string_view text, const std::array<string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<string_view, 6> kBooleans{"true", "false", "True", "False", "TRUE", "FALSE"};
constexpr std::array<string_view, 16> kWords{"yes", "no",  "on",  "off", "y",  "n",   "Yes", "No",
                                             "On",  "Off", "YES", "NO",  "ON", "OFF", "Y",   "N"};

}  // namespace

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool AllDigits(string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

string_view WithoutSign(string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text;
}

bool LooksSixties(string_view text) {
  text = WithoutSign(text);
  const size_t colon = text.find(':');
  if (colon == string_view::npos || colon == 0 || !AllDigits(text.substr(0, colon))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || c == ':'; });
}

bool LooksOctal(string_view text) {
  text = WithoutSign(text);
  if (text.empty() || !IsDigit(text[0])) return false;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'o' || text[1] == 'x' || text[1] == 'b'))
    return true;
  if (text.size() > 1 && text[0] == '0' && AllDigits(text)) return true;
  return text.find('_') != string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || c == '_'; });
}

PlainLook LookOf(string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return PlainLook::kNull;
  if (IsOneOf(text, kBooleans)) return PlainLook::kBoolean;
  if (IsOneOf(text, kWords)) return PlainLook::kWord;
  if (LooksOctal(text)) return PlainLook::kOctal;
  if (AllDigits(WithoutSign(text))) return PlainLook::kInteger;
  if (LooksFraction(text)) return PlainLook::kFraction;
  if (LooksSixties(text)) return PlainLook::kSixties;
  return PlainLook::kText;
}

}  // namespace fracas::config
