#include "tools/inspect/report.h"

#include "core/text.h"
#include "json/utf8.h"
#include "json/writer.h"
#include "tools/letters/letter_json.h"
#include "tools/json_members.h"
#include "tools/live_json.h"

namespace fracas::tools {

namespace {

void WriteOptional(std::string_view name, const std::optional<std::string>& value,
                   json::Writer* writer) {
  writer->Key(name);
  value.has_value() ? writer->String(*value) : writer->Null();
}

void WriteMode(const RecordReport& report, const std::string& fingerprint, json::Writer* writer) {
  const auto mode = report.modes.find(fingerprint);
  writer->Key("occurred");
  if (mode == report.modes.end()) {
    writer->Null();
    return;
  }
  writer->BeginObject()
      .Member("records", mode->second.records)
      .Member("events", mode->second.events);
  WriteTime("first", mode->second.first_ms, writer);
  WriteTime("last", mode->second.last_ms, writer);
  writer->EndObject();
}

void WriteTrouble(const RecordReport& report, const Trouble& trouble, json::Writer* writer) {
  const CodeInfo& info = Info(trouble.code);
  writer->BeginObject()
      .Member("code", static_cast<uint32_t>(info.number))
      .Member("name", info.name)
      .Member("disposition", Name(trouble.disposition))
      .Member("message", trouble.text)
      .Member("redacted", trouble.redacted);
  writer->Key("pointer");
  trouble.pointer_known ? writer->String(trouble.pointer) : writer->Null();
  WriteText("schema", trouble.schema, writer);
  WriteText("fingerprint", trouble.fingerprint, writer);
  writer->Key("place");
  if (trouble.placed) {
    writer->BeginObject()
        .Member("line", static_cast<uint64_t>(trouble.line))
        .Member("column", static_cast<uint64_t>(trouble.column))
        .Member("byte", static_cast<uint64_t>(trouble.byte));
    writer->Key("window").Raw(ToJson(trouble.window)).EndObject();
  } else {
    writer->Null();
  }
  WriteText("character", trouble.character.has_value() ? CharacterName(*trouble.character) : "",
            writer);
  WriteMode(report, trouble.fingerprint, writer);
  writer->EndObject();
}

void WriteSpecimen(const RecordReport& report, json::Writer* writer) {
  const Specimen& specimen = report.specimen;
  const bool placed = specimen.from_kafka() && specimen.source_offset != kNoOffset;
  writer->Member("name", specimen.name);
  WriteText("stream", specimen.stream, writer);
  WriteText("contract", report.contract, writer);
  WriteText("source", placed ? ToString(specimen.source, specimen.source_offset) : "", writer);
  WriteTime("timestamp", specimen.timestamp_ms, writer);
  writer->Member("replay_count", specimen.replay_count);
  writer->Key("letter");
  specimen.letter.has_value() ? writer->Raw(ToJson(*specimen.letter, LetterParts::kFacts))
                              : writer->Null();
  WriteOptional("message_id", report.inspection.ids.message_id, writer);
  WriteOptional("idempotency_key", report.inspection.ids.idempotency_key, writer);
  WriteOptional("business_id", report.inspection.ids.business_id, writer);
  WriteText("no_value", specimen.why_empty, writer);
}

}  // namespace

std::string ToJson(const Window& window) {
  std::string text;
  json::Writer(&text)
      .BeginObject()
      .Member("text", window.text)
      .Member("mark_begin", static_cast<uint64_t>(window.mark_begin))
      .Member("mark_size", static_cast<uint64_t>(window.mark_size))
      .Member("hidden", window.hidden)
      .EndObject();
  return text;
}

std::string ToJson(const RecordReport& report) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject();
  WriteSpecimen(report, &writer);
  writer.Member("passes", report.inspection.passes).Key("findings").BeginArray();
  for (const Trouble& trouble : report.inspection.troubles) WriteTrouble(report, trouble, &writer);
  writer.EndArray().Member("more", report.inspection.more).Key("quarantine").BeginArray();
  for (const QuarantineItem& item : report.quarantine) writer.Raw(ToJson(item));
  writer.EndArray().Key("mend").BeginObject();
  WriteText("command", report.mend_command, &writer);
  writer.Member("complete", report.inspection.mend.complete)
      .Member("open", report.inspection.mend.open);
  writer.Key("notes").BeginArray();
  for (const std::string& note : report.inspection.mend.notes) writer.String(note);
  writer.EndArray().EndObject().EndObject();
  return text;
}

}  // namespace fracas::tools
