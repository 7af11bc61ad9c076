// The keys of a stream. A row is all there is to a key: add one here, and the reader, `config show`, and
// (through its test) schemas/config.schema.json have it.

#include <array>

#include "config/keys.h"
#include "core/check.h"
#include "core/limits.h"

namespace fracas::config {
namespace {

using std::string_view;

constexpr int64_t kDayMs = 24 * 3'600'000LL;
constexpr Bounds kAnyDuration{1, 3'650 * kDayMs};
constexpr Bounds kCount{1, 1'000'000'000'000};

constexpr std::array<string_view, 3> kStages{"ingestion", "standardized", "curated"};
constexpr std::array<string_view, 1> kValueFormats{"json"};
constexpr std::array<string_view, 2> kFramings{"none", "confluent"};
constexpr std::array<string_view, 2> kModes{"copy", "none"};
constexpr std::array<string_view, 2> kTombstones{"publish", "dead_letter"};
constexpr std::array<string_view, 2> kTrusts{"ticket", "mark"};
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

void StoreReplayMark(const Value& value, Stream* stream) {
  const size_t colon = value.text.find(':');
  stream->replay.mark_in_body = value.text.starts_with("body:");
  stream->replay.mark_name = value.text.substr(colon + 1);
}

void StoreStart(const Value& value, Stream* stream) {
  using Kind = Start::Kind;
  if (value.text == "earliest" || value.text == "latest") {
    stream->start = {value.text == "latest" ? Kind::kLatest : Kind::kEarliest, 0};
  } else {
    stream->start = {Kind::kTime, value.integer};
  }
}

void StoreDispositions(const Value& value, Stream* stream) {
  for (const Item& item : value.items) {
    const CodeInfo* code = FindCode(item.name);
    FRACAS_CHECK(code != nullptr, item.name);
    stream->dispositions[code->code] = item.text == "hold"          ? Disposition::kHold
                                       : item.text == "dead_letter" ? Disposition::kDeadLetter
                                                                    : Disposition::kWarn;
  }
}

void StoreSchemas(const Value& value, Stream* stream) {
  for (const Item& item : value.items) stream->schemas[item.name] = item.text;
}

int64_t OffOr(const Value& value) { return value.off ? kOff : value.integer; }
double OffOrNumber(const Value& value) { return value.off ? -1 : value.number; }

constexpr StreamKey kKeys[] = {
    // --- what it is ---
    {{"stage", Type::kChoice, "ingestion", "Where in the pipeline the dataset is.", "standardized", {},
      kStages},
     [](const Value& v, Stream* s) { s->stage = static_cast<Stage>(v.integer); }},
    {{"dataset", Type::kText, "",
      "namespace.name of the data, the same at every stage. Default: the stream's id.", "crm.contacts"},
     [](const Value& v, Stream* s) { s->dataset = v.text; }},
    // --- where it comes from ---
    {{"topics", Type::kTopicList, "",
      "The source topics. A topic belongs to one stream of the group. A stream has either topics or "
      "topics_pattern.",
      "[crm.contacts.raw]"},
     [](const Value& v, Stream* s) { s->topics = TextsOf(v); }},
    {{"topics_pattern", Type::kPattern, "",
      "A regular expression (RE2 syntax, beginning with ^) instead of topics; what its groups capture is "
      "{1} to {9} in the names of output topics.",
      "'^crm\\.(.+)\\.raw$'"},
     [](const Value& v, Stream* s) { s->topics_pattern = TextOf(v); }},
    {{"start", Type::kStart, "earliest",
      "Where to begin on a partition for which the group has no offset: earliest, latest or a time "
      "(RFC 3339).",
      "2026-01-31T00:00:00Z"},
     StoreStart},
    {{"format.value", Type::kChoice, "json", "What the records' values are.", "json", {}, kValueFormats},
     [](const Value&, Stream*) {}},
    {{"format.framing", Type::kChoice, "none",
      "confluent: five bytes (a schema id) precede the document; they are stripped for the check and kept "
      "in the copy.",
      "confluent", {}, kFramings},
     [](const Value& v, Stream* s) { s->framing = static_cast<Framing>(v.integer); }},
    {{"tombstones", Type::kChoice, "publish",
      "What becomes of records with a null value: they pass, or they go to the dead letters.",
      "dead_letter", {}, kTombstones},
     [](const Value& v, Stream* s) { s->tombstones = static_cast<TombstonePolicy>(v.integer); }},
    // --- what it must be ---
    {{"contract", Type::kPath, "off",
      "A JSON Schema (2020-12 or draft-07), relative to this file. off: any well-formed JSON, and the "
      "rules below.",
      "contracts/contacts.schema.json", {}, {}, true},
     [](const Value& v, Stream* s) { s->contract = v.off ? Text{"", v.mark} : TextOf(v); }},
    {{"schemas", Type::kPathMap, "{}",
      "Where the contract's remote references are: base URI to folder. Nothing is ever fetched.",
      "{'https://example.com/schemas/': schemas}"},
     StoreSchemas},
    {{"assert_formats", Type::kBoolean, "true",
      "true: `format` in the contract is checked; false: it is an annotation.", "false"},
     [](const Value& v, Stream* s) { s->assert_formats = v.boolean; }},
    {{"identity.business_id", Type::kIdSource, "off",
      "What the record is about: what quarantine and people name. /pointer, header:NAME, key or "
      "key:/pointer.",
      "/customerId", {}, {}, true},
     [](const Value& v, Stream* s) { s->identity.business_id = IdSourceOf(v); }},
    {{"identity.message_id", Type::kIdSource, "off", "What names this one message, as above.",
      "/messageId", {}, {}, true},
     [](const Value& v, Stream* s) { s->identity.message_id = IdSourceOf(v); }},
    {{"identity.idempotency_key", Type::kIdSource, "off",
      "What is equal when the producer sends the same thing again, as above.", "header:idempotency_key",
      {}, {}, true},
     [](const Value& v, Stream* s) { s->identity.idempotency_key = IdSourceOf(v); }},
    {{"event_time.pointer", Type::kPointer, "off", "Where the time of the event is in the value.",
      "/eventTime", {}, {}, true},
     [](const Value& v, Stream* s) {
       s->event_time.on = !v.off;
       s->event_time.pointer = v.off ? Text{"", v.mark} : TextOf(v);
     }},
    {{"event_time.format", Type::kChoice, "rfc3339", "How the time is written.", "unix_milliseconds", {},
      kTimeFormats},
     [](const Value& v, Stream* s) { s->event_time.format = static_cast<TimeFormat>(v.integer); }},
    {{"event_time.zone", Type::kZone, "UTC", "The zone of times that are written without an offset.",
      "'+02:00'"},
     [](const Value& v, Stream* s) {
       s->event_time.zone_offset_minutes = static_cast<int32_t>(v.integer);
     }},
    {{"event_time.max_age", Type::kDuration, "off",
      "An event older than its record's Kafka timestamp by more is TS_STALE.", "7d", kAnyDuration, {},
      true},
     [](const Value& v, Stream* s) { s->event_time.max_age_ms = OffOr(v); }},
    {{"event_time.max_future", Type::kDuration, "off",
      "An event ahead of its record's Kafka timestamp by more is TS_FUTURE.", "5m", kAnyDuration, {},
      true},
     [](const Value& v, Stream* s) { s->event_time.max_future_ms = OffOr(v); }},
    {{"freshness.max_silence", Type::kDuration, "off",
      "Without a record for longer, the stream is reported as silent.", "1h", kAnyDuration, {}, true},
     [](const Value& v, Stream* s) { s->max_silence_ms = OffOr(v); }},
    {{"critical", Type::kPointerList, "[]",
      "Critical data elements: missing is CDE_MISSING; null, blank or a sentinel is CDE_NULL.",
      "[/customerId, /eventTime]"},
     [](const Value& v, Stream* s) { s->critical = TextsOf(v); }},
    {{"sentinels", Type::kTextList, "[]", "Texts that mean that a critical element is missing (exact).",
      "[N/A, '-']"},
     [](const Value& v, Stream* s) { s->sentinels = StringsOf(v); }},
    {{"sensitive", Type::kPointerList, "[]",
      "Values at and below these pointers never appear in events, logs or tables.", "[/email]"},
     [](const Value& v, Stream* s) { s->sensitive = TextsOf(v); }},
    {{"characters.control", Type::kChoice, "finding",
      "U+0000 to U+001F except tab and line breaks, U+007F to U+009F inside strings.", "allow", {},
      kFindingOrAllow},
     [](const Value& v, Stream* s) { s->characters.control = v.integer == 0; }},
    {{"characters.zero_width", Type::kChoice, "finding",
      "U+200B to U+200D, U+2060 and U+FEFF inside strings.", "allow", {}, kFindingOrAllow},
     [](const Value& v, Stream* s) { s->characters.zero_width = v.integer == 0; }},
    {{"characters.bidi", Type::kChoice, "finding",
      "Marks that change the direction of text: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to "
      "U+2069.",
      "allow", {}, kFindingOrAllow},
     [](const Value& v, Stream* s) { s->characters.bidi = v.integer == 0; }},
    {{"characters.noncharacter", Type::kChoice, "finding",
      "U+FDD0 to U+FDEF and the last two code points of each plane.", "allow", {}, kFindingOrAllow},
     [](const Value& v, Stream* s) { s->characters.noncharacter = v.integer == 0; }},
    {{"duplicate_keys", Type::kChoice, "finding",
      "The same key twice in an object; on an identity pointer it is a finding in any case.", "allow", {},
      kFindingOrAllow},
     [](const Value& v, Stream* s) { s->forbid_duplicate_keys = v.integer == 0; }},
    {{"drift", Type::kChoice, "warn",
      "Fields that the contract permits but does not declare: reported as FIELD_UNEXPECTED, or not.",
      "off", {}, kWarn, true},
     [](const Value& v, Stream* s) { s->report_drift = !v.off; }},
    {{"limits.record", Type::kSize, "1MiB", "A larger value is RECORD_OVERSIZE.", "512KiB",
      {1, limits::kRecordBytesMax}},
     [](const Value& v, Stream* s) { s->record_bytes_max = static_cast<size_t>(v.integer); }},
    // --- where it goes ---
    {{"publish.mode", Type::kChoice, "",
      "copy: audited records go to publish.topic, bytes untouched; none: observe only and say what would "
      "have been held. Default: copy where publish.topic is set, otherwise none.",
      "copy", {}, kModes},
     [](const Value& v, Stream* s) { s->mode = static_cast<PublishMode>(v.integer); }},
    {{"publish.topic", Type::kTopicTemplate, "",
      "Where audited records go. {topic}, {stream}, {dataset}, {pipeline}, {group} and {1} to {9} are "
      "replaced.",
      "crm.contacts"},
     [](const Value& v, Stream* s) { s->publish_topic = TextOf(v); }},
    {{"dead_letters.topic", Type::kTopicTemplate, "'{topic}.dlq'",
      "Where rejected records go; placeholders as in publish.topic.", "crm.contacts.dlq"},
     [](const Value& v, Stream* s) { s->dead_letter_topic = TextOf(v); }},
    // --- how it is judged ---
    {{"batch.records", Type::kInteger, "10000", "A batch ends with so many records.", "2000",
      {1, limits::kRoundRecordsMax}},
     [](const Value& v, Stream* s) { s->batch.records = static_cast<size_t>(v.integer); }},
    {{"batch.bytes", Type::kSize, "8MiB", "A batch ends with so many bytes of keys and values.", "1MiB",
      {static_cast<int64_t>(limits::kKiB), limits::kRoundBytesMax}},
     [](const Value& v, Stream* s) { s->batch.bytes = static_cast<size_t>(v.integer); }},
    {{"batch.interval", Type::kDuration, "100ms", "A batch ends after so long.", "1s", {1, 60'000}},
     [](const Value& v, Stream* s) { s->batch.interval_ms = v.integer; }},
    {{"audit.window", Type::kDuration, "5m",
      "The rolling window, per partition, in which failed records are counted.", "1h",
      {1'000, 7 * kDayMs}},
     [](const Value& v, Stream* s) { s->audit.window_ms = v.integer; }},
    {{"audit.max_failed_ratio", Type::kRatio, "0.05",
      "A larger share of failed records in the window holds the stream.", "0.01", {}, {}, true},
     [](const Value& v, Stream* s) { s->audit.max_failed_ratio = OffOrNumber(v); }},
    {{"audit.max_failed_records", Type::kInteger, "off",
      "More failed records in the window hold the stream.", "1000", kCount, {}, true},
     [](const Value& v, Stream* s) { s->audit.max_failed_records = OffOr(v); }},
    {{"audit.min_records", Type::kInteger, "100",
      "With fewer records in the window the ratio says nothing.", "1000", {1, 1'000'000'000}},
     [](const Value& v, Stream* s) { s->audit.min_records = v.integer; }},
    {{"dispositions", Type::kDispositions, "{}",
      "What a failure code does to its batch, where it is to differ from failure_codes.yaml: dead_letter, "
      "hold or warn.",
      "{TYPE_MISMATCH: dead_letter}"},
     StoreDispositions},
    // --- what happens then ---
    {{"replay.mark", Type::kReplayMark, "'header:is_replay'",
      "What marks a record as sent again: header:NAME or body:/pointer.", "'body:/is_replay'"},
     StoreReplayMark},
    {{"replay.trust", Type::kChoice, "ticket",
      "What lifts a quarantine's mask: a ticket of the authority, or the mark alone.", "mark", {},
      kTrusts},
     [](const Value& v, Stream* s) { s->replay.trust = static_cast<ReplayTrust>(v.integer); }},
    {{"replay.count_max", Type::kInteger, "3", "A replay that failed so often is parked.", "5", {1, 1'000}},
     [](const Value& v, Stream* s) { s->replay.count_max = static_cast<int32_t>(v.integer); }},
    {{"retry.count", Type::kInteger, "3",
      "Probes of a stream that a passing cause has stopped, before somebody is paged.", "5", {0, 1'000}},
     [](const Value& v, Stream* s) { s->retry.count = static_cast<int32_t>(v.integer); }},
    {{"retry.initial", Type::kDuration, "30s", "Before the first probe.", "10s", {100, kDayMs}},
     [](const Value& v, Stream* s) { s->retry.initial_ms = v.integer; }},
    {{"retry.max", Type::kDuration, "5m", "The longest pause between probes.", "1h", {100, 7 * kDayMs}},
     [](const Value& v, Stream* s) { s->retry.max_ms = v.integer; }},
    {{"retry.multiplier", Type::kFraction, "2", "Each pause is so many times the one before it.", "1.5",
      {1, 100}},
     [](const Value& v, Stream* s) { s->retry.multiplier = v.number; }},
    {{"quarantine.auto_after", Type::kInteger, "off",
      "Isolate a record, by its coordinates, that has failed its batch so often.", "3", {1, 1'000}, {},
      true},
     [](const Value& v, Stream* s) { s->quarantine.auto_after = OffOr(v); }},
    {{"quarantine.auto_max", Type::kRate, "20/h", "At most so many of those.", "100/d", {1, 1'000'000}},
     [](const Value& v, Stream* s) {
       s->quarantine.auto_max_count = v.integer;
       s->quarantine.auto_max_per_ms = v.per_ms;
     }},
    {{"owners.source", Type::kText, "", "Who is told of what the producer must mend.", "crm-team"},
     [](const Value& v, Stream* s) { s->owners.source = v.text; }},
    {{"owners.destination", Type::kText, "", "Who is told of trouble where the data goes.",
      "warehouse-team"},
     [](const Value& v, Stream* s) { s->owners.destination = v.text; }},
    {{"owners.platform", Type::kText, "", "Who is told of trouble in between.", "data-platform"},
     [](const Value& v, Stream* s) { s->owners.platform = v.text; }},
    {{"owners.consumers", Type::kTextList, "[]", "Who reads the published topic.", "[bi-team]"},
     [](const Value& v, Stream* s) { s->owners.consumers = StringsOf(v); }},
    {{"alerts.dead_letters_warning", Type::kInteger, "100", "Open dead letters that warn.", "10", kCount,
      {}, true},
     [](const Value& v, Stream* s) { s->alerts.dead_letters_warning = OffOr(v); }},
    {{"alerts.dead_letters_critical", Type::kInteger, "1000", "Open dead letters that page.", "500",
      kCount, {}, true},
     [](const Value& v, Stream* s) { s->alerts.dead_letters_critical = OffOr(v); }},
    {{"alerts.pass_ratio", Type::kRatio, "0.99", "A smaller share of published records warns.", "0.999",
      {}, {}, true},
     [](const Value& v, Stream* s) { s->alerts.pass_ratio = OffOrNumber(v); }},
};

constexpr Section kSections[] = {
    {"format", "What the bytes of a record are."},
    {"identity", "Where a record says what it is."},
    {"event_time", "When it happened, and how old or early that may be."},
    {"freshness", "How long a stream may be silent."},
    {"characters", "Invisible characters inside strings, by class: a finding UNPRINTABLE_CHARS, or allowed."},
    {"limits", "Sizes."},
    {"publish", "Where audited records go."},
    {"dead_letters", "Where rejected records go."},
    {"batch", "What is judged together; the first bound that is reached ends the batch."},
    {"audit", "How many failures are too many."},
    {"replay", "Records that are sent again."},
    {"retry", "Probes of a stopped stream."},
    {"quarantine", "Isolation of single records."},
    {"owners", "Who is told."},
    {"alerts", "When."},
};

}  // namespace

std::span<const StreamKey> StreamKeys() { return kKeys; }
std::span<const Section> StreamSections() { return kSections; }

size_t StreamKeyIndex(std::string_view path) {
  for (size_t i = 0; i < std::size(kKeys); ++i) {
    if (kKeys[i].key.path == path) return i;
  }
  CheckFailed(__FILE__, __LINE__, "a key of a stream", path);
}

}  // namespace fracas::config
