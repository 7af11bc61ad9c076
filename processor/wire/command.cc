#include "wire/command.h"

#include <limits>

#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"
#include "wire/command_fields.h"
#include "wire/control_parts.h"
#include "wire/fields.h"
#include "wire/text.h"
#include "wire/version.h"

namespace fracas::wire {

using json::Kind;
using json::NodeId;
using json::Tree;
using json::Writer;

namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// --- Arguments, written
// -----------------------------------------------------------------------------

struct WriteArgs {
  Writer* writer;

  void operator()(const BreakerTrip& args) const {
    writer->Member("planned", args.planned);
    WriteTime("until", args.planned_until_ms, writer);
  }
  void operator()(const BreakerReset& args) const {
    if (!args.contract.empty()) writer->Member("contract", args.contract);
    writer->Member("reload", args.reload);
    if (args.divert.empty()) return;
    writer->Key("divert").BeginArray();
    for (const Code code : args.divert) writer->Uint(Info(code).number);
    writer->EndArray().Member("divert_for_ms", args.divert_for_ms);
  }
  void operator()(const DivertEnd&) const {}
  void operator()(const QuarantineAdd& args) const {
    Targets(args.targets);
    writer->Member("owner", args.owner);
    WriteTime("expires", args.expires_ms, writer);
    WriteCode("code", args.code, writer);
  }
  void operator()(const QuarantineRelease& args) const { Targets(args.targets); }
  void operator()(const TicketCreate& args) const {
    writer->Member("ticket", args.ticket).Key("letter").BeginObject();
    WriteLetter(args.letter, args.letter_offset, writer);
    writer->EndObject();
    WriteBytes("business_id", args.business_id, writer);
    writer->Member("digest", args.digest)
        .Member("original_timestamp_ms", args.original_timestamp_ms)
        .Member("replay_count", args.replay_count);
    WriteTime("expires", args.expires_ms, writer);
    if (args.instead_of.has_value()) writer->Member("instead_of", *args.instead_of);
  }
  void operator()(const LetterDiscard& args) const {
    writer->Key("letters").BeginArray();
    for (const LetterDiscard::Letter& letter : args.letters) {
      writer->BeginObject();
      WriteLetter(letter.source, letter.offset, writer);
      writer->EndObject();
    }
    writer->EndArray();
  }
  void operator()(const AcceptLoss& args) const {
    WriteSource(args.source, writer);
    writer->Member("from", args.from).Member("to", args.to);
  }
  void operator()(const Note&) const {}

  void Targets(const std::vector<QuarantineTarget>& targets) const {
    writer->Key("targets").BeginArray();
    for (const QuarantineTarget& target : targets) {
      writer->BeginObject();
      if (target.record) {
        writer->Member("record", target.id);
      } else {
        WriteBytes("id", target.id, writer);
      }
      if (target.version) writer->Member("version", *target.version);
      writer->EndObject();
    }
    writer->EndArray();
  }
};

// --- Arguments, read
// ----------------------------------------------------------------------------------

CommandArgs ReadTrip(NodeId args, Fields* fields) {
  return BreakerTrip{fields->OptionalBool(args, "planned"), fields->OptionalTime(args, "until")};
}

// The objects of a list of 1 … limits::kCommandTargetsMax.
template <typename Read>
void ReadList(NodeId args, std::string_view key, Fields* fields, Read read) {
  const NodeId list = fields->Array(args, key);
  if (!fields->ok()) return;
  const Tree& tree = fields->tree();
  const uint32_t count = tree.node(list).count;
  if (count < 1 || count > limits::kCommandTargetsMax) {
    return fields->Fail(key, Cat("a list of 1 to ", limits::kCommandTargetsMax));
  }
  for (NodeId id = list + 1; fields->ok() && id < tree.node(list).next; id = tree.node(id).next) {
    read(id);
  }
}

CommandArgs ReadReset(NodeId args, Fields* fields) {
  BreakerReset reset;
  reset.contract = fields->OptionalText(args, "contract");
  reset.reload = fields->OptionalBool(args, "reload");
  if (fields->Has(args, "divert")) {
    ReadList(args, "divert", fields, [&](NodeId id) {
      const CodeInfo* info = FindCode(fields->tree().Raw(id));
      if (info == nullptr || fields->tree().node(id).kind != Kind::kNumber) {
        return fields->Fail("divert", "numbers of failure codes");
      }
      reset.divert.push_back(info->code);
    });
  }
  reset.divert_for_ms = fields->OptionalInt(args, "divert_for_ms", 0, kMax, 0);
  return reset;
}

QuarantineTarget ReadTarget(NodeId id, Fields* fields) {
  QuarantineTarget target;
  if (fields->tree().node(id).kind != Kind::kObject) {
    fields->Fail("targets", "objects");
    return target;
  }
  target.record = fields->Has(id, "record");
  if (fields->Has(id, "version")) target.version = fields->Count(id, "version");
  if (!target.record) {
    target.id = ReadBytes("id", id, fields);
    if (target.id.empty()) fields->Fail("id", "at least one byte");
    return target;
  }
  TopicPartition source;
  Offset offset = 0;
  target.id = fields->Text(id, "record");
  if (!ParseRecordId(target.id, &source, &offset)) {
    fields->Fail("record", "topic/partition/offset");
  }
  return target;
}

std::vector<QuarantineTarget> ReadTargets(NodeId args, Fields* fields) {
  std::vector<QuarantineTarget> targets;
  ReadList(args, "targets", fields, [&](NodeId id) { targets.push_back(ReadTarget(id, fields)); });
  return targets;
}

CommandArgs ReadAdd(NodeId args, Fields* fields) {
  QuarantineAdd add;
  add.targets = ReadTargets(args, fields);
  add.owner = fields->BoundedText(args, "owner", limits::kCommandTextBytesMax);
  add.expires_ms = fields->OptionalTime(args, "expires");
  add.code = ReadCode("code", args, fields);
  return add;
}

CommandArgs ReadTicket(NodeId args, Fields* fields) {
  TicketCreate ticket;
  ticket.ticket = fields->BoundedText(args, "ticket", limits::kIdBytesMax);
  const NodeId letter = fields->Object(args, "letter");
  ticket.letter = ReadSource(letter, fields);
  ticket.letter_offset = fields->Int(letter, "offset", 0);
  ticket.business_id = ReadBytes("business_id", args, fields);
  ticket.digest = fields->BoundedText(args, "digest", limits::kIdBytesMax);
  ticket.original_timestamp_ms =
      fields->Int(args, "original_timestamp_ms", std::numeric_limits<int64_t>::min());
  ticket.replay_count = static_cast<int32_t>(
      fields->Int(args, "replay_count", 0, std::numeric_limits<int32_t>::max()));
  ticket.expires_ms = fields->OptionalTime(args, "expires");
  if (fields->Has(args, "instead_of"))
    ticket.instead_of = fields->BoundedText(args, "instead_of", limits::kIdBytesMax);
  return ticket;
}

CommandArgs ReadDiscard(NodeId args, Fields* fields) {
  LetterDiscard discard;
  ReadList(args, "letters", fields, [&](NodeId id) {
    if (fields->tree().node(id).kind != Kind::kObject) return fields->Fail("letters", "objects");
    discard.letters.push_back({ReadSource(id, fields), fields->Int(id, "offset", 0)});
  });
  return discard;
}

CommandArgs ReadLoss(NodeId args, Fields* fields) {
  return AcceptLoss{ReadSource(args, fields), fields->Int(args, "from", 0),
                    fields->Int(args, "to", 0)};
}

struct CommandType {
  std::string_view name;
  CommandArgs (*read)(NodeId args, Fields* fields);
};
// In the order of the variant's alternatives.
constexpr CommandType kTypes[] = {
    {"breaker.trip", ReadTrip},
    {"breaker.reset", ReadReset},
    {"breaker.divert_end", [](NodeId, Fields*) -> CommandArgs { return DivertEnd{}; }},
    {"quarantine.add", ReadAdd},
    {"quarantine.release",
     [](NodeId args, Fields* fields) -> CommandArgs {
       return QuarantineRelease{ReadTargets(args, fields)};
     }},
    {"ticket.create", ReadTicket},
    {"letter.discard", ReadDiscard},
    {"offsets.accept_loss", ReadLoss},
    {"note", [](NodeId, Fields*) -> CommandArgs { return Note{}; }},
};
static_assert(std::size(kTypes) == std::variant_size_v<CommandArgs>);

}  // namespace

std::string_view TypeName(const CommandArgs& args) { return kTypes[args.index()].name; }

void Encode(const Command& command, std::string* out) {
  Writer writer(out);
  writer.BeginObject()
      .Member("v", kVersion)
      .Member("kind", "command")
      .Member("id", command.id)
      .Member("type", TypeName(command.args))
      .Member("stream", command.stream)
      .Member("who", command.who)
      .Member("why", command.why)
      .Member("time", FormatTimestamp(command.time_ms));
  WriteTime("not_after", command.not_after_ms, &writer);
  if (command.expected_version) writer.Member("expected_version", *command.expected_version);
  writer.Key("args").BeginObject();
  std::visit(WriteArgs{&writer}, command.args);
  writer.EndObject().EndObject();
}

Command ReadCommand(NodeId root, Fields* fields) {
  Command command;
  command.id = fields->BoundedText(root, "id", limits::kIdBytesMax);
  if (command.id.empty()) fields->Fail("id", "at least one character");
  command.stream = fields->BoundedText(root, "stream", limits::kCommandTextBytesMax);
  command.who = fields->BoundedText(root, "who", limits::kCommandTextBytesMax);
  command.why = fields->BoundedText(root, "why", limits::kCommandTextBytesMax);
  command.time_ms = fields->Time(root, "time");
  command.not_after_ms = fields->OptionalTime(root, "not_after");
  if (fields->Has(root, "expected_version")) {
    command.expected_version = fields->Count(root, "expected_version");
  }
  const std::string type = fields->Text(root, "type");
  const NodeId args = fields->Object(root, "args");
  for (const CommandType& each : kTypes) {
    if (each.name != type) continue;
    command.args = each.read(args, fields);
    return command;
  }
  fields->Fail("type", "a command that this program knows");
  return command;
}

bool ParseRecordId(std::string_view text, TopicPartition* source, Offset* offset) {
  const size_t last = text.rfind('/');
  if (last == std::string_view::npos || last == 0) return false;
  const size_t middle = text.rfind('/', last - 1);
  int64_t partition = 0;
  if (middle == std::string_view::npos || middle == 0 || middle > limits::kTopicNameBytesMax ||
      !ParseInt(text.substr(middle + 1, last - middle - 1), 0,
                std::numeric_limits<Partition>::max(), &partition) ||
      !ParseInt(text.substr(last + 1), 0, kMax, offset)) {
    return false;
  }
  *source = {std::string(text.substr(0, middle)), static_cast<Partition>(partition)};
  return ToString(*source, *offset) == text;  // "-0", "007"
}

}  // namespace fracas::wire
