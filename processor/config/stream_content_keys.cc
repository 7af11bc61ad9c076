// What a stream reads, and what its records must be.

#include <array>

#include "config/keys.h"
#include "core/limits.h"

namespace fracas::config {
namespace {

using std::string_view;

constexpr int64_t kDayMs = 24 * 3'600'000LL;
constexpr Bounds kAnyDuration{1, 3'650 * kDayMs};
constexpr std::array<string_view, 3> kStages{"ingestion", "standardized", "curated"};
constexpr std::array<string_view, 1> kValueFormats{"json"};
constexpr std::array<string_view, 2> kFramings{"none", "confluent"};
constexpr std::array<string_view, 2> kTombstones{"publish", "dead_letter"};
constexpr std::array<string_view, 3> kTimeFormats{"rfc3339", "unix_seconds", "unix_milliseconds"};
constexpr std::array<string_view, 2> kFindingOrAllow{"finding", "allow"};
constexpr std::array<string_view, 1> kWarn{"warn"};

Text TextOf(const Value& value) { return {value.text, value.mark}; }

std::vector<Text> TextsOf(const Value& value) {
  std::vector<Text> texts;
  for (const Item& item : value.items) texts.push_back({item.text, item.mark});
  return texts;
}

std::vector<std::string> StringsOf(const Value& value) {
  std::vector<std::string> texts;
  for (const Item& item : value.items) texts.push_back(item.text);
  return texts;
}

// The value has been checked: the prefix decides.
IdSource IdSourceOf(const Value& value) {
  using Kind = IdSource::Kind;
  const string_view text = value.text;
  if (value.off) return {};
  if (text == "key") return {Kind::kKey, "", value.mark};
  if (text.starts_with("key:")) return {Kind::kKeyPointer, std::string(text.substr(4)), value.mark};
  if (text.starts_with("header:")) return {Kind::kHeader, std::string(text.substr(7)), value.mark};
  return {Kind::kPointer, std::string(text), value.mark};
}

void StoreStart(const Value& value, Stream* stream) {
  using Kind = Start::Kind;
  if (value.text == "earliest" || value.text == "latest") {
    stream->start = {value.text == "latest" ? Kind::kLatest : Kind::kEarliest, 0};
  } else {
    stream->start = {Kind::kTime, value.integer};
  }
}

void StoreSchemas(const Value& value, Stream* stream) {
  for (const Item& item : value.items) stream->schemas[item.name] = item.text;
}

int64_t OffOr(const Value& value) { return value.off ? kOff : value.integer; }

constexpr StreamKey kKeys[] = {
    // --- what it is ---
    {{"stage",
      Type::kChoice,
      "ingestion",
      "Where in the pipeline the dataset is.",
      "standardized",
      {},
      kStages},
     [](const Value& v, Stream* s) { s->stage = static_cast<Stage>(v.integer); }},
    {{"dataset", Type::kText, "",
      "namespace.name of the data, the same at every stage. Default: the stream's id.",
      "crm.contacts"},
     [](const Value& v, Stream* s) { s->dataset = v.text; }},
    // --- where it comes from ---
    {{"topics", Type::kTopicList, "",
      "The source topics. A topic belongs to one stream of the group. A stream has either topics "
      "or "
      "topics_pattern.",
      "[crm.contacts.raw]"},
     [](const Value& v, Stream* s) { s->topics = TextsOf(v); }},
    {{"topics_pattern", Type::kPattern, "",
      "A regular expression (RE2 syntax, beginning with ^) instead of topics; what its groups "
      "capture is "
      "{1} to {9} in the names of output topics.",
      "'^crm\\.(.+)\\.raw$'"},
     [](const Value& v, Stream* s) { s->topics_pattern = TextOf(v); }},
    {{"start", Type::kStart, "earliest",
      "Where to begin on a partition that the group has never read: earliest, latest or a time "
      "(RFC 3339).",
      "2026-01-31T00:00:00Z"},
     StoreStart},
    {{"format.value",
      Type::kChoice,
      "json",
      "What the records' values are.",
      "json",
      {},
      kValueFormats},
     [](const Value&, Stream*) {}},
    {{"format.framing",
      Type::kChoice,
      "none",
      "confluent: five bytes (a schema id) precede the document; they are stripped for the check "
      "and kept "
      "in the copy.",
      "confluent",
      {},
      kFramings},
     [](const Value& v, Stream* s) { s->framing = static_cast<Framing>(v.integer); }},
    {{"tombstones",
      Type::kChoice,
      "publish",
      "What becomes of records with a null value: they pass, or they go to the dead letters.",
      "dead_letter",
      {},
      kTombstones},
     [](const Value& v, Stream* s) { s->tombstones = static_cast<TombstonePolicy>(v.integer); }},
    // --- what it must be ---
    {{"contract",
      Type::kPath,
      "off",
      "A JSON Schema (2020-12 or draft-07), relative to this file. off: any well-formed JSON, and "
      "the "
      "rules below.",
      "contracts/contacts.schema.json",
      {},
      {},
      true},
     [](const Value& v, Stream* s) {
       s->contract = v.off ? Text{"", v.mark} : TextOf(v);
     }},
    {{"schemas", Type::kPathMap, "{}",
      "Where the contract's remote references are: base URI to folder. Nothing is ever fetched.",
      "{'https://example.com/schemas/': schemas}"},
     StoreSchemas},
    {{"assert_formats", Type::kBoolean, "true",
      "true: `format` in the contract is checked; false: it is an annotation.", "false"},
     [](const Value& v, Stream* s) { s->assert_formats = v.boolean; }},
    {{"identity.business_id",
      Type::kIdSource,
      "off",
      "What the record is about: what quarantine and people name. /pointer, header:NAME, key or "
      "key:/pointer.",
      "/customerId",
      {},
      {},
      true},
     [](const Value& v, Stream* s) { s->identity.business_id = IdSourceOf(v); }},
    {{"identity.message_id",
      Type::kIdSource,
      "off",
      "What names this one message, as above.",
      "/messageId",
      {},
      {},
      true},
     [](const Value& v, Stream* s) { s->identity.message_id = IdSourceOf(v); }},
    {{"identity.idempotency_key",
      Type::kIdSource,
      "off",
      "What is equal when the producer sends the same thing again, as above.",
      "header:idempotency_key",
      {},
      {},
      true},
     [](const Value& v, Stream* s) { s->identity.idempotency_key = IdSourceOf(v); }},
    {{"event_time.pointer",
      Type::kPointer,
      "off",
      "Where the time of the event is in the value.",
      "/eventTime",
      {},
      {},
      true},
     [](const Value& v, Stream* s) {
       s->event_time.on = !v.off;
       s->event_time.pointer = v.off ? Text{"", v.mark} : TextOf(v);
     }},
    {{"event_time.format",
      Type::kChoice,
      "rfc3339",
      "How the time is written.",
      "unix_milliseconds",
      {},
      kTimeFormats},
     [](const Value& v, Stream* s) { s->event_time.format = static_cast<TimeFormat>(v.integer); }},
    {{"event_time.zone", Type::kZone, "UTC",
      "The zone of times that are written without an offset.", "'+02:00'"},
     [](const Value& v, Stream* s) {
       s->event_time.zone_offset_minutes = static_cast<int32_t>(v.integer);
     }},
    {{"event_time.max_age",
      Type::kDuration,
      "off",
      "An event older than its record's Kafka timestamp by more is TS_STALE.",
      "7d",
      kAnyDuration,
      {},
      true},
     [](const Value& v, Stream* s) { s->event_time.max_age_ms = OffOr(v); }},
    {{"event_time.max_future",
      Type::kDuration,
      "off",
      "An event ahead of its record's Kafka timestamp by more is TS_FUTURE.",
      "5m",
      kAnyDuration,
      {},
      true},
     [](const Value& v, Stream* s) { s->event_time.max_future_ms = OffOr(v); }},
    {{"freshness.max_silence",
      Type::kDuration,
      "1h",
      "Without a record for longer, the stream is silent: somebody is paged.",
      "26h",
      kAnyDuration,
      {},
      true},
     [](const Value& v, Stream* s) { s->max_silence_ms = OffOr(v); }},
    {{"critical", Type::kPointerList, "[]",
      "Critical data elements: missing is CDE_MISSING; null, blank or a sentinel is CDE_NULL.",
      "[/customerId, /eventTime]"},
     [](const Value& v, Stream* s) { s->critical = TextsOf(v); }},
    {{"sentinels", Type::kTextList, "[]",
      "Texts that mean that a critical element is missing (exact).", "[N/A, '-']"},
     [](const Value& v, Stream* s) { s->sentinels = StringsOf(v); }},
    {{"sensitive", Type::kPointerList, "[]",
      "Values at and below these pointers never appear in events, logs or tables.", "[/email]"},
     [](const Value& v, Stream* s) { s->sensitive = TextsOf(v); }},
    {{"characters.control",
      Type::kChoice,
      "finding",
      "U+0000 to U+001F except tab and line breaks, U+007F to U+009F inside strings.",
      "allow",
      {},
      kFindingOrAllow},
     [](const Value& v, Stream* s) { s->characters.control = v.integer == 0; }},
    {{"characters.zero_width",
      Type::kChoice,
      "finding",
      "U+200B to U+200D, U+2060 and U+FEFF inside strings.",
      "allow",
      {},
      kFindingOrAllow},
     [](const Value& v, Stream* s) { s->characters.zero_width = v.integer == 0; }},
    {{"characters.bidi",
      Type::kChoice,
      "finding",
      "Marks that change the direction of text: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 "
      "to "
      "U+2069.",
      "allow",
      {},
      kFindingOrAllow},
     [](const Value& v, Stream* s) { s->characters.bidi = v.integer == 0; }},
    {{"characters.noncharacter",
      Type::kChoice,
      "finding",
      "U+FDD0 to U+FDEF and the last two code points of each plane.",
      "allow",
      {},
      kFindingOrAllow},
     [](const Value& v, Stream* s) { s->characters.noncharacter = v.integer == 0; }},
    {{"duplicate_keys",
      Type::kChoice,
      "finding",
      "The same key twice in an object; on an identity pointer it is a finding in any case.",
      "allow",
      {},
      kFindingOrAllow},
     [](const Value& v, Stream* s) { s->forbid_duplicate_keys = v.integer == 0; }},
    {{"drift",
      Type::kChoice,
      "warn",
      "Fields that the contract permits but does not declare: reported as FIELD_UNEXPECTED, or "
      "not.",
      "off",
      {},
      kWarn,
      true},
     [](const Value& v, Stream* s) { s->report_drift = !v.off; }},
    {{"limits.record",
      Type::kSize,
      "1MiB",
      "A larger value is RECORD_OVERSIZE.",
      "512KiB",
      {1, limits::kRecordBytesMax}},
     [](const Value& v, Stream* s) { s->record_bytes_max = static_cast<size_t>(v.integer); }},
};

}  // namespace

std::span<const StreamKey> ContentKeys() { return kKeys; }

}  // namespace fracas::config
