#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"
#include "wire/command.h"
#include "wire/control_parts.h"
#include "wire/fields.h"
#include "wire/text.h"
#include "wire/version.h"

// What the three kinds of control messages share: the envelope.

namespace fracas::wire {

using json::Kind;
using json::NodeId;
using json::Tree;

namespace {

constexpr std::string_view kWhat = "control record";

std::string Peek(const Tree& tree, std::string_view key) {
  std::string text;
  const NodeId found = tree.Find(tree.root(), key);
  if (found == Tree::kNoNode || tree.node(found).kind != Kind::kString) return text;
  AppendText(tree.Text(found), limits::kCommandTextBytesMax, &text);
  return text;
}

}  // namespace

void Encode(const ControlGenesis& genesis, std::string* out) {
  json::Writer(out)
      .BeginObject()
      .Member("v", kVersion)
      .Member("kind", "genesis")
      .Member("uuid", genesis.uuid)
      .Member("group", genesis.group)
      .Member("time", FormatTimestamp(genesis.time_ms))
      .EndObject();
}

Result<ControlMessage> DecodeControl(std::string_view bytes) {
  if (bytes.size() > limits::kControlBytesMax) {
    return Status::Reject(Cat("not a ", kWhat, ": ", bytes.size(), " bytes, at most ",
                              limits::kControlBytesMax, " are read: send several"));
  }
  auto document = ParseObject(kWhat, bytes);
  if (!document.ok()) return document.status();
  const Tree& tree = (*document)->tree;
  const NodeId root = tree.root();
  Fields fields(kWhat, tree);
  const std::string version = fields.Text(root, "v");
  if (!fields.ok()) return fields.status();
  if (Status s = CheckVersion(kWhat, version); !s.ok()) return s;
  ControlMessage message;
  const std::string kind = fields.Text(root, "kind");
  if (kind == "command") {
    message = ReadCommand(root, &fields);
  } else if (kind == "fact") {
    message = ReadFact(root, &fields);
  } else if (kind == "genesis") {
    message = ControlGenesis{fields.BoundedText(root, "uuid", limits::kIdBytesMax),
                             fields.BoundedText(root, "group", limits::kCommandTextBytesMax),
                             fields.Time(root, "time")};
  } else {
    fields.Fail("kind", "command, fact or genesis");
  }
  if (!fields.ok()) return fields.status();
  return message;
}

ControlHead PeekControl(std::string_view bytes) {
  if (bytes.size() > 16 * limits::kControlBytesMax) return {};  // nobody's command
  auto document = ParseObject(kWhat, bytes);
  if (!document.ok()) return {};
  const Tree& tree = (*document)->tree;
  return {Peek(tree, "id"), Peek(tree, "type"), Peek(tree, "stream"), Peek(tree, "who"),
          Peek(tree, "why")};
}

}  // namespace fracas::wire
