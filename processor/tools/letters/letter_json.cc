#include "tools/letters/letter_json.h"

#include <memory>
#include <utility>

#include "core/base64.h"
#include "core/text.h"
#include "json/utf8.h"
#include "json/writer.h"
#include "tools/json_members.h"
#include "tools/targets.h"
#include "wire/fields.h"

namespace fracas::tools {

namespace {

constexpr std::string_view kFormat = "1.0";

// "value": text, or "value_base64": bytes that are no UTF-8.
void WriteBytes(const std::string& name, const std::optional<std::string>& bytes,
                json::Writer* writer) {
  if (!bytes.has_value()) {
    writer->Key(name).Null();
  } else if (json::IsUtf8(*bytes)) {
    writer->Member(name, *bytes);
  } else {
    writer->Member(Cat(name, "_base64"), Base64(*bytes));
  }
}

void WriteOrigin(const formats::LetterOrigin& origin, json::Writer* writer) {
  writer->Key("origin").BeginObject().Member("system", formats::Name(origin.system));
  WriteText("source", origin.named() ? ToString(origin.source, origin.offset) : std::string(),
            writer);
  WriteText("topic", origin.source.topic, writer);
  writer->Key("partition");
  origin.source.partition < 0 ? writer->Null() : writer->Int(origin.source.partition);
  writer->Key("offset");
  origin.offset < 0 ? writer->Null() : writer->Int(origin.offset);
  WriteTime("timestamp", origin.timestamp_ms, writer);
  writer->Member("coordinates", formats::Name(origin.coordinates))
      .Member("key", formats::Name(origin.key))
      .Member("value", formats::Name(origin.value))
      .Member("headers_kept", origin.headers_kept);
  WriteText("component", origin.component, writer);
  WriteText("stage", origin.stage, writer);
  WriteText("error_class", origin.error_class, writer);
  WriteText("error_message", origin.error_message, writer);
  WriteText("cause_class", origin.cause_class, writer);
  WriteText("cause_message", origin.cause_message, writer);
  writer->Member("attempts", origin.attempts).Key("notes").BeginArray();
  for (const std::string& note : origin.notes) writer->String(note);
  writer->EndArray().EndObject();
}

void WriteReplay(const Letter& letter, json::Writer* writer) {
  const formats::ReplayToOrigin replay = formats::CanReplay(letter.origin);
  writer->Key("replay")
      .BeginObject()
      .Member("possible", replay.possible)
      .Member("exact", replay.exact);
  WriteText("topic", replay.topic, writer);
  writer->Key("partition");
  replay.partition < 0 ? writer->Null() : writer->Int(replay.partition);
  WriteText("why", replay.why, writer);
  writer->EndObject();
}

// What only our own block says.
void WriteOurs(const Letter& letter, json::Writer* writer) {
  if (!letter.ours.has_value()) return;
  writer->Member("pointer", letter.ours->pointer)
      .Member("schema", letter.ours->schema)
      .Member("message", letter.ours->message)
      .Member("redacted", letter.ours->redacted)
      .Member("batch", letter.ours->batch)
      .Member("contract", letter.ours->contract);
}

void WriteRecord(const Letter& letter, json::Writer* writer) {
  WriteText("stack_trace", letter.origin.stack_trace, writer);
  WriteBytes("key", letter.key, writer);
  WriteBytes("value", letter.value, writer);
  writer->Member("own_headers", static_cast<uint64_t>(letter.OwnHeaders().size()))
      .Key("headers")
      .BeginArray();
  for (const LetterHeader& header : letter.headers) {
    writer->BeginObject();
    WriteBytes("name", header.name, writer);
    WriteBytes("value", header.value, writer);
    writer->EndObject();
  }
  writer->EndArray();
}

}  // namespace

std::string ToJson(const Letter& letter, LetterParts parts) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject()
      .Member("v", kFormat)
      .Member("topic", letter.topic.topic)
      .Member("partition", letter.topic.partition)
      .Member("offset", letter.offset);
  WriteTime("timestamp", letter.timestamp_ms, &writer);
  WriteText("stream", letter.stream, &writer);
  writer.Member("state", Name(letter.state));
  if (!letter.ended_by.empty()) {
    writer.Key("ended")
        .BeginObject()
        .Member("who", letter.ended_by)
        .Member("why", letter.ended_why)
        .EndObject();
  }
  WriteText("code", letter.code_name, &writer);
  writer.Key("code_number");
  letter.code_number == 0 ? writer.Null() : writer.Uint(letter.code_number);
  WriteText("fingerprint", letter.fingerprint, &writer);
  WriteTime("judged", letter.judged_ms, &writer);
  writer.Member("attempt", letter.attempt).Member("replay_count", letter.replay_count);
  if (!letter.business_id.empty()) WriteBytes("id", letter.business_id, &writer);
  WriteOrigin(letter.origin, &writer);
  WriteReplay(letter, &writer);
  writer.Member("loaded", letter.loaded);
  WriteOurs(letter, &writer);
  if (parts == LetterParts::kAll && letter.loaded) WriteRecord(letter, &writer);
  writer.EndObject();
  return text;
}

std::string ToJson(const std::vector<LetterCountRow>& rows) {
  std::string text;
  json::Writer writer(&text);
  LetterCountRow sum;
  writer.BeginObject().Key("counts").BeginArray();
  for (const LetterCountRow& row : rows) {
    writer.BeginObject()
        .Member("stream", row.stream)
        .Member("code", row.code_name)
        .Member("code_number", row.code)
        .Member("open", row.open)
        .Member("resolved", row.resolved)
        .Member("discarded", row.discarded)
        .Member("expired", row.expired);
    WriteTime("oldest_open", row.oldest_open_ms, &writer);
    WriteTime("ends", row.ends_ms, &writer);
    writer.EndObject();
    sum.open += row.open;
    sum.resolved += row.resolved;
    sum.discarded += row.discarded;
    sum.expired += row.expired;
  }
  writer.EndArray()
      .Member("open", sum.open)
      .Member("resolved", sum.resolved)
      .Member("discarded", sum.discarded)
      .Member("expired", sum.expired)
      .EndObject();
  return text;
}

LetterReason ReasonOf(const Letter& letter) {
  const formats::LetterOrigin& origin = letter.origin;
  LetterReason reason;
  reason.type = !letter.code_name.empty()     ? letter.code_name
                : !origin.cause_class.empty() ? origin.cause_class
                                              : origin.error_class;
  if (reason.type.empty()) reason.type = "UNKNOWN";
  reason.message = origin.cause_message.empty() ? origin.error_message : origin.cause_message;
  reason.fingerprint = letter.fingerprint;
  reason.source = origin.source;
  reason.offset = origin.offset;
  reason.judged_ms = letter.judged_ms;
  return reason;
}

Result<ArchivedLine> ReadArchivedLine(std::string_view line) {
  Result<std::unique_ptr<json::OwnedDocument>> document =
      wire::ParseObject("archived dead letter", line);
  if (!document.ok()) return document.status();
  const json::NodeId root = (*document)->tree.root();
  wire::Fields fields("archived dead letter", (*document)->tree);
  Letter letter;
  letter.topic = {fields.Text(root, "topic"),
                  static_cast<Partition>(fields.Int(root, "partition", 0))};
  letter.offset = fields.Int(root, "offset", 0);
  letter.code_name = fields.OptionalText(root, "code");
  letter.fingerprint = fields.OptionalText(root, "fingerprint");
  letter.judged_ms = fields.OptionalTime(root, "judged");
  const json::NodeId origin = fields.Object(root, "origin");
  if (origin != json::Tree::kNoNode) {
    letter.origin.error_class = fields.OptionalText(origin, "error_class");
    letter.origin.error_message = fields.OptionalText(origin, "error_message");
    letter.origin.cause_class = fields.OptionalText(origin, "cause_class");
    letter.origin.cause_message = fields.OptionalText(origin, "cause_message");
    letter.origin.source.topic = fields.OptionalText(origin, "topic");
    letter.origin.source.partition =
        static_cast<Partition>(fields.OptionalInt(origin, "partition", 0, INT32_MAX, -1));
    letter.origin.offset = fields.OptionalInt(origin, "offset", 0, INT64_MAX, kNoOffset);
  }
  if (!fields.ok()) return fields.status();
  return ArchivedLine{letter.topic, letter.offset, ReasonOf(letter)};
}

}  // namespace fracas::tools
