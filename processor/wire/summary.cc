#include "wire/summary.h"

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

constexpr std::string_view kWhat = "batch summary";

std::string_view Name(RangeVerdict verdict) {
  switch (verdict) {
    case RangeVerdict::kPublish: return "publish";
    case RangeVerdict::kAbandon: return "abandon";
  }
  return "abandon";
}

void WriteRange(const SummaryRange& range, json::Writer* writer) {
  writer->BeginObject()
      .Member("topic", range.source.topic)
      .Member("partition", range.source.partition)
      .Member("from", range.from)
      .Member("to", range.to)
      .Member("attempt", range.attempt)
      .Member("records", range.records)
      .Member("gaps", range.gaps)
      .Member("verdict", Name(range.verdict));
  if (range.code != Code::kNone) writer->Member("code", uint32_t{Info(range.code).number});
  writer->EndObject();
}

SummaryRange ReadRange(NodeId id, Fields* fields) {
  SummaryRange range;
  if (fields->tree().node(id).kind != json::Kind::kObject) fields->Fail("ranges", "objects");
  range.source.topic = fields->Text(id, "topic");
  range.source.partition = static_cast<Partition>(
      fields->Int(id, "partition", 0, std::numeric_limits<Partition>::max()));
  range.from = fields->Int(id, "from", 0);
  range.to = fields->Int(id, "to", range.from);
  range.attempt =
      static_cast<int32_t>(fields->Int(id, "attempt", 1, std::numeric_limits<int32_t>::max()));
  range.records = fields->Count(id, "records");
  range.gaps = fields->Count(id, "gaps");
  const std::string verdict = fields->Text(id, "verdict");
  // A verdict of a newer program is refused: whoever counts must not take it for a known one.
  if (verdict != "publish" && verdict != "abandon") fields->Fail("verdict", "publish or abandon");
  range.verdict = verdict == "publish" ? RangeVerdict::kPublish : RangeVerdict::kAbandon;
  if (fields->ok() && fields->tree().Find(id, "code") != Tree::kNoNode) {
    const CodeInfo* info = FindCode(Cat(fields->Int(id, "code", 1, 9999)));
    range.code = info == nullptr ? Code::kUnknown : info->code;
  }
  return range;
}

void ReadCodes(NodeId object, Fields* fields, std::map<Code, uint64_t>* codes) {
  if (object == Tree::kNoNode) return;
  const Tree& tree = fields->tree();
  for (NodeId key = object + 1; key < tree.node(object).next; key = tree.node(key + 1).next) {
    const CodeInfo* info = FindCode(tree.Text(key));
    (*codes)[info == nullptr ? Code::kUnknown : info->code] +=
        fields->Count(object, tree.Text(key));
  }
}

}  // namespace

void EncodeSummary(const Summary& summary, std::string* out) {
  json::Writer writer(out);
  writer.BeginObject()
      .Member("v", kVersion)
      .Member("pipeline", summary.pipeline)
      .Member("stream", summary.stream)
      .Member("time", FormatTimestamp(summary.time_ms))
      .Member("instance", summary.instance)
      .Member("worker", summary.worker)
      .Key("ranges")
      .BeginArray();
  for (const SummaryRange& range : summary.ranges) WriteRange(range, &writer);
  writer.EndArray()
      .Key("counts")
      .BeginObject()
      .Member("published", summary.counts.published)
      .Member("dead_lettered", summary.counts.dead_lettered)
      .Member("masked", summary.counts.masked)
      .Member("observed", summary.counts.observed)
      .EndObject()
      .Key("codes")
      .BeginObject();
  for (const auto& [code, count] : summary.codes) writer.Member(Info(code).name, count);
  writer.EndObject().Member("state_offset", summary.state_offset).Key("contract");
  if (summary.contract.empty()) {
    writer.Null();
  } else {
    writer.String(summary.contract);
  }
  writer.Member("config", summary.config).Member("program", summary.program).EndObject();
}

Result<Summary> DecodeSummary(std::string_view bytes) {
  auto document = ParseObject(kWhat, bytes);
  if (!document.ok()) return document.status();
  const Tree& tree = (*document)->tree;
  const NodeId root = tree.root();
  Fields fields(kWhat, tree);
  const std::string version = fields.Text(root, "v");
  if (!fields.ok()) return fields.status();
  if (Status s = CheckVersion(kWhat, version); !s.ok()) return s;
  Summary summary;
  summary.pipeline = fields.Text(root, "pipeline");
  summary.stream = fields.Text(root, "stream");
  summary.time_ms = fields.Time(root, "time");
  summary.instance = fields.Text(root, "instance");
  summary.worker =
      static_cast<uint32_t>(fields.Int(root, "worker", 0, std::numeric_limits<uint32_t>::max()));
  const NodeId ranges = fields.Array(root, "ranges");
  for (NodeId id = ranges + 1; fields.ok() && id < tree.node(ranges).next;
       id = tree.node(id).next) {
    summary.ranges.push_back(ReadRange(id, &fields));
  }
  const NodeId counts = fields.Object(root, "counts");
  summary.counts = {fields.Count(counts, "published"), fields.Count(counts, "dead_lettered"),
                    fields.Count(counts, "masked"), fields.Count(counts, "observed")};
  ReadCodes(fields.Object(root, "codes"), &fields, &summary.codes);
  summary.state_offset = fields.Int(root, "state_offset", kNoOffset);
  summary.contract = fields.OptionalText(root, "contract");
  summary.config = fields.Text(root, "config");
  summary.program = fields.Text(root, "program");
  if (!fields.ok()) return fields.status();
  return summary;
}

std::string CheckConservation(const Summary& summary) {
  uint64_t records = 0;
  for (const SummaryRange& range : summary.ranges) {
    if (range.verdict == RangeVerdict::kAbandon) continue;
    const auto span = static_cast<uint64_t>(range.to - range.from);
    if (range.to < range.from || range.records > span || range.gaps != span - range.records) {
      return Cat(range.source.topic, "/", range.source.partition, "/", range.from, "-", range.to,
                 ": ", range.records, " records and ", range.gaps, " gaps are not ", span,
                 " offsets");
    }
    records += range.records;
  }
  if (records == summary.counts.Sum()) return {};
  return Cat(records, " records consumed, ", summary.counts.Sum(), " have an outcome");
}

}  // namespace fracas::wire
