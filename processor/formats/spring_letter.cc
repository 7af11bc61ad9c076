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

bool IsException(std::string_view name, const Names& names) {
  return name == names.fqcn || name == names.cause || name == names.message ||
         name == names.trace || name == names.key_fqcn || name == names.key_message ||
         name == names.key_trace;
}

bool IsOurs(std::string_view name) {
  return name.starts_with(kDltPrefix) || name.starts_with("kafka_original-") ||
         name.starts_with("kafka_exception-") || name.starts_with("kafka_key-exception-") ||
         name.starts_with("retry_topic-");
}

bool IsTypeName(std::string_view name) {
  return name == "__TypeId__" || name == "__KeyTypeId__" || name == "__ContentTypeId__" ||
         name == "__KeyContentTypeId__";
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

void ReadError(std::span<const HeaderView> headers, const Names& names, const LetterFacts& facts,
               LetterOrigin* origin) {
  const std::string key_class = TextOf(headers, names.key_fqcn);
  origin->error_class = TextOf(headers, names.fqcn);
  origin->error_message = TextOf(headers, names.message);
  origin->stack_trace = TextOf(headers, names.trace);
  const bool key_failed = !key_class.empty();
  const bool value_failed = IsDeserialization(origin->error_class);
  if (origin->error_class.empty()) {
    origin->error_class = key_class;
    origin->error_message = TextOf(headers, names.key_message);
    origin->stack_trace = TextOf(headers, names.key_trace);
  }
  if (key_failed || value_failed) {
    origin->stage = key_failed && value_failed ? "key and value" : key_failed ? "key" : "value";
    origin->stage += " deserializer";
  }
  ReadCause(origin);
  if (origin->cause_class.empty()) origin->cause_class = TextOf(headers, names.cause);
  origin->key = TrustOf(facts.key_null, key_failed ? ByteTrust::kOriginal : ByteTrust::kRewritten);
  origin->value =
      TrustOf(facts.value_null, value_failed ? ByteTrust::kOriginal : ByteTrust::kRewritten);
  if (origin->value == ByteTrust::kRewritten) {
    origin->notes.emplace_back(
        "the value could be deserialized and was serialized again: unknown members may "
        "be gone, types and spelling may differ from the original");
  }
}

// Where the run of Spring's names begins that ends with header `end`.
size_t BeginOfRun(std::span<const HeaderView> headers, size_t end) {
  size_t begin = end;
  for (size_t i = end; i > 0; --i) {
    if (IsOurs(headers[i - 1].name))
      begin = i - 1;
    else if (!IsTypeName(headers[i - 1].name))
      break;
  }
  return begin;
}

// One past the last header of Spring's; 0: there is none.
size_t EndOfRun(std::span<const HeaderView> headers) {
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

// The last hop's own headers begin where its exception headers do.
size_t BeginOfHop(std::span<const HeaderView> headers, size_t origin_begin, size_t run_begin,
                  const Names& names) {
  size_t begin = origin_begin;
  while (begin > run_begin && IsException(headers[begin - 1].name, names)) --begin;
  return begin;
}

}  // namespace

std::optional<Found> ReadSpringLetter(const LetterFacts& facts) {
  Found found;
  found.end = EndOfRun(facts.headers);
  if (found.end == 0) return std::nullopt;
  const auto headers = facts.headers.first(found.end);
  const size_t run_begin = BeginOfRun(headers, found.end);
  const auto run = headers.subspan(run_begin);
  const bool retry =
      LastValue(run, kAttempts).has_value() || LastValue(run, kRetry.topic).has_value();
  const Names& names = retry ? kRetry : kDlt;
  LetterOrigin& origin = found.origin;
  origin.system = retry ? LetterSystem::kSpringRetry : LetterSystem::kSpring;
  const std::optional<Block> inside = FindOrigin(run, names);
  const std::optional<Block> block = inside.has_value() ? inside : FindOrigin(headers, names);
  origin.own_headers = run_begin;
  if (block.has_value()) {
    const auto in = inside.has_value() ? run : headers;
    ReadOrigin(in.subspan(block->begin, block->end - block->begin), names, &origin);
    origin.blocks = block->count;
    if (inside.has_value() && !retry) {
      origin.own_headers = run_begin + BeginOfHop(run, block->begin, 0, names);
    }
  }
  SetClaimed(&origin);
  if (block.has_value() && !inside.has_value()) {
    origin.coordinates = CoordinateTrust::kDoubtful;
    origin.notes.emplace_back(
        "the origin stands apart from the rest of what Spring Kafka wrote: it was there "
        "before, planted or copied, and was not replaced");
  }
  const std::string group = TextOf(run, kGroup);
  if (!group.empty()) origin.component = Cat("consumer group ", group);
  ReadAttempts(run, &origin);
  int64_t first_ms = 0;
  if (retry && BigEndian(LastValue(run, kRetryTimestamp), 1, 8, &first_ms) && first_ms > 0) {
    origin.timestamp_ms = origin.timestamp_ms == kNoTime ? first_ms : origin.timestamp_ms;
  }
  ReadError(run, names, facts, &origin);
  return found;
}

}  // namespace fracas::formats
