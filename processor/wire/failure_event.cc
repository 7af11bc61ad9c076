#include "wire/failure_event.h"

#include <algorithm>
#include <limits>

#include "core/limits.h"
#include "core/percent.h"
#include "core/sha256.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"
#include "wire/fields.h"
#include "wire/text.h"
#include "wire/version.h"

namespace fracas::wire {

using json::NodeId;
using json::Tree;
using json::Writer;

namespace {

constexpr std::string_view kWhat = "failure event";
constexpr std::string_view kType = "fracas.failure";
constexpr std::string_view kSourcePrefix = "/fracas/";
constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();

std::string Bounded(std::string_view text) {
  std::string out;
  AppendText(text, limits::kMessageTextBytesMax, &out);
  return out;
}

void TextOrNull(std::string_view key, std::string_view text, Writer* writer) {
  writer->Key(key);
  if (text.empty()) {
    writer->Null();
  } else {
    writer->String(text);
  }
}

void WriteClassification(const FailureEvent& event, const CodeInfo& info, Writer* writer) {
  writer->Member("v", kVersion)
      .Member("code", uint32_t{info.number})
      .Member("name", info.name)
      .Member("origin", Name(info.origin))
      .Member("type", Name(info.type))
      .Member("retryable", Name(info.retryable))
      .Member("recoverability", Name(info.recoverability))
      .Member("severity", uint32_t{info.severity})
      .Member("disposition", Name(event.disposition));
}

void WriteSamples(const FailureEvent& event, Writer* writer) {
  writer->Key("samples").BeginArray();
  const size_t count = std::min(event.samples.size(), limits::kSamplesPerFailureMax);
  for (size_t i = 0; i < count; ++i) {
    const FailureSample& sample = event.samples[i];
    writer->BeginObject()
        .Member("topic", sample.topic)
        .Member("partition", sample.partition)
        .Member("offset", sample.offset)
        .Member("pointer", Bounded(sample.pointer))
        .EndObject();
  }
  writer->EndArray();
}

void WriteData(const FailureEvent& event, Writer* writer) {
  const CodeInfo& info = Info(event.code);
  const std::string message = Bounded(event.internal_message);
  writer->BeginObject();
  WriteClassification(event, info, writer);
  writer->Member("timestamp", FormatTimestamp(event.time_ms))
      .Member("external_message", info.message)
      .Member("internal_message", message);
  TextOrNull("stacktrace", Bounded(event.stacktrace), writer);
  writer->Member("fingerprint", event.fingerprint)
      .Member("fingerprint_version", kFingerprintVersion)
      .Member("pipeline", event.pipeline)
      .Member("stage", event.stage)
      .Key("stream")
      .BeginObject()
      .Member("namespace", event.dataset_namespace)
      .Member("name", event.dataset_name)
      .Member("id", event.stream)
      .EndObject()
      .Member("attempt", event.batch.attempt);
  TextOrNull("contract", event.contract, writer);
  writer->Member("row_count", event.row_count);
  WriteSamples(event, writer);
  TextOrNull("owner", event.owner, writer);
  writer->Member("error_type", info.name)
      .Member("error_message", message)
      .Member("source_path", SourcePath(event.batch))
      .EndObject();
}

// "/fracas/group/pipeline/stream"; the parts may be anything, they are percent-encoded.
void ReadSource(std::string_view source, Fields* fields, FailureEvent* event) {
  std::string* parts[] = {&event->group, &event->pipeline, &event->stream};
  bool good = source.starts_with(kSourcePrefix);
  if (good) source.remove_prefix(kSourcePrefix.size());
  for (size_t i = 0; good && i < 3; ++i) {
    const size_t slash = source.find('/');
    good = (slash == std::string_view::npos) == (i == 2) &&
           PercentDecode(source.substr(0, slash), parts[i]);
    source.remove_prefix(slash == std::string_view::npos ? source.size() : slash + 1);
  }
  if (!good) fields->Fail("source", "/fracas/group/pipeline/stream");
}

// "kafka://topic/partition/from-to"; a topic's name has no slash.
void ReadSourcePath(std::string_view path, Fields* fields, BatchId* batch) {
  constexpr std::string_view kScheme = "kafka://";
  const size_t offsets = path.rfind('/');
  const size_t partition = offsets == 0 || offsets == std::string_view::npos
                               ? std::string_view::npos
                               : path.rfind('/', offsets - 1);
  int64_t number = 0;
  if (path.starts_with(kScheme) && partition != std::string_view::npos &&
      partition > kScheme.size() &&
      ParseInt(path.substr(partition + 1, offsets - partition - 1), 0, kIntMax, &number)) {
    batch->source.topic = path.substr(kScheme.size(), partition - kScheme.size());
    batch->source.partition = static_cast<Partition>(number);
    const std::string_view range = path.substr(offsets + 1);
    const size_t dash = range.find('-');
    constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
    if (dash != std::string_view::npos && ParseInt(range.substr(0, dash), 0, kMax, &batch->from) &&
        ParseInt(range.substr(dash + 1), batch->from, kMax, &batch->to)) {
      return;
    }
  }
  fields->Fail("source_path", "kafka://topic/partition/from-to");
}

void ReadDisposition(NodeId data, Fields* fields, FailureEvent* event) {
  const std::string text = fields->Text(data, "disposition");
  for (const Disposition each :
       {Disposition::kWarn, Disposition::kDeadLetter, Disposition::kHold}) {
    if (text == Name(each)) {
      event->disposition = each;
      return;
    }
  }
  fields->Fail("disposition", "warn, dead_letter or hold");
}

void ReadSamples(NodeId samples, Fields* fields, FailureEvent* event) {
  if (samples == Tree::kNoNode) return;
  const Tree& tree = fields->tree();
  for (NodeId id = samples + 1; fields->ok() && id < tree.node(samples).next;
       id = tree.node(id).next) {
    if (tree.node(id).kind != json::Kind::kObject) return fields->Fail("samples", "objects");
    if (event->samples.size() == limits::kSamplesPerFailureMax) return;
    event->samples.push_back({fields->Text(id, "topic"),
                              static_cast<Partition>(fields->Int(id, "partition", 0, kIntMax)),
                              fields->Int(id, "offset", 0), fields->Text(id, "pointer")});
  }
}

void ReadData(NodeId data, Fields* fields, FailureEvent* event) {
  const CodeInfo* info = FindCode(Cat(fields->Int(data, "code", 1, 9999)));
  event->code = info == nullptr ? Code::kUnknown : info->code;
  ReadDisposition(data, fields, event);
  event->time_ms = fields->Time(data, "timestamp");
  event->external_message = fields->Text(data, "external_message");
  event->internal_message = fields->Text(data, "internal_message");
  event->stacktrace = fields->OptionalText(data, "stacktrace");
  event->fingerprint = fields->Text(data, "fingerprint");
  event->stage = fields->Text(data, "stage");
  const NodeId stream = fields->Object(data, "stream");
  event->dataset_namespace = fields->Text(stream, "namespace");
  event->dataset_name = fields->Text(stream, "name");
  event->batch.attempt = static_cast<int32_t>(fields->Int(data, "attempt", 1, kIntMax));
  event->contract = fields->OptionalText(data, "contract");
  event->row_count = fields->Count(data, "row_count");
  ReadSamples(fields->Array(data, "samples"), fields, event);
  event->owner = fields->OptionalText(data, "owner");
  ReadSourcePath(fields->Text(data, "source_path"), fields, &event->batch);
}

}  // namespace

std::string FailureEventId(const FailureEvent& event) {
  Sha256 hash;
  // Each part with its length in front: two different lists never give the same bytes.
  for (const std::string& part : {event.group, event.pipeline, event.stream, ToString(event.batch),
                                  Cat(Info(event.code).number), event.fingerprint}) {
    hash.Update(Cat(part.size(), ":", part));
  }
  return hash.Finish().substr(0, 32);
}

void EncodeFailureEvent(const FailureEvent& event, std::string* out) {
  const std::string subject = Cat(event.pipeline, "/", event.stream);
  Writer writer(out);
  writer.BeginObject()
      .Member("specversion", "1.0")
      .Member("id", FailureEventId(event))
      .Member("source", Cat(kSourcePrefix, PercentEncode(event.group), "/",
                            PercentEncode(event.pipeline), "/", PercentEncode(event.stream)))
      .Member("type", kType)
      .Member("subject", subject)
      .Member("time", FormatTimestamp(event.time_ms))
      .Member("datacontenttype", "application/json")
      .Member("partitionkey", subject)
      .Key("data");
  WriteData(event, &writer);
  writer.EndObject();
}

Result<FailureEvent> DecodeFailureEvent(std::string_view bytes) {
  auto document = ParseObject(kWhat, bytes);
  if (!document.ok()) return document.status();
  const Tree& tree = (*document)->tree;
  const NodeId root = tree.root();
  Fields fields(kWhat, tree);
  if (fields.Text(root, "specversion") != "1.0") fields.Fail("specversion", "\"1.0\"");
  if (fields.Text(root, "type") != kType) fields.Fail("type", kType);
  const NodeId data = fields.Object(root, "data");
  const std::string version = fields.Text(data, "v");
  if (!fields.ok()) return fields.status();
  if (Status s = CheckVersion(kWhat, version); !s.ok()) return s;
  FailureEvent event;
  event.id = fields.Text(root, "id");
  ReadSource(fields.Text(root, "source"), &fields, &event);
  ReadData(data, &fields, &event);
  if (!fields.ok()) return fields.status();
  return event;
}

}  // namespace fracas::wire
