// Spring Kafka: DeadLetterPublishingRecoverer (names with "dlt-") and @RetryableTopic (names
// without). Numbers are binary, big endian: the encoding follows from the name, never from the
// bytes. What was deserialized is serialized again, so only what could not be deserialized is the
// original's for sure.
//
// Order of a hop: exception headers (removed and appended anew each time), then where it came from
// (appended again by the recoverer, written once only by retry topics), then the retry headers.
// Type names of the serializer may stand in between.

#include <algorithm>
#include <array>

#include "core/text.h"
#include "formats/header_block.h"

namespace fracas::formats {

namespace {

constexpr std::string_view kGroup = "kafka_dlt-original-consumer-group";
constexpr std::string_view kRetryPrefix = "retry_topic-";
constexpr std::string_view kAttempts = "retry_topic-attempts";
constexpr std::string_view kRetryTimestamp = "retry_topic-original-timestamp";
constexpr std::string_view kDltPrefix = "kafka_dlt-";

// The two dialects differ in their names only.
struct Names {
  std::string_view topic, partition, offset, timestamp, timestamp_type;
  std::string_view fqcn, cause, message, trace;
  std::string_view key_fqcn, key_message, key_trace;
};
constexpr Names kDlt = {
    .topic = "kafka_dlt-original-topic",
    .partition = "kafka_dlt-original-partition",
    .offset = "kafka_dlt-original-offset",
    .timestamp = "kafka_dlt-original-timestamp",
    .timestamp_type = "kafka_dlt-original-timestamp-type",
    .fqcn = "kafka_dlt-exception-fqcn",
    .cause = "kafka_dlt-exception-cause-fqcn",
    .message = "kafka_dlt-exception-message",
    .trace = "kafka_dlt-exception-stacktrace",
    .key_fqcn = "kafka_dlt-key-exception-fqcn",
    .key_message = "kafka_dlt-key-exception-message",
    .key_trace = "kafka_dlt-key-exception-stacktrace",
};
constexpr Names kRetry = {
    .topic = "kafka_original-topic",
    .partition = "kafka_original-partition",
    .offset = "kafka_original-offset",
    .timestamp = "kafka_original-timestamp",
    .timestamp_type = "kafka_original-timestamp-type",
    .fqcn = "kafka_exception-fqcn",
    .cause = "kafka_exception-cause-fqcn",
    .message = "kafka_exception-message",
    .trace = "kafka_exception-stacktrace",
    .key_fqcn = "kafka_key-exception-fqcn",
    .key_message = "kafka_key-exception-message",
    .key_trace = "kafka_key-exception-stacktrace",
};

bool IsOurs(std::string_view name) {
  return name.starts_with(kDltPrefix) || name.starts_with("kafka_original-") ||
         name.starts_with("kafka_exception-") || name.starts_with("kafka_key-exception-") ||
         name.starts_with(kRetryPrefix);
}

// Big endian, two's complement, 1 to 8 bytes: int32, int64 and BigInteger.toByteArray alike.
bool BigEndian(std::optional<std::string_view> bytes, size_t size_min, size_t size_max,
               int64_t* value) {
  if (!bytes.has_value() || bytes->size() < size_min || bytes->size() > size_max) return false;
  uint64_t bits = (static_cast<unsigned char>(bytes->front()) & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (const char c : *bytes) bits = bits << 8 | static_cast<unsigned char>(c);
  *value = static_cast<int64_t>(bits);
  return true;
}

void ReadOrigin(std::span<const HeaderView> headers, const Names& names, LetterOrigin* origin) {
  origin->source.topic = TextOf(headers, names.topic);
  int64_t number = 0;
  if (BigEndian(LastValue(headers, names.partition), 4, 4, &number)) {
    origin->source.partition = static_cast<Partition>(number);
  }
  if (BigEndian(LastValue(headers, names.offset), 8, 8, &number)) origin->offset = number;
  if (BigEndian(LastValue(headers, names.timestamp), 8, 8, &number) && number >= 0) {
    origin->timestamp_ms = number;
  }
}

void ReadAttempts(std::span<const HeaderView> headers, LetterOrigin* origin) {
  const std::optional<std::string_view> bytes = LastValue(headers, kAttempts);
  int64_t number = 0;
  if (bytes.has_value() && bytes->size() == 1) {  // of early versions: one byte, no sign
    number = static_cast<unsigned char>(bytes->front());
  } else if (!BigEndian(bytes, 4, 4, &number)) {
    return;
  }
  // The dead-letter topic is counted as one attempt more.
  origin->attempts = number > 1 ? static_cast<uint32_t>(number - 1) : 0;
}

bool IsDeserialization(std::string_view class_name) {
  return class_name.ends_with(".DeserializationException");
}

// What one hop has appended, in Spring's order: what failed, the origin, how often it was tried.
// Positions of headers; a part that is not there is empty. All that stands in front of it was there
// before, planted by a producer or by an earlier hop.
struct Hop {
  size_t key_error = 0;  // begins here …
  size_t value_error = 0;
  size_t origin = 0;
  size_t retry = 0;
  size_t end = 0;  // … and ends here

  bool key_failed() const { return key_error < value_error; }
  bool has_value_error() const { return value_error < origin; }
};

// The longest run that ends at `end` whose names stand in the order of `names`, each at most once.
size_t BeginOfRun(std::span<const HeaderView> headers, size_t end,
                  std::span<const std::string_view> names) {
  for (size_t field = names.size(); end > 0; --end) {
    while (field > 0 && names[field - 1] != headers[end - 1].name) --field;
    if (field == 0) break;
    --field;
  }
  return end;
}

// How often it was tried: each name once, in any order.
size_t BeginOfRetry(std::span<const HeaderView> headers, size_t end) {
  const size_t last = end;
  for (; end > 0 && headers[end - 1].name.starts_with(kRetryPrefix); --end) {
    for (size_t i = end; i < last; ++i) {
      if (headers[i].name == headers[end - 1].name) return end;
    }
  }
  return end;
}

Hop FindHop(std::span<const HeaderView> headers, const Names& names) {
  const std::array<std::string_view, 6> origin = {
      names.topic, names.partition, names.offset, names.timestamp, names.timestamp_type, kGroup};
  const std::array<std::string_view, 4> value = {names.fqcn, names.cause, names.message,
                                                 names.trace};
  const std::array<std::string_view, 4> key = {names.key_fqcn, names.cause, names.key_message,
                                               names.key_trace};
  Hop hop{.end = headers.size()};
  hop.retry = &names == &kRetry ? BeginOfRetry(headers, hop.end) : hop.end;
  hop.origin = BeginOfRun(headers, hop.retry, origin);
  hop.value_error = BeginOfRun(headers, hop.origin, value);
  hop.key_error = BeginOfRun(headers, hop.value_error, key);
  // Beside a failed key there is a failed value or no other error: a key's error was planted then.
  const auto error = headers.subspan(hop.value_error, hop.origin - hop.value_error);
  if (hop.has_value_error() && !IsDeserialization(TextOf(error, names.fqcn))) {
    hop.key_error = hop.value_error;
  }
  return hop;
}

// Where the last header of Spring's ends; 0: there is none.
size_t EndOfOurs(std::span<const HeaderView> headers) {
  for (size_t i = headers.size(); i > 0; --i) {
    if (IsOurs(headers[i - 1].name)) return i;
  }
  return 0;
}

std::optional<Block> FindOrigin(std::span<const HeaderView> headers, const Names& names) {
  const std::array<BlockField, 6> fields = {{{names.topic, true},
                                             {names.partition, true},
                                             {names.offset, true},
                                             {names.timestamp},
                                             {names.timestamp_type},
                                             {kGroup}}};
  return FindLastBlock(headers, fields);
}

// A retry topic writes the origin in its first hop only, with its count behind it. An origin that
// stands otherwise was there before: planted or copied, and no true one was written.
bool IsOfFirstHop(std::span<const HeaderView> headers, size_t origin_end, size_t hop_begin) {
  if (origin_end == hop_begin || !headers[origin_end].name.starts_with(kRetryPrefix)) return false;
  for (size_t i = origin_end; i < hop_begin; ++i) {
    if (!headers[i].name.starts_with(kRetryPrefix) && !IsSpringTypeName(headers[i].name))
      return false;
  }
  return true;
}

// The own headers of a record whose hops have counted up to `begin`.
size_t BeginOfCounts(std::span<const HeaderView> headers, size_t begin) {
  for (size_t i = begin; i > 0; --i) {
    if (headers[i - 1].name.starts_with(kRetryPrefix))
      begin = i - 1;
    else if (!IsSpringTypeName(headers[i - 1].name))
      break;
  }
  return begin;
}

// Retry topics and their dead-letter topic are the topic's name and a suffix; a mirror puts the
// other cluster's name and a dot in front.
bool IsNamedAfter(std::string_view letters, std::string_view source) {
  for (size_t at = letters.find(source); at != std::string_view::npos;
       at = letters.find(source, at + 1)) {
    const size_t end = at + source.size();
    const bool begins = at == 0 || letters[at - 1] == '.';
    if (begins && end < letters.size() && (letters[end] == '-' || letters[end] == '_')) return true;
  }
  return false;
}

void Doubt(std::string_view why, LetterOrigin* origin) {
  if (origin->coordinates == CoordinateTrust::kNone) return;
  origin->coordinates = CoordinateTrust::kDoubtful;
  origin->notes.emplace_back(why);
}

void FindSource(const LetterFacts& facts, const Hop& hop, const Names& names,
                LetterOrigin* origin) {
  const auto headers = facts.headers.first(hop.end);
  origin->own_headers = hop.key_error;
  const std::optional<Block> block = FindOrigin(headers, names);
  if (!block.has_value()) return SetClaimed(origin);
  origin->blocks = block->count;
  ReadOrigin(headers.subspan(block->begin, block->end - block->begin), names, origin);
  SetClaimed(origin);
  if (block->begin >= hop.origin) return;
  if (!IsOfFirstHop(headers, block->end, hop.key_error)) {
    origin->own_headers = BeginOfCounts(headers, hop.key_error);
    Doubt(
        "the origin stands apart from the rest of what Spring Kafka wrote: it was there "
        "before, planted or copied, and was not replaced",
        origin);
    return;
  }
  // What the first hop found in its place it has left there, and no error tells the two apart now.
  origin->own_headers = block->begin;
  if (!facts.topic.empty() && !IsNamedAfter(facts.topic, origin->source.topic)) {
    Doubt(
        "this topic is not named after the one that it says: retry topics keep what a "
        "producer has planted",
        origin);
  }
}

void ReadError(std::span<const HeaderView> headers, const Hop& hop, const Names& names,
               LetterOrigin* origin) {
  const auto value = headers.subspan(hop.value_error, hop.origin - hop.value_error);
  const auto key = headers.subspan(hop.key_error, hop.value_error - hop.key_error);
  const bool whole = hop.has_value_error();
  origin->error_class = whole ? TextOf(value, names.fqcn) : TextOf(key, names.key_fqcn);
  origin->error_message = whole ? TextOf(value, names.message) : TextOf(key, names.key_message);
  origin->stack_trace = whole ? TextOf(value, names.trace) : TextOf(key, names.key_trace);
  ReadCause(origin);
  if (origin->cause_class.empty()) origin->cause_class = TextOf(whole ? value : key, names.cause);
}

// Only what could not be deserialized is carried as it was, and only by the first hop: the next one
// carries what that one has written. Null may have been the JSON document null. A key's error in
// front of a value's error may have been planted there; one that stands last was not.
void JudgeBytes(const Hop& hop, const LetterFacts& facts, bool first_hop, LetterOrigin* origin) {
  const bool value_failed = hop.has_value_error() && IsDeserialization(origin->error_class);
  const auto trust = [&](bool failed, bool sure, bool null) {
    if (failed) return sure && first_hop ? ByteTrust::kOriginal : ByteTrust::kUnknown;
    return null ? ByteTrust::kUnknown : ByteTrust::kRewritten;
  };
  origin->key = trust(hop.key_failed(), !hop.has_value_error(), facts.key_null);
  origin->value = trust(value_failed, true, facts.value_null);
  if (hop.key_failed() || value_failed) {
    origin->stage = Cat(!value_failed      ? "key"
                        : hop.key_failed() ? "key and value"
                                           : "value",
                        " deserializer");
  }
  if (origin->value == ByteTrust::kRewritten) {
    origin->notes.emplace_back(
        "the value could be deserialized and was serialized again: unknown members may "
        "be gone, types and spelling may differ from the original");
  }
}

}  // namespace

bool IsSpringTypeName(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {
      "__TypeId__",     "__ContentTypeId__",     "__KeyTypeId__",  // of a value
      "__Key_TypeId__", "__Key_ContentTypeId__", "__Key_KeyTypeId__"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::optional<Found> ReadSpringLetter(const LetterFacts& facts) {
  Found found;
  found.end = EndOfOurs(facts.headers);
  if (found.end == 0) return std::nullopt;
  const auto headers = facts.headers.first(found.end);
  const Hop as_retry = FindHop(headers, kRetry);
  const Hop as_dlt = FindHop(headers, kDlt);
  // Both know the consumer group's name: the dialect that explains more of the end wrote it.
  const bool retry = as_retry.key_error < as_dlt.key_error;
  const Names& names = retry ? kRetry : kDlt;
  const Hop& hop = retry ? as_retry : as_dlt;
  const auto written = headers.subspan(hop.key_error);
  LetterOrigin& origin = found.origin;
  origin.system = retry ? LetterSystem::kSpringRetry : LetterSystem::kSpring;
  FindSource(facts, hop, names, &origin);
  const size_t group_begin =
      origin.coordinates == CoordinateTrust::kDoubtful ? hop.key_error : origin.own_headers;
  const std::string group = TextOf(headers.subspan(group_begin), kGroup);
  if (!group.empty()) origin.component = Cat("consumer group ", group);
  ReadAttempts(written, &origin);
  int64_t first_ms = 0;
  if (retry && BigEndian(LastValue(written, kRetryTimestamp), 1, 8, &first_ms) && first_ms > 0) {
    origin.timestamp_ms = origin.timestamp_ms == kNoTime ? first_ms : origin.timestamp_ms;
  }
  ReadError(headers, hop, names, &origin);
  JudgeBytes(hop, facts, hop.origin < hop.retry, &origin);
  return found;
}

}  // namespace fracas::formats
