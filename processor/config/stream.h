#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/codes.h"

// One stream of the effective configuration, and where each of its values was written.

namespace fracas::config {

// Where a value was written: 1-based; line 0 for a built-in default or a value from the
// environment.
struct Mark {
  std::string file;
  int line = 0;
  int column = 0;
};

// A text of the configuration that problems may point at later (a pointer no schema knows, a topic
// that does not exist).
struct Text {
  std::string value;
  Mark mark;
};

// --- Streams
// ------------------------------------------------------------------------------------------

enum class Stage : uint8_t { kIngestion, kStandardized, kCurated };
enum class Framing : uint8_t { kNone, kConfluent };  // confluent: a 5-byte prefix, kept in the copy
enum class PublishMode : uint8_t { kCopy, kNone };
enum class TombstonePolicy : uint8_t { kPublish, kDeadLetter };
enum class ReplayTrust : uint8_t { kTicket, kMark };
enum class TimeFormat : uint8_t { kRfc3339, kUnixSeconds, kUnixMilliseconds };

inline constexpr int64_t kOff = -1;  // a duration or a count that is switched off

// Where a stream begins on a partition for which the group has no offset.
struct Start {
  enum class Kind : uint8_t { kEarliest, kLatest, kTime };
  Kind kind = Kind::kEarliest;
  int64_t time_ms = 0;  // kTime: since the Unix epoch
};

// Where in a record an identity is: `/pointer`, `header:NAME`, `key`, `key:/pointer`.
struct IdSource {
  enum class Kind : uint8_t { kNone, kPointer, kHeader, kKey, kKeyPointer };
  Kind kind = Kind::kNone;
  std::string name;  // the pointer (RFC 6901) or the header's name
  Mark mark;
};

struct Identity {
  IdSource business_id;
  IdSource message_id;
  IdSource idempotency_key;
};

struct EventTime {
  bool on = false;  // a pointer is configured
  Text pointer;
  TimeFormat format = TimeFormat::kRfc3339;
  int32_t zone_offset_minutes = 0;  // for times written without an offset
  int64_t max_age_ms = kOff;
  int64_t max_future_ms = kOff;
};

// What makes a record a replay: `header:NAME` or `body:/pointer`.
struct Replay {
  bool mark_in_body = false;
  std::string mark_name;
  ReplayTrust trust = ReplayTrust::kTicket;
  int32_t count_max = 0;
};

// true: such a character inside a string is a finding (UNPRINTABLE_CHARS).
struct Characters {
  bool control = true;
  bool zero_width = true;
  bool bidi = true;
  bool noncharacter = true;
};

struct BatchLimits {
  size_t records = 0;
  size_t bytes = 0;
  int64_t interval_ms = 0;
};

// Over a rolling window per partition; a value that is kOff (the ratio: < 0) never trips.
struct AuditLimits {
  int64_t window_ms = 0;
  double max_failed_ratio = -1;
  int64_t max_failed_records = kOff;
  int64_t min_records = 0;  // below it the ratio says nothing
};

struct RetryPolicy {
  int32_t count = 0;
  int64_t initial_ms = 0;
  int64_t max_ms = 0;
  double multiplier = 1;
};

// Classes of passing causes (types of failure codes) that may have a policy of their own.
enum class RetryClass : uint8_t { kTransient, kCapacity, kSystem };
inline constexpr size_t kRetryClasses = 3;
// What is not set is as in `retry`.
struct RetryOverride {
  std::optional<int32_t> count;
  std::optional<int64_t> initial_ms;
  std::optional<int64_t> max_ms;
  std::optional<double> multiplier;
};

struct QuarantinePolicy {
  int64_t auto_after = kOff;    // isolate a coordinate that failed this often
  int64_t auto_max_count = 0;   // at most so many …
  int64_t auto_max_per_ms = 0;  // … in such a time
};

struct Owners {
  std::string source;
  std::string destination;
  std::string platform;
  std::vector<std::string> consumers;
};

struct AlertLimits {
  int64_t dead_letters_warning = kOff;
  int64_t dead_letters_critical = kOff;
  double pass_ratio = -1;  // < 0: off
  int64_t red_unattended_ms = kOff;  // stopped for so long
};

struct Stream {
  std::string id;  // unique in its pipeline
  std::string pipeline;
  Mark mark;  // of the stream's own key
  Stage stage = Stage::kIngestion;
  std::string dataset;
  std::vector<Text> topics;  // either these …
  Text topics_pattern;       // … or this (RE2 syntax, begins with ^), not both
  Start start;
  Framing framing = Framing::kNone;
  Text contract;  // absolute or relative to the working directory; "": none
  std::map<std::string, std::string> schemas;  // base URI → folder, for remote references
  bool assert_formats = true;
  PublishMode mode = PublishMode::kNone;
  Text publish_topic;      // template, see config/topic_template.h; "" in mode none
  Text dead_letter_topic;  // template
  Identity identity;
  Replay replay;
  EventTime event_time;
  int64_t max_silence_ms = kOff;  // freshness.max_silence
  std::vector<Text> critical;     // JSON pointers
  std::vector<std::string> sentinels;
  std::vector<Text> sensitive;  // JSON pointers
  Characters characters;
  bool forbid_duplicate_keys = true;
  bool report_drift = true;
  TombstonePolicy tombstones = TombstonePolicy::kPublish;
  size_t record_bytes_max = 0;
  BatchLimits batch;
  AuditLimits audit;
  std::map<Code, Disposition> dispositions;  // overrides only; the rest is in failure_codes.yaml
  RetryPolicy retry;
  std::array<RetryOverride, kRetryClasses> retry_of{};  // by RetryClass
  QuarantinePolicy quarantine;
  Owners owners;
  AlertLimits alerts;
  // Where each effective value was written, by its path ("batch.records", "critical.0"); built-in
  // defaults are missing. MarkOf falls back to the nearest outer path, at last to the stream's key.
  std::map<std::string, Mark> marks;
};

// The mark for messages about `path` of `stream`.
const Mark& MarkOf(const Stream& stream, const std::string& path);
// The policy of causes of one class.
RetryPolicy RetryOf(const Stream& stream, RetryClass kind);
// "pipeline/stream": how logs, keys and messages name a stream.
std::string QualifiedName(const Stream& stream);

}  // namespace fracas::config
