#pragma once

#include <string>
#include <string_view>

#include "core/codes.h"

namespace fracas {

// What makes two failures the same failure mode. Version 1 (wire::kFingerprintVersion).
struct FailureModeKey {
  Code code = Code::kNone;
  std::string_view pipeline;
  std::string_view stream;
  std::string_view mode;  // contract::ModeKey: where in the contract; "" for system failures
};

// 16 hex digits: the first 8 bytes of SHA-256 over "1", the code's number, pipeline, stream and mode,
// each followed by a NUL. FROZEN: a change is a new version.
std::string Fingerprint(const FailureModeKey& key);

}  // namespace fracas
