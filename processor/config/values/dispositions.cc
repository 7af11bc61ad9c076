#include "config/values/dispositions.h"

#include <array>

namespace fracas::config {
namespace {

using std::string_view;

constexpr std::array<string_view, 3> kAll{"dead_letter", "hold", "warn"};
constexpr std::array<string_view, 2> kNotWarn{"dead_letter", "hold"};

// The first digit of a code is its layer (core/codes.h): records are 1, 2 and 3, datasets 7.
bool IsAboutRecords(const CodeInfo& code) {
  const int layer = code.number / 1000;
  return layer == 1 || layer == 2 || layer == 3 || layer == 7;
}

// Nothing was audited of a record that could not be read; a key that is there twice may be an
// identity.
bool IsUnreadable(string_view name) {
  return name == "JSON_MALFORMED" || name == "RECORD_TRUNCATED" || name == "ENCODING_INVALID" ||
         name == "RECORD_OVERSIZE" || name == "DECODE_FAILED";
}

}  // namespace

std::span<const string_view> AllowedDispositions(const CodeInfo& code) {
  if (!IsAboutRecords(code)) return {};
  if (IsUnreadable(code.name) || code.name == "DUPLICATE_KEY") return kNotWarn;
  return kAll;
}

string_view WhyNotOthers(const CodeInfo& code) {
  if (!IsAboutRecords(code)) {
    return "it is about the system, not about a record, and always does what failure_codes.yaml "
           "says";
  }
  if (IsUnreadable(code.name))
    return "a record that cannot be read cannot be audited, so it is never published";
  if (code.name == "DUPLICATE_KEY") {
    return "readers disagree which of two equal keys counts; to let them pass, say duplicate_keys: "
           "allow "
           "(never on an identity)";
  }
  return "";
}

}  // namespace fracas::config
