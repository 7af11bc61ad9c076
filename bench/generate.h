#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/codes.h"

// Seeded customer-telemetry records for benchmarks, tests and the demo: the same options give the
// same bytes on every machine. A stated share of the records carries exactly one planted fault, and
// the truth says which failure code that fault must earn.

namespace fracas::bench {

// Average bytes of a record: 7, 28 and 52 members.
enum class Profile : uint8_t { k200B, k1KB, k4KB };

// The first ten are planted by default; kFuture and kOversize only when asked for.
enum class Fault : uint8_t {
  kTruncated,         // 1102: the document ends inside a value
  kInvalidUtf8,       // 1103: a byte that is not UTF-8 inside a string
  kControlCharacter,  // 1104: a raw byte below 0x20 inside a string (never a line feed)
  kCriticalMissing,   // 2101: /accountId is absent
  kCriticalNull,      // 2102: /accountId is null
  kWrongType,         // 2103: /age is a string
  kUnknownEnum,       // 2106: /eventType is not one of the list
  kOutOfRange,        // 2107: /age is over its maximum
  kBadFormat,         // 2108: /messageId is not a UUID
  kStale,             // 3101: /eventTime is 30 days before the record
  kFuture,            // 3103: /eventTime is a day ahead of the record
  kOversize,          // 1105: larger than `oversize_bytes`
  kNone,
};
inline constexpr size_t kFaults = static_cast<size_t>(Fault::kNone);
inline constexpr size_t kDefaultFaults = 10;

// "truncated", "invalid_utf8", …; "none".
std::string_view Name(Fault fault);
// kNone if there is no such fault.
Fault FindFault(std::string_view name);
// The code that Fracas must give. REQUIRES: fault != kNone.
Code CodeOf(Fault fault);
// The ten that are planted by default.
std::vector<Fault> DefaultFaults();

struct GeneratorOptions {
  uint64_t seed = 1;
  Profile profile = Profile::k1KB;
  double invalid = 0;                           // share of records with a fault, 0…1, met exactly
  std::vector<Fault> faults = DefaultFaults();  // planted in turn
  int64_t timestamp_ms = 1'767'225'600'000;     // of record 0; each further record is 1 ms later
  uint64_t customers = 100'000;                 // distinct business ids
  size_t oversize_bytes = size_t{1} << 20;      // an oversize record is larger than this
};

// One record. Views into the generator, void at its next call.
struct Generated {
  std::string_view key;    // the business id: also /customerId
  std::string_view value;  // one line: never contains a line feed
  int64_t timestamp_ms = 0;
  Fault fault = Fault::kNone;
};

// Not thread-safe.
class Generator {
 public:
  explicit Generator(GeneratorOptions options);
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  // Record number `sequence`, in any order.
  Generated At(uint64_t sequence);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The JSON Schema (2020-12) that every record without a fault fulfils.
std::string SchemaText(Profile profile);
// A stream of the configuration file with the rules that the truth counts on: critical elements,
// event time, identity, and dead_letter for the codes that would hold the stream by default.
std::string ConfigText(std::string_view topic, std::string_view contract_file);

}  // namespace fracas::bench
