#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/codes.h"
#include "core/record.h"
#include "core/status.h"

// A contract: what the records of a stream must be. A JSON Schema (2020-12 or draft-07) plus the
// rules that a stream declares beside it, compiled once into an immutable plan that two readers
// walk: prove (fast, "valid" or "unproven") and explain (complete, the only source of findings).

namespace fracas::contract {

enum class Dialect : uint8_t { kDraft202012, kDraft7 };

// Character classes that a stream may allow inside strings (after escapes are resolved).
enum class CharacterClass : uint8_t {
  kControl,       // U+0000…U+001F without tab, line feed, carriage return; U+007F…U+009F
  kZeroWidth,     // U+200B…U+200D, U+2060, U+FEFF inside a text
  kBidi,          // U+202A…U+202E, U+2066…U+2069, U+200E, U+200F, U+061C
  kNoncharacter,  // U+FDD0…U+FDEF, U+xxFFFE, U+xxFFFF; private use is allowed
};
inline constexpr size_t kCharacterClasses = 4;

enum class TimeFormat : uint8_t { kRfc3339, kUnixSeconds, kUnixMilliseconds };

// Judged against the record's own Kafka timestamp, so that attempt n + 1 judges as attempt n did.
struct EventTimeRule {
  std::string pointer;
  TimeFormat format = TimeFormat::kRfc3339;
  int32_t zone_offset_minutes = 0;  // for times written without an offset
  int64_t max_age_ms = -1;          // older than the record by more: TS_STALE; -1: no limit
  int64_t max_future_ms = -1;       // ahead of the record by more: TS_FUTURE; -1: no limit
};

// What a stream declares beside the schema. Pointers are RFC 6901, without wildcards.
struct Rules {
  bool has_schema = true;              // false: any well-formed JSON
  std::vector<std::string> critical;   // must be there, not null, not blank, not a sentinel
  std::vector<std::string> sentinels;  // texts that mean "missing": "N/A", "-", … (exact)
  bool has_event_time = false;
  EventTimeRule event_time;
  std::vector<std::string> captures;                        // identity pointers; delivered by index
  std::vector<std::string> sensitive;                       // values below never appear in any text
  std::array<bool, kCharacterClasses> forbid_characters{};  // true: a finding UNPRINTABLE_CHARS
  bool report_drift = false;           // FIELD_UNEXPECTED for what the schema permits, undeclared
  bool forbid_duplicate_keys = false;  // DUPLICATE_KEY; on identity pointers always
  size_t document_bytes_max = 0;       // RECORD_OVERSIZE beyond; 0: limits::kRecordBytesMax
};

// Where remote references are found: base URI → folder. Never the network.
using Catalog = std::map<std::string, std::string>;

struct CompileOptions {
  Dialect default_dialect = Dialect::kDraft202012;  // where the schema has no $schema
  bool assert_formats = false;
  Catalog catalog;
};

// One thing that keeps a schema from being a contract.
struct Problem {
  std::string file;  // "" when compiled from bytes
  size_t line = 0;   // 1-based; 0 if unknown
  size_t column = 0;
  std::string location;  // pointer into the schema: "/properties/id/pattern"
  std::string message;   // what is wrong and what to do
};

struct Plan;       // contract/plan.h
struct ProvePlan;  // contract/prove_plan.h

// Immutable, shared, any thread.
class Contract {
 public:
  explicit Contract(std::unique_ptr<const Plan> plan);
  ~Contract();
  const Plan& plan() const { return *plan_; }
  const ProvePlan& prove_plan() const { return *prove_plan_; }
  // Lower-case hex SHA-256 over schema bytes (all files used), options and rules.
  const std::string& sha256() const;

 private:
  std::unique_ptr<const Plan> plan_;
  std::unique_ptr<const ProvePlan> prove_plan_;  // CompileProve(*plan_): refers to it
};

struct Compiled {
  std::shared_ptr<const Contract> contract;  // null when there are problems
  std::vector<Problem> problems;
};

// Reads `file` (and, through the catalogue and relative references below its folder, what it refers
// to).
Compiled CompileFile(const std::string& file, const Rules& rules, const CompileOptions& options);
// The same from bytes; `base_uri` resolves relative references ("" if it has none).
Compiled CompileBytes(std::string schema, const std::string& base_uri, const Rules& rules,
                      const CompileOptions& options);
// Without a schema: well-formed JSON and the rules.
Compiled CompileRules(const Rules& rules);

}  // namespace fracas::contract
