// Choices, times, addresses, paths, dispositions and settings.

#include "config/values/readers.h"

#include <algorithm>
#include <span>

#include "config/values/looks.h"
#include "config/values/number.h"
#include "config/values/spelling.h"
#include "core/text.h"

namespace fracas::config {
namespace {

using std::string_view;

std::string Quote(string_view text) { return Cat("'", text, "'"); }

std::string List(std::span<const string_view> words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    AppendTo(&text, i == 0 ? "" : i + 1 == words.size() ? " or " : ", ", words[i]);
  }
  return text;
}

}  // namespace

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
  return {
      Cat(Quote(scalar.text), " is not a zone"),
      "write UTC or a fixed offset such as '+02:00'; zones with summer time make an hour a year "
      "ambiguous"};
}

Complaint ReadAddress(const Key& key, const Scalar& scalar, Value* value) {
  const string_view text = scalar.text;
  const size_t colon = text.rfind(':');
  const string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  const bool good_host =
      !host.empty() && (bracketed || host.find_first_of(":[]/ ") == string_view::npos);
  const string_view port = colon == string_view::npos ? "" : text.substr(colon + 1);
  const bool good_port = AllDigits(port) && port.size() <= 5 &&
                         !(port.size() > 1 && port[0] == '0') &&
                         ParseInteger(port, &value->integer) && value->integer <= 65'535;
  if (good_host && good_port && colon != string_view::npos) return {};
  return {Cat(Quote(text), " is not host:port"),
          Cat("write for example ", key.initial, "; off: do not listen")};
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
      return {Cat(scalar.text, " is a boolean for readers of YAML 1.1 only"),
              "write true or false"};
    case PlainLook::kSixties:
      return {Cat(scalar.text, " is a number to base 60 for readers of YAML 1.1"),
              Cat("put it in quotes: ", Quote(scalar.text))};
  }
  return {};
}

}  // namespace fracas::config
