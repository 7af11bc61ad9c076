#include "tools/replay/job.h"

#include "core/text.h"
#include "core/timestamp.h"
#include "wire/fields.h"
#include "wire/version.h"

namespace fracas::tools {

namespace {

using json::Kind;
using json::NodeId;

constexpr std::string_view kWhat = "progress of a replay";

void WritePlace(const TopicPartition& partition, json::Writer* writer) {
  writer->Member("topic", partition.topic).Member("partition", partition.partition);
}

TopicPartition ReadPlace(NodeId object, wire::Fields* fields) {
  return {fields->Text(object, "topic"),
          static_cast<Partition>(fields->Int(object, "partition", 0, INT32_MAX))};
}

template <typename Visit>
void EachObject(NodeId array, const json::Tree& tree, Visit visit) {
  for (NodeId id = array + 1; id < tree.node(array).next; id = tree.node(id).next) {
    if (tree.node(id).kind == Kind::kObject) visit(id);
  }
}

JobState StateCalled(std::string_view name, wire::Fields* fields) {
  for (const JobState state : {JobState::kRunning, JobState::kStopped, JobState::kDone}) {
    if (Name(state) == name) return state;
  }
  fields->Fail("state", "running, stopped or done");
  return JobState::kStopped;
}

ReplayCounts ReadCounts(NodeId object, wire::Fields* fields) {
  ReplayCounts counts;
  counts.read = fields->Count(object, "read");
  counts.sent = fields->Count(object, "sent");
  counts.bytes = fields->Count(object, "bytes");
  counts.filtered = fields->Count(object, "filtered");
  counts.parked = fields->Count(object, "parked");
  counts.left_out = fields->Count(object, "left_out");
  counts.elsewhere = fields->Count(object, "elsewhere");
  counts.rewritten = fields->Count(object, "rewritten");
  counts.superseded = fields->Count(object, "superseded");
  if (fields->Has(object, "under_way")) counts.under_way = fields->Count(object, "under_way");
  return counts;
}

}  // namespace

void Write(const ReplayCounts& counts, json::Writer* writer) {
  writer->BeginObject()
      .Member("read", counts.read)
      .Member("sent", counts.sent)
      .Member("bytes", counts.bytes)
      .Member("filtered", counts.filtered)
      .Member("parked", counts.parked)
      .Member("left_out", counts.left_out)
      .Member("elsewhere", counts.elsewhere)
      .Member("rewritten", counts.rewritten)
      .Member("superseded", counts.superseded)
      .Member("under_way", counts.under_way)
      .EndObject();
}

std::string_view Name(JobState state) {
  switch (state) {
    case JobState::kRunning: return "running";
    case JobState::kStopped: return "stopped";
    case JobState::kDone: return "done";
  }
  return "";
}

uint64_t ReplayJob::Remaining() const {
  uint64_t offsets = 0;
  for (const ReplayRange& range : ranges) offsets += static_cast<uint64_t>(range.to - range.next);
  return offsets;
}

uint64_t ReplayJob::Total() const {
  uint64_t offsets = 0;
  for (const ReplayRange& range : ranges) offsets += static_cast<uint64_t>(range.to - range.from);
  return offsets;
}

void Encode(const ReplayJob& job, std::string* out) {
  json::Writer writer(out);
  writer.BeginObject()
      .Member("v", wire::kVersion)
      .Member("job", job.name)
      .Member("request", job.request)
      .Member("selection", job.selection)
      .Member("to", job.to)
      .Member("state", Name(job.state))
      .Member("reason", job.reason)
      .Member("who", job.who)
      .Member("why", job.why)
      .Member("sequence", job.sequence)
      .Member("started", FormatTimestamp(job.started_ms))
      .Member("updated", FormatTimestamp(job.updated_ms));
  writer.Key("ranges").BeginArray();
  for (const ReplayRange& range : job.ranges) {
    writer.BeginObject();
    WritePlace(range.source, &writer);
    writer.Member("from", range.from).Member("to", range.to).Member("next", range.next).EndObject();
  }
  writer.EndArray().Key("letters").BeginArray();
  for (const LogPlace& place : job.letters) {
    writer.BeginObject();
    WritePlace(place.partition, &writer);
    writer.Member("offset", place.offset).EndObject();
  }
  writer.EndArray().Key("counts");
  Write(job.counts, &writer);
  writer.EndObject();
}

Result<ReplayJob> DecodeReplayJob(std::string_view bytes) {
  Result<std::unique_ptr<json::OwnedDocument>> document = wire::ParseObject(kWhat, bytes);
  if (!document.ok()) return document.status();
  const json::Tree& tree = (*document)->tree;
  wire::Fields fields(kWhat, tree);
  const NodeId root = tree.root();
  const std::string version = fields.Text(root, "v");
  if (Status s = wire::CheckVersion(kWhat, version); !s.ok()) return s;
  ReplayJob job;
  job.name = fields.Text(root, "job");
  job.request = fields.Text(root, "request");
  job.selection = fields.Text(root, "selection");
  job.to = fields.Text(root, "to");
  job.state = StateCalled(fields.Text(root, "state"), &fields);
  job.reason = fields.OptionalText(root, "reason");
  job.who = fields.OptionalText(root, "who");
  job.why = fields.OptionalText(root, "why");
  job.sequence = fields.Count(root, "sequence");
  job.started_ms = fields.Time(root, "started");
  job.updated_ms = fields.Time(root, "updated");
  const NodeId counts = fields.Object(root, "counts");
  const NodeId ranges = fields.Array(root, "ranges");
  const NodeId letters = fields.Array(root, "letters");
  if (!fields.ok()) return fields.status();
  job.counts = ReadCounts(counts, &fields);
  EachObject(ranges, tree, [&](NodeId id) {
    ReplayRange range{.source = ReadPlace(id, &fields)};
    range.from = fields.Int(id, "from", 0);
    range.to = fields.Int(id, "to", range.from);
    range.next = fields.Int(id, "next", range.from, range.to);
    job.ranges.push_back(std::move(range));
  });
  EachObject(letters, tree, [&](NodeId id) {
    job.letters.push_back({ReadPlace(id, &fields), fields.Int(id, "offset", 0)});
  });
  if (!fields.ok()) return fields.status();
  return job;
}

}  // namespace fracas::tools
