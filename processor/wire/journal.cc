#include "wire/journal.h"

#include <limits>

#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"
#include "wire/fields.h"
#include "wire/version.h"

namespace fracas::wire {

using json::NodeId;
using json::Tree;

namespace {

constexpr std::string_view kWhat = "journal entry";

void RawOrNull(std::string_view key, const std::string& json, json::Writer* writer) {
  writer->Key(key);
  if (json.empty()) {
    writer->Null();
  } else {
    writer->Raw(json);
  }
}

std::string ReadRaw(NodeId root, std::string_view key, Fields* fields) {
  if (!fields->Has(root, key)) return {};
  const NodeId object = fields->Object(root, key);
  return fields->ok() ? std::string(fields->tree().Raw(object)) : std::string();
}

}  // namespace

void Encode(const JournalEntry& entry, std::string* out) {
  json::Writer writer(out);
  writer.BeginObject()
      .Member("v", kVersion)
      .Member("id", entry.id)
      .Member("type", entry.type)
      .Member("stream", entry.stream)
      .Member("who", entry.who)
      .Member("why", entry.why)
      .Member("time", FormatTimestamp(entry.time_ms))
      .Key("control_offset");
  if (entry.control_offset == kNoOffset) {
    writer.Null();
  } else {
    writer.Int(entry.control_offset);
  }
  writer.Member("result", entry.applied ? "applied" : "refused")
      .Member("because", entry.because)
      .Member("version", entry.version);
  RawOrNull("before", entry.before_json, &writer);
  RawOrNull("after", entry.after_json, &writer);
  writer.EndObject();
}

Result<JournalEntry> DecodeJournalEntry(std::string_view bytes) {
  auto document = ParseObject(kWhat, bytes);
  if (!document.ok()) return document.status();
  const Tree& tree = (*document)->tree;
  const NodeId root = tree.root();
  Fields fields(kWhat, tree);
  const std::string version = fields.Text(root, "v");
  if (!fields.ok()) return fields.status();
  if (Status s = CheckVersion(kWhat, version); !s.ok()) return s;
  JournalEntry entry;
  entry.id = fields.Text(root, "id");
  entry.type = fields.Text(root, "type");
  entry.stream = fields.Text(root, "stream");
  entry.who = fields.Text(root, "who");
  entry.why = fields.Text(root, "why");
  entry.time_ms = fields.Time(root, "time");
  entry.control_offset =
      fields.OptionalInt(root, "control_offset", 0, std::numeric_limits<int64_t>::max(), kNoOffset);
  const std::string result = fields.Text(root, "result");
  if (result != "applied" && result != "refused") fields.Fail("result", "applied or refused");
  entry.applied = result == "applied";
  entry.because = fields.Text(root, "because");
  entry.version = fields.Count(root, "version");
  entry.before_json = ReadRaw(root, "before", &fields);
  entry.after_json = ReadRaw(root, "after", &fields);
  if (!fields.ok()) return fields.status();
  return entry;
}

}  // namespace fracas::wire
