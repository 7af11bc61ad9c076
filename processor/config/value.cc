// Scalars by type. Every complaint says what to write instead; nothing is converted on a guess.

#include "config/value.h"

#include <algorithm>
#include <array>

#include "config/number.h"
#include "config/spelling.h"
#include "config/topic_template.h"
#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

using std::string_view;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool AllDigits(string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit); }

std::string Quote(string_view text) { return Cat("'", text, "'"); }

// --- Looks ----------------------------------------------------------------------------------------------

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
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'o' || text[1] == 'x' || text[1] == 'b')) return true;
  if (text.size() > 1 && text[0] == '0' && AllDigits(text)) return true;
  return text.find('_') != string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || c == '_'; });
}

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

// --- Text -----------------------------------------------------------------------------------------------

// A plain scalar where a text belongs: another YAML reader could take it for something else.
Complaint RefuseLook(const Scalar& scalar) {
  if (scalar.quoted || scalar.substituted) return {};
  const std::string quoted = Cat("put it in quotes: ", Quote(scalar.text));
  switch (LookOf(scalar.text)) {
    case PlainLook::kText: return {};
    case PlainLook::kInteger:
    case PlainLook::kFraction:
    case PlainLook::kOctal: return {Cat(scalar.text, " is a number where a text belongs"), quoted};
    case PlainLook::kBoolean: return {Cat(scalar.text, " is a boolean where a text belongs"), quoted};
    case PlainLook::kNull: return {"no value where a text belongs", "write one, or remove the key"};
    case PlainLook::kWord:
      return {Cat(scalar.text, " is a boolean for readers of YAML 1.1 where a text belongs"), quoted};
    case PlainLook::kSixties:
      return {Cat(scalar.text, " is a number to base 60 for readers of YAML 1.1 where a text belongs"),
              quoted};
  }
  return {};
}

Complaint ReadText(const Key&, const Scalar& scalar, Value*) {
  if (scalar.text.empty()) return {"an empty text", "write one, or remove the key"};
  return RefuseLook(scalar);
}

Complaint ReadName(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = ReadText(key, scalar, value);
  if (!complaint.message.empty()) return complaint;
  if (!IsTopicName(scalar.text) || static_cast<int64_t>(scalar.text.size()) > key.bounds.max) {
    return {Cat(Quote(scalar.text), " is not a name"),
            Cat("use 1 to ", std::min<int64_t>(key.bounds.max, 249), " of A-Z a-z 0-9 . _ -")};
  }
  return {};
}

Complaint ReadTopic(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = ReadText(key, scalar, value);
  if (!complaint.message.empty()) return complaint;
  if (IsTopicName(scalar.text)) return {};
  return {Cat(Quote(scalar.text), " is no legal topic name"),
          scalar.text.starts_with('^') ? "for a regular expression use topics_pattern"
                                       : "use 1 to 249 of A-Z a-z 0-9 . _ -"};
}

Complaint ReadTopicTemplate(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = ReadText(key, scalar, value);
  if (!complaint.message.empty()) return complaint;
  // Whether captures exist is known when the stream is whole (config/contradictions.cc).
  const std::string problem = CheckTopicTemplate(scalar.text, true);
  if (!problem.empty()) return {problem, Cat("write for example ", key.example)};
  return {};
}

Complaint ReadGroupTemplate(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = ReadText(key, scalar, value);
  if (!complaint.message.empty()) return complaint;
  if (IsTopicName(ExpandGroup(scalar.text, "g"))) return {};
  return {Cat(Quote(scalar.text), " is no legal topic name"),
          "use 1 to 249 of A-Z a-z 0-9 . _ - and {group}"};
}

Complaint ReadPattern(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = ReadText(key, scalar, value);
  if (!complaint.message.empty()) return complaint;
  if (scalar.text.size() > limits::kPatternBytesMax) return {"a pattern of more than 4 KiB", "shorten it"};
  if (scalar.text.starts_with('^') && scalar.text.size() > 1) return {};
  return {Cat(Quote(scalar.text), " does not begin with ^"),
          Cat("write a pattern for the whole name, for example ", key.example)};
}

// --- Pointers and identities ----------------------------------------------------------------------------

Complaint PointerComplaint(string_view text) {
  if (!text.empty() && IsPointer(text)) return {};
  const std::string hint = text.starts_with("$.") || text.starts_with('#') || text.find('/') == string_view::npos
                               ? "write /name, /outer/inner, /list/0; ~1 stands for / and ~0 for ~"
                               : "begin with /; ~1 stands for / and ~0 for ~";
  return {Cat(Quote(text), " is no JSON pointer"), hint};
}

Complaint ReadPointer(const Key&, const Scalar& scalar, Value*) { return PointerComplaint(scalar.text); }

Complaint HeaderComplaint(string_view name) {
  if (!name.empty() && name.size() <= limits::kKiB) return {};
  return {"a header without a name", "write header:NAME"};
}

Complaint ReadIdSource(const Key&, const Scalar& scalar, Value*) {
  const string_view text = scalar.text;
  if (text == "key") return {};
  if (text.starts_with("header:")) return HeaderComplaint(text.substr(7));
  if (text.starts_with("key:")) return PointerComplaint(text.substr(4));
  if (text.starts_with('/')) return PointerComplaint(text);
  return {Cat(Quote(text), " does not say where the identity is"),
          "write /pointer (into the value), header:NAME, key or key:/pointer"};
}

Complaint ReadReplayMark(const Key&, const Scalar& scalar, Value*) {
  const string_view text = scalar.text;
  if (text.starts_with("header:")) return HeaderComplaint(text.substr(7));
  if (text.starts_with("body:")) return PointerComplaint(text.substr(5));
  return {Cat(Quote(text), " does not say where the mark is"), "write header:NAME or body:/pointer"};
}

// --- Numbers --------------------------------------------------------------------------------------------

Complaint Outside(string_view text, int64_t min, int64_t max) {
  return {Cat(text, " is out of range"), Cat("write a number from ", min, " to ", max)};
}

Complaint RefuseQuotedNumber(const Scalar& scalar) {
  if (!scalar.quoted || scalar.substituted) return {};
  return {Cat(Quote(scalar.text), " is a text where a number belongs"), "remove the quotes"};
}

Complaint ReadInteger(const Key& key, const Scalar& scalar, Value* value) {
  Complaint complaint = RefuseQuotedNumber(scalar);
  if (!complaint.message.empty()) return complaint;
  if (LooksOctal(scalar.text)) {
    return {Cat(scalar.text, " is read as different numbers by different YAML readers"),
            "write it in decimal digits, without leading zeros or underscores"};
  }
  const string_view digits = WithoutSign(scalar.text);
  if (!AllDigits(digits) || scalar.text.starts_with('+')) {
    return {Cat(Quote(scalar.text), " is not a whole number"), Cat("write for example ", key.example)};
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
    return {Cat(Quote(scalar.text), " is not a number"),
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

struct Unit {
  string_view name;
  int64_t factor;
};
constexpr std::array<Unit, 6> kTimeUnits{{{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000},
                                          {"d", 86'400'000}, {"w", 604'800'000}}};
constexpr std::array<Unit, 4> kSizeUnits{{{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

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

Complaint ReadDuration(const Key& key, const Scalar& scalar, Value* value) {
  const string_view text = scalar.text;
  if (ReadQuantity(text, kTimeUnits, &value->integer)) {
    if (value->integer >= key.bounds.min && value->integer <= key.bounds.max) return {};
    return {Cat(text, " is out of range"),
            Cat("write a duration from ", key.bounds.min, "ms to ", key.bounds.max / 1'000, "s")};
  }
  if (AllDigits(text)) {
    return {Cat(text, " has no unit"), Cat("write ", text, "ms, ", text, "s, ", text, "m, ", text, "h or ",
                                           text, "d, whichever is meant")};
  }
  if (LooksSixties(text)) {
    return {Cat(Quote(text), " is not a duration"), "write 90s, or 90m, whichever 1:30 is meant to be"};
  }
  return {Cat(Quote(text), " is not a duration"), Cat("write a whole number and ms, s, m, h, d or w, for example ", key.example)};
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
  return {Cat(Quote(text), " is not a size"), Cat("write a whole number and B, KiB, MiB or GiB, for example ", key.example)};
}

Complaint ReadRate(const Key& key, const Scalar& scalar, Value* value) {
  const string_view text = scalar.text;
  const size_t slash = text.find('/');
  const string_view unit = slash == string_view::npos ? "" : text.substr(slash + 1);
  const auto row = std::find_if(kTimeUnits.begin() + 1, kTimeUnits.end(),
                                [unit](const Unit& u) { return u.name == unit; });
  const string_view count = text.substr(0, slash);
  if (row == kTimeUnits.end() || !AllDigits(count) || LooksOctal(count)) {
    return {Cat(Quote(text), " is not a rate"), Cat("write a whole number and /s, /m, /h, /d or /w, for example ", key.example)};
  }
  value->per_ms = row->factor;
  if (ParseInteger(count, &value->integer) && value->integer >= key.bounds.min &&
      value->integer <= key.bounds.max) {
    return {};
  }
  return Outside(count, key.bounds.min, key.bounds.max);
}

// --- Choices, times, places -------------------------------------------------------------------------------

std::string List(std::span<const string_view> words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    AppendTo(&text, i == 0 ? "" : i + 1 == words.size() ? " or " : ", ", words[i]);
  }
  return text;
}

Complaint ReadChoice(const Key& key, const Scalar& scalar, Value* value) {
  const auto choice = std::find(key.choices.begin(), key.choices.end(), string_view(scalar.text));
  if (choice != key.choices.end()) {
    value->integer = choice - key.choices.begin();
    return {};
  }
  const std::string near = Nearest(scalar.text, {key.choices.begin(), key.choices.end()});
  const std::string off = key.takes_off ? " or off" : "";
  return {Cat(Quote(scalar.text), " is not one of its values"),
          near.empty() ? Cat("write ", List(key.choices), off)
                       : Cat("did you mean ", near, "? It is ", List(key.choices), off)};
}

Complaint ReadStart(const Key&, const Scalar& scalar, Value* value) {
  if (scalar.text == "earliest" || scalar.text == "latest") return {};
  if (ParseRfc3339(scalar.text, &value->integer)) return {};
  return {Cat(Quote(scalar.text), " is no beginning"),
          "write earliest, latest or a time with its zone, for example 2026-01-31T00:00:00Z"};
}

Complaint ReadZone(const Key&, const Scalar& scalar, Value* value) {
  int64_t minutes = 0;
  if (scalar.text == "UTC" || ParseZone(scalar.text, &minutes)) {
    value->integer = minutes;
    return {};
  }
  return {Cat(Quote(scalar.text), " is not a zone"),
          "write UTC or a fixed offset such as '+02:00'; zones with summer time make an hour a year "
          "ambiguous"};
}

Complaint ReadAddress(const Key& key, const Scalar& scalar, Value* value) {
  const string_view text = scalar.text;
  const size_t colon = text.rfind(':');
  const string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  const bool good_host = !host.empty() && (bracketed || host.find_first_of(":[]/ ") == string_view::npos);
  const string_view port = colon == string_view::npos ? "" : text.substr(colon + 1);
  const bool good_port = AllDigits(port) && port.size() <= 5 && !(port.size() > 1 && port[0] == '0') &&
                         ParseInteger(port, &value->integer) && value->integer <= 65'535;
  if (good_host && good_port && colon != string_view::npos) return {};
  return {Cat(Quote(text), " is not host:port"), Cat("write for example ", key.initial, "; off: do not listen")};
}

Complaint ReadPath(const Key&, const Scalar& scalar, Value*) {
  if (scalar.text.empty()) return {"an empty path", "write one, or remove the key"};
  return RefuseLook(scalar);
}

Complaint ReadDisposition(const Key&, const Scalar& scalar, Value*) {
  if (scalar.text == "dead_letter" || scalar.text == "hold" || scalar.text == "warn") return {};
  const std::string near = Nearest(scalar.text, {"dead_letter", "hold", "warn"});
  return {Cat(Quote(scalar.text), " is no disposition"),
          near.empty() ? "write dead_letter, hold or warn" : Cat("did you mean ", near, "?")};
}

// Numbers and booleans are as good as text here: librdkafka gets the characters.
Complaint ReadSetting(const Key&, const Scalar& scalar, Value*) {
  if (scalar.quoted || scalar.substituted) return {};
  switch (LookOf(scalar.text)) {
    case PlainLook::kText:
    case PlainLook::kInteger:
    case PlainLook::kFraction: return {};
    case PlainLook::kBoolean:
      if (scalar.text == "true" || scalar.text == "false") return {};
      return {Cat(scalar.text, " is not how librdkafka writes a boolean"), "write true or false"};
    case PlainLook::kNull: return {"no value", "write one, or remove the setting"};
    case PlainLook::kOctal:
      return {Cat(scalar.text, " is read as different numbers by different YAML readers"),
              "write it in decimal digits, without leading zeros or underscores"};
    case PlainLook::kWord:
      return {Cat(scalar.text, " is a boolean for readers of YAML 1.1 only"), "write true or false"};
    case PlainLook::kSixties:
      return {Cat(scalar.text, " is a number to base 60 for readers of YAML 1.1"),
              Cat("put it in quotes: ", Quote(scalar.text))};
  }
  return {};
}

Complaint ReadByType(const Key& key, const Scalar& scalar, Value* value) {
  switch (key.type) {
    case Type::kText:
    case Type::kTextList: return ReadText(key, scalar, value);
    case Type::kName: return ReadName(key, scalar, value);
    case Type::kInteger: return ReadInteger(key, scalar, value);
    case Type::kRatio:
    case Type::kFraction: return ReadFraction(key, scalar, value);
    case Type::kBoolean: return ReadBoolean(key, scalar, value);
    case Type::kChoice:
    case Type::kChoiceList: return ReadChoice(key, scalar, value);
    case Type::kDuration: return ReadDuration(key, scalar, value);
    case Type::kSize: return ReadSize(key, scalar, value);
    case Type::kRate: return ReadRate(key, scalar, value);
    case Type::kStart: return ReadStart(key, scalar, value);
    case Type::kPointer:
    case Type::kPointerList: return ReadPointer(key, scalar, value);
    case Type::kIdSource: return ReadIdSource(key, scalar, value);
    case Type::kReplayMark: return ReadReplayMark(key, scalar, value);
    case Type::kZone: return ReadZone(key, scalar, value);
    case Type::kAddress: return ReadAddress(key, scalar, value);
    case Type::kPath:
    case Type::kPathMap: return ReadPath(key, scalar, value);
    case Type::kTopic:
    case Type::kTopicList: return ReadTopic(key, scalar, value);
    case Type::kTopicTemplate: return ReadTopicTemplate(key, scalar, value);
    case Type::kGroupTemplate: return ReadGroupTemplate(key, scalar, value);
    case Type::kPattern: return ReadPattern(key, scalar, value);
    case Type::kDispositions: return ReadDisposition(key, scalar, value);
    case Type::kSettings: return ReadSetting(key, scalar, value);
  }
  return {};
}

}  // namespace

bool IsPointer(string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  }
  return text.size() <= limits::kPointerBytesMax;
}

PlainLook LookOf(string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return PlainLook::kNull;
  if (IsOneOf(text, kBooleans)) return PlainLook::kBoolean;
  if (IsOneOf(text, kWords)) return PlainLook::kWord;
  if (LooksOctal(text)) return PlainLook::kOctal;
  if (AllDigits(WithoutSign(text))) return PlainLook::kInteger;
  if (LooksFraction(text)) return PlainLook::kFraction;
  if (LooksSixties(text)) return PlainLook::kSixties;
  return PlainLook::kText;
}

Complaint ReadScalar(const Key& key, const Scalar& scalar, Value* value) {
  if (scalar.text.find('\0') != std::string::npos) return {"a NUL character", "remove it"};
  if (key.takes_off && scalar.text == "off") {
    value->off = true;
    return {};
  }
  if (key.takes_off && !scalar.quoted && (scalar.text == "false" || scalar.text == "no")) {
    return {Cat(scalar.text, " is a boolean"), "write off"};
  }
  return ReadByType(key, scalar, value);
}

}  // namespace fracas::config
