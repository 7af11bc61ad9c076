#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/status.h"

// The format version that every value and every dead-letter block carries: "major.minor" in
// decimal. A minor step only adds members; readers ignore what they do not know. A major step may
// change anything; readers refuse a major they do not know, and whoever reads holds with that
// message.

namespace fracas::wire {

struct FormatVersion {
  uint32_t major = 0;
  uint32_t minor = 0;
  bool operator==(const FormatVersion&) const = default;
};

inline constexpr uint32_t kMajor = 1;              // what this program reads
inline constexpr std::string_view kVersion = "1.0";  // what it writes, for each of its formats

// Decoders fail with Action::kReject for bytes that are not the format at all, and with
// Action::kStop for an unknown major version: newer software wrote it, so guessing would be wrong.
// `what` names the value in the message ("failure event").
Status CheckVersion(std::string_view what, std::string_view text);
// False if `text` is not two decimal numbers with a dot between them.
[[nodiscard]] bool ParseVersion(std::string_view text, FormatVersion* version);

}  // namespace fracas::wire
