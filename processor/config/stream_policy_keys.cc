// Where a stream's records go, how they are judged, and what happens then.

#include <array>

#include "config/keys.h"
#include "core/check.h"
#include "core/limits.h"

namespace fracas::config {
namespace {

using std::string_view;

constexpr int64_t kDayMs = 24 * 3'600'000LL;
constexpr Bounds kCount{1, 1'000'000'000'000};
constexpr std::array<string_view, 2> kModes{"copy", "none"};
constexpr std::array<string_view, 2> kTrusts{"ticket", "mark"};
constexpr std::array<string_view, 1> kWarn{"warn"};

Text TextOf(const Value& value) { return {value.text, value.mark}; }

std::vector<std::string> StringsOf(const Value& value) {
  std::vector<std::string> texts;
  for (const Item& item : value.items) texts.push_back(item.text);
  return texts;
}

void StoreReplayMark(const Value& value, Stream* stream) {
  const size_t colon = value.text.find(':');
  stream->replay.mark_in_body = value.text.starts_with("body:");
  stream->replay.mark_name = value.text.substr(colon + 1);
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

int64_t OffOr(const Value& value) { return value.off ? kOff : value.integer; }
double OffOrNumber(const Value& value) { return value.off ? -1 : value.number; }

constexpr StreamKey kKeys[] = {
    // --- where it goes ---
    {{"publish.mode",
      Type::kChoice,
      "",
      "copy: audited records go to publish.topic, bytes untouched; none: observe only and say what "
      "would "
      "have been held. Default: copy where publish.topic is set, otherwise none.",
      "copy",
      {},
      kModes},
     [](const Value& v, Stream* s) { s->mode = static_cast<PublishMode>(v.integer); }},
    {{"publish.topic", Type::kTopicTemplate, "",
      "Where audited records go. {topic}, {stream}, {dataset}, {pipeline}, {group} and {1} to {9} "
      "are "
      "replaced.",
      "crm.contacts"},
     [](const Value& v, Stream* s) { s->publish_topic = TextOf(v); }},
    {{"dead_letters.topic", Type::kTopicTemplate, "'{topic}.dlq'",
      "Where rejected records go; placeholders as in publish.topic.", "crm.contacts.dlq"},
     [](const Value& v, Stream* s) { s->dead_letter_topic = TextOf(v); }},
    // --- how it is judged ---
    {{"batch.records",
      Type::kInteger,
      "10000",
      "A batch ends with so many records.",
      "2000",
      {1, limits::kRoundRecordsMax}},
     [](const Value& v, Stream* s) { s->batch.records = static_cast<size_t>(v.integer); }},
    {{"batch.bytes",
      Type::kSize,
      "8MiB",
      "A batch ends with so many bytes of keys and values.",
      "1MiB",
      {static_cast<int64_t>(limits::kKiB), limits::kRoundBytesMax}},
     [](const Value& v, Stream* s) { s->batch.bytes = static_cast<size_t>(v.integer); }},
    {{"batch.interval", Type::kDuration, "100ms", "A batch ends after so long.", "1s", {1, 60'000}},
     [](const Value& v, Stream* s) { s->batch.interval_ms = v.integer; }},
    {{"audit.window",
      Type::kDuration,
      "5m",
      "The rolling window, per partition, in which failed records are counted.",
      "1h",
      {1'000, 7 * kDayMs}},
     [](const Value& v, Stream* s) { s->audit.window_ms = v.integer; }},
    {{"audit.max_failed_ratio",
      Type::kRatio,
      "0.05",
      "A larger share of failed records in the window holds the stream.",
      "0.01",
      {},
      {},
      true},
     [](const Value& v, Stream* s) { s->audit.max_failed_ratio = OffOrNumber(v); }},
    {{"audit.max_failed_records",
      Type::kInteger,
      "off",
      "More failed records in the window hold the stream.",
      "1000",
      kCount,
      {},
      true},
     [](const Value& v, Stream* s) { s->audit.max_failed_records = OffOr(v); }},
    {{"audit.min_records",
      Type::kInteger,
      "100",
      "With fewer records in the window the ratio says nothing.",
      "1000",
      {1, 1'000'000'000}},
     [](const Value& v, Stream* s) { s->audit.min_records = v.integer; }},
    {{"dispositions", Type::kDispositions, "{}",
      "What a failure code does to its batch, where it is to differ from failure_codes.yaml: "
      "dead_letter, "
      "hold or warn.",
      "{TYPE_MISMATCH: dead_letter}"},
     StoreDispositions},
    // --- what happens then ---
    {{"replay.mark", Type::kReplayMark, "'header:is_replay'",
      "What marks a record as sent again: header:NAME or body:/pointer.", "'body:/is_replay'"},
     StoreReplayMark},
    {{"replay.trust",
      Type::kChoice,
      "ticket",
      "What lifts a quarantine's mask: a ticket of the authority, or the mark alone.",
      "mark",
      {},
      kTrusts},
     [](const Value& v, Stream* s) { s->replay.trust = static_cast<ReplayTrust>(v.integer); }},
    {{"replay.count_max",
      Type::kInteger,
      "3",
      "A replay that failed so often is parked.",
      "5",
      {1, 1'000}},
     [](const Value& v, Stream* s) { s->replay.count_max = static_cast<int32_t>(v.integer); }},
    {{"retry.count",
      Type::kInteger,
      "3",
      "Probes of a stream that a passing cause has stopped, before somebody is paged.",
      "5",
      {0, 1'000}},
     [](const Value& v, Stream* s) { s->retry.count = static_cast<int32_t>(v.integer); }},
    {{"retry.initial", Type::kDuration, "30s", "Before the first probe.", "10s", {100, kDayMs}},
     [](const Value& v, Stream* s) { s->retry.initial_ms = v.integer; }},
    {{"retry.max",
      Type::kDuration,
      "5m",
      "The longest pause between probes.",
      "1h",
      {100, 7 * kDayMs}},
     [](const Value& v, Stream* s) { s->retry.max_ms = v.integer; }},
    {{"retry.multiplier",
      Type::kFraction,
      "2",
      "Each pause is so many times the one before it.",
      "1.5",
      {1, 100}},
     [](const Value& v, Stream* s) { s->retry.multiplier = v.number; }},
    {{"quarantine.auto_after",
      Type::kInteger,
      "off",
      "Isolate a record, by its coordinates, that has failed its batch so often.",
      "3",
      {1, 1'000},
      {},
      true},
     [](const Value& v, Stream* s) { s->quarantine.auto_after = OffOr(v); }},
    {{"quarantine.auto_max",
      Type::kRate,
      "20/h",
      "At most so many of those.",
      "100/d",
      {1, 1'000'000}},
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
    {{"alerts.dead_letters_warning",
      Type::kInteger,
      "100",
      "Open dead letters that warn.",
      "10",
      kCount,
      {},
      true},
     [](const Value& v, Stream* s) { s->alerts.dead_letters_warning = OffOr(v); }},
    {{"alerts.dead_letters_critical",
      Type::kInteger,
      "1000",
      "Open dead letters that page.",
      "500",
      kCount,
      {},
      true},
     [](const Value& v, Stream* s) { s->alerts.dead_letters_critical = OffOr(v); }},
    {{"alerts.pass_ratio",
      Type::kRatio,
      "0.99",
      "A smaller share of published records warns.",
      "0.999",
      {},
      {},
      true},
     [](const Value& v, Stream* s) { s->alerts.pass_ratio = OffOrNumber(v); }},
    {{"alerts.red_unattended",
      Type::kDuration,
      "15m",
      "A stream that is stopped for longer pages whoever else is on call.",
      "1h",
      {1'000, 30 * kDayMs},
      {},
      true},
     [](const Value& v, Stream* s) { s->alerts.red_unattended_ms = OffOr(v); }},
};

}  // namespace

std::span<const StreamKey> PolicyKeys() { return kKeys; }

}  // namespace fracas::config
