#include "core/codes.h"

#include <algorithm>

#include "core/check.h"
#include "core/text.h"

namespace fracas {

namespace {

constexpr std::array<CodeInfo, kCodeCount> kCodes = {{
#define FRACAS_CODE(number, enumerator, name, origin, type, recoverability, retryable, disposition,   \
                    severity, summary, message, explanation, next_step)                               \
  {Code::enumerator, number, name, Origin::origin, FailureType::type, Recoverability::recoverability, \
   Retryable::retryable, Disposition::disposition, severity, summary, message, explanation, next_step},
#include "core/failure_codes.inc"
#undef FRACAS_CODE
}};

constexpr bool Ascending() {
  for (size_t i = 1; i < kCodes.size(); ++i) {
    if (kCodes[i - 1].number >= kCodes[i].number) return false;
  }
  return true;
}
static_assert(Ascending(), "failure codes are unique and sorted by number");

}  // namespace

const std::array<CodeInfo, kCodeCount>& AllCodes() { return kCodes; }

size_t Index(Code code) {
  const auto number = static_cast<uint16_t>(code);
  const auto found = std::lower_bound(
      kCodes.begin(), kCodes.end(), number,
      [](const CodeInfo& info, uint16_t wanted) { return info.number < wanted; });
  FRACAS_CHECK(found != kCodes.end() && found->code == code, Cat("failure code ", number));
  return static_cast<size_t>(found - kCodes.begin());
}

const CodeInfo& Info(Code code) { return kCodes[Index(code)]; }

const CodeInfo* FindCode(std::string_view name_or_number) {
  for (const CodeInfo& info : kCodes) {
    if (info.name == name_or_number || Cat(info.number) == name_or_number) return &info;
  }
  return nullptr;
}

std::string_view Name(Origin origin) {
  switch (origin) {
    case Origin::kSource: return "source";
    case Origin::kDestination: return "destination";
    case Origin::kReplication: return "replication";
    case Origin::kPlatform: return "platform";
    case Origin::kUnknown: return "unknown";
  }
  return "unknown";
}

std::string_view Name(FailureType type) {
  switch (type) {
    case FailureType::kData: return "data";
    case FailureType::kSchema: return "schema";
    case FailureType::kQuality: return "quality";
    case FailureType::kConfig: return "config";
    case FailureType::kSystem: return "system";
    case FailureType::kTransient: return "transient";
    case FailureType::kCapacity: return "capacity";
    case FailureType::kCancelled: return "cancelled";
  }
  return "unknown";
}

std::string_view Name(Recoverability recoverability) {
  switch (recoverability) {
    case Recoverability::kRecoverable: return "recoverable";
    case Recoverability::kHard: return "hard";
    case Recoverability::kConditional: return "conditional";
  }
  return "conditional";
}

std::string_view Name(Retryable retryable) {
  switch (retryable) {
    case Retryable::kFalse: return "false";
    case Retryable::kTrue: return "true";
    case Retryable::kUnknown: return "unknown";
  }
  return "unknown";
}

std::string_view Name(Disposition disposition) {
  switch (disposition) {
    case Disposition::kWarn: return "warn";
    case Disposition::kDeadLetter: return "dead_letter";
    case Disposition::kHold: return "hold";
  }
  return "hold";
}

}  // namespace fracas
