#include <limits>

#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"
#include "wire/command.h"
#include "wire/command_fields.h"
#include "wire/control_parts.h"
#include "wire/fields.h"
#include "wire/text.h"
#include "wire/version.h"

namespace fracas::wire {

using json::NodeId;
using json::Writer;

namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();

struct WriteArgs {
  Writer* writer;

  void operator()(const Tripped& args) const {
    Range(args.source, args.from, args.to);
    writer->Member("attempt", args.attempt);
    WriteCode("cause", args.cause, writer);
    std::string reason;
    AppendText(args.reason, limits::kMessageTextBytesMax, &reason);
    writer->Member("reason", reason);
    if (args.record != kNoOffset) writer->Member("record", args.record);
    writer->Member("oldest_ms", args.oldest_ms);
  }
  void operator()(const ProbePassed& args) const {
    Range(args.source, args.from, args.to);
    writer->Member("attempt", args.attempt);
  }
  void operator()(const ReplayPublished& args) const {
    writer->Member("ticket", args.ticket);
    WriteLetter(args.source, args.offset, writer);
  }
  void operator()(const LossAccepted& args) const { Range(args.source, args.from, args.to); }
  void operator()(const PoisonFound& args) const { WriteLetter(args.source, args.offset, writer); }

  void Range(const TopicPartition& source, Offset from, Offset to) const {
    WriteSource(source, writer);
    writer->Member("from", from).Member("to", to);
  }
};

int32_t ReadAttempt(NodeId args, Fields* fields) {
  return static_cast<int32_t>(fields->Int(args, "attempt", 1, kIntMax));
}

FactArgs ReadTripped(NodeId args, Fields* fields) {
  Tripped fact;
  fact.source = ReadSource(args, fields);
  fact.from = fields->Int(args, "from", 0);
  fact.to = fields->Int(args, "to", fact.from);
  fact.attempt = ReadAttempt(args, fields);
  fact.cause = ReadCode("cause", args, fields);
  if (fact.cause == Code::kNone) fact.cause = Code::kUnknown;
  fact.reason = fields->BoundedText(args, "reason", limits::kMessageTextBytesMax);
  fact.record = fields->OptionalInt(args, "record", 0, kMax, kNoOffset);
  fact.oldest_ms = fields->OptionalInt(args, "oldest_ms", kMin, kMax, 0);
  return fact;
}

FactArgs ReadPassed(NodeId args, Fields* fields) {
  ProbePassed fact;
  fact.source = ReadSource(args, fields);
  fact.from = fields->Int(args, "from", 0);
  fact.to = fields->Int(args, "to", fact.from);
  fact.attempt = ReadAttempt(args, fields);
  return fact;
}

FactArgs ReadReplay(NodeId args, Fields* fields) {
  return ReplayPublished{fields->BoundedText(args, "ticket", limits::kIdBytesMax),
                         ReadSource(args, fields), fields->Int(args, "offset", 0)};
}

FactArgs ReadLoss(NodeId args, Fields* fields) {
  return LossAccepted{ReadSource(args, fields), fields->Int(args, "from", 0),
                      fields->Int(args, "to", 0)};
}

FactArgs ReadPoison(NodeId args, Fields* fields) {
  return PoisonFound{ReadSource(args, fields), fields->Int(args, "offset", 0)};
}

struct FactType {
  std::string_view name;
  FactArgs (*read)(NodeId args, Fields* fields);
};
// In the order of the variant's alternatives.
constexpr FactType kTypes[] = {
    {"tripped", ReadTripped},    {"probe_passed", ReadPassed}, {"replay_published", ReadReplay},
    {"loss_accepted", ReadLoss}, {"poison_found", ReadPoison},
};
static_assert(std::size(kTypes) == std::variant_size_v<FactArgs>);

}  // namespace

std::string_view TypeName(const FactArgs& args) { return kTypes[args.index()].name; }

void Encode(const Fact& fact, std::string* out) {
  Writer writer(out);
  writer.BeginObject()
      .Member("v", kVersion)
      .Member("kind", "fact")
      .Member("id", fact.id)
      .Member("type", TypeName(fact.args))
      .Member("stream", fact.stream)
      .Member("time", FormatTimestamp(fact.time_ms))
      .Member("instance", fact.instance)
      .Member("worker", fact.worker)
      .Key("args")
      .BeginObject();
  std::visit(WriteArgs{&writer}, fact.args);
  writer.EndObject().EndObject();
}

Fact ReadFact(NodeId root, Fields* fields) {
  Fact fact;
  fact.id = fields->BoundedText(root, "id", limits::kIdBytesMax);
  fact.stream = fields->BoundedText(root, "stream", limits::kCommandTextBytesMax);
  fact.time_ms = fields->Time(root, "time");
  fact.instance = fields->BoundedText(root, "instance", limits::kCommandTextBytesMax);
  fact.worker =
      static_cast<uint32_t>(fields->Int(root, "worker", 0, std::numeric_limits<uint32_t>::max()));
  const std::string type = fields->Text(root, "type");
  const NodeId args = fields->Object(root, "args");
  for (const FactType& each : kTypes) {
    if (each.name != type) continue;
    fact.args = each.read(args, fields);
    return fact;
  }
  fields->Fail("type", "a fact that this program knows");
  return fact;
}

}  // namespace fracas::wire
