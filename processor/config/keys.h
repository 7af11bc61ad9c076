#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "config/effective.h"
#include "config/model.h"

// Every key of the configuration, declared once: its place, type, default, bounds, meaning and
// where it goes in the model. The reader, `config show` and schemas/config.schema.json all follow
// these tables.

namespace fracas::config {

// Closed: what a value may look like (config/value.cc reads each).
enum class Type : uint8_t {
  kText,           // any text, not empty
  kName,           // [A-Za-z0-9._-]: it becomes part of topic names and transactional ids
  kInteger,        // within the bounds
  kRatio,          // 0 … 1
  kFraction,       // a number within the bounds
  kBoolean,        // true or false
  kChoice,         // one of the key's choices; Value::integer is its position
  kDuration,       // 100ms, 30s, 5m, 1h, 7d; bounds in milliseconds
  kSize,           // 512B, 64KiB, 8MiB, 1GiB; bounds in bytes
  kRate,           // 20/h
  kStart,          // earliest, latest or an RFC 3339 time
  kPointer,        // /customerId
  kIdSource,       // /pointer, header:NAME, key, key:/pointer
  kReplayMark,     // header:NAME or body:/pointer
  kZone,           // UTC or +02:00
  kAddress,        // 127.0.0.1:9464, [::1]:9464, localhost:9464
  kPath,           // a file or folder; relative to the configuration's folder
  kTopic,          // the name of a topic
  kTopicTemplate,  // config/topic_template.h
  kGroupTemplate,  // the name of a topic of our own, with {group}
  kPattern,        // a regular expression that begins with ^
  kTextList,
  kTopicList,
  kPointerList,
  kChoiceList,    // of the key's choices, each once
  kPathMap,       // URI → folder
  kDispositions,  // failure code → dead_letter, hold, warn
  kSettings,      // librdkafka settings (config/kafka_settings.h)
};

struct Bounds {
  int64_t min = 0;
  int64_t max = INT64_MAX;
};

struct Key {
  std::string_view path;  // "batch.records": the key `records` in the mapping `batch`
  Type type{};
  std::string_view
      initial;  // the default, as one would write it; "" when there is none or it depends
  std::string_view about;    // what it does; says what a default depends on
  std::string_view example;  // another legal value, as one would write it
  Bounds bounds{};
  std::span<const std::string_view> choices{};
  bool takes_off = false;  // the word `off` is a value
};

struct StreamKey {
  Key key;
  void (*store)(const Value& value, Stream* stream);  // called with set values only
};

struct RootKey {
  Key key;
  void (*store)(const Value& value, Config* config);
};

// What a mapping of keys is for: "batch" → a sentence.
struct Section {
  std::string_view path;
  std::string_view about;
};

// In the order in which they are shown. Static storage.
std::span<const StreamKey> StreamKeys();
// The two halves of StreamKeys: what records are, and what is done with them.
std::span<const StreamKey> ContentKeys();
std::span<const StreamKey> PolicyKeys();
std::span<const StreamKey> RetryKeys();
std::span<const RootKey> RootKeys();  // without `defaults` and `pipelines`
std::span<const Section> StreamSections();
std::span<const Section> RootSections();

// The position of `path` in its table. REQUIRES: it is there.
size_t StreamKeyIndex(std::string_view path);
size_t RootKeyIndex(std::string_view path);

}  // namespace fracas::config
