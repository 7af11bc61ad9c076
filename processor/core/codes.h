#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// Failure codes: what was observed, never why. The one source is schemas/failure_codes.yaml; the table
// below is generated from it when the program is built. Numbers are FROZEN: never renumbered, never
// reused (tests/core/codes_test.cc holds them against a list of their own).
//
// First digit = layer: 1 record form, 2 record content, 3 time and identity, 4 access and dependencies,
// 5 compute and configuration, 6 state and code, 7 dataset, 8 control, 9 unknown.

namespace fracas {

// One enumerator a code: kJsonMalformed = 1101, … (generated).
enum class Code : uint16_t {
  kNone = 0,  // no failure
#define FRACAS_CODE(number, enumerator, ...) enumerator = number,
#include "core/failure_codes.inc"
#undef FRACAS_CODE
};

enum class Origin : uint8_t { kSource, kDestination, kReplication, kPlatform, kUnknown };
enum class FailureType : uint8_t {
  kData, kSchema, kQuality, kConfig, kSystem, kTransient, kCapacity, kCancelled,
};
// Heals without a change, needs a change, or depends.
enum class Recoverability : uint8_t { kRecoverable, kHard, kConditional };
// Tri-state, as consumers of the failure event expect it.
enum class Retryable : uint8_t { kFalse, kTrue, kUnknown };
// What a code does to its batch (docs: README of schemas/). kHold: the batch is abandoned and the
// breaker trips. kDeadLetter: the record is rejected, the batch goes on. kWarn: published and counted.
enum class Disposition : uint8_t { kWarn, kDeadLetter, kHold };

struct CodeInfo {
  Code code;
  uint16_t number;
  std::string_view name;       // "JSON_MALFORMED"
  Origin origin;
  FailureType type;
  Recoverability recoverability;
  Retryable retryable;
  Disposition disposition;     // default; a stream may override it
  uint8_t severity;            // 1 cosmetic … 10 regulatory
  std::string_view summary;    // one line: what was seen
  std::string_view message;    // for the user of the data, no jargon
  std::string_view explanation;  // as a colleague would tell it: what it is, what usually causes it
  std::string_view next_step;  // what to do now
};

inline constexpr size_t kCodeCount = 0
#define FRACAS_CODE(number, enumerator, ...) +1
#include "core/failure_codes.inc"
#undef FRACAS_CODE
    ;

// Every code in ascending order of its number; static storage.
const std::array<CodeInfo, kCodeCount>& AllCodes();

// REQUIRES: code is one of the table (not kNone).
const CodeInfo& Info(Code code);
// Position of `code` in AllCodes(), for dense per-code arrays. REQUIRES: as Info.
size_t Index(Code code);
// By name ("JSON_MALFORMED") or number ("1101"); nullptr if there is none.
const CodeInfo* FindCode(std::string_view name_or_number);

std::string_view Name(Origin origin);
std::string_view Name(FailureType type);
std::string_view Name(Recoverability recoverability);
std::string_view Name(Retryable retryable);
std::string_view Name(Disposition disposition);

}  // namespace fracas
