// JSON → live state, as an instance answers it.

#include "core/base64.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "tools/live_json.h"
#include "wire/fields.h"

namespace fracas::tools {

namespace {

using json::Kind;
using json::NodeId;
using json::Tree;
using wire::Fields;

// Reads what live_json.cc wrote. The first thing that is wrong stays in `fields`.
class LiveReader {
 public:
  explicit LiveReader(const Tree& tree) : fields_("state of a group", tree), tree_(tree) {}

  LiveState Live();
  QuarantinePage Page();
  Status status() const { return fields_.status(); }

 private:
  // Elements of another kind are none of ours.
  template <typename Visit>
  void Each(NodeId object, std::string_view key, Kind kind, Visit&& visit) {
    const NodeId array = fields_.Array(object, key);
    if (!fields_.ok()) return;
    for (NodeId id = array + 1; id < tree_.node(array).next; id = tree_.node(id).next) {
      if (tree_.node(id).kind == kind) visit(id);
    }
  }
  // kNoNode: it is null or absent.
  NodeId Optional(NodeId object, std::string_view key) {
    const NodeId found = tree_.Find(object, key);
    return found != Tree::kNoNode && tree_.node(found).kind == Kind::kObject ? found : Tree::kNoNode;
  }
  bool Bool(NodeId object, std::string_view key) {
    const NodeId found = tree_.Find(object, key);
    return found != Tree::kNoNode && tree_.node(found).kind == Kind::kTrue;
  }
  int64_t Time(NodeId object, std::string_view key) {
    const std::string text = fields_.OptionalText(object, key);
    int64_t time_ms = 0;
    if (!text.empty() && !ParseTimestamp(text, &time_ms)) fields_.Fail(key, "a time or null");
    return time_ms;
  }
  Code ReadCode(NodeId object) {
    const std::string name = fields_.OptionalText(object, "code");
    return name.empty() ? Code::kNone : CodeCalled(name);
  }
  // A newer instance may know codes that this program does not.
  static Code CodeCalled(std::string_view name) {
    const CodeInfo* info = FindCode(name);
    return info == nullptr ? Code::kUnknown : info->code;
  }
  TopicPartition Source(NodeId object) {
    return {fields_.Text(object, "topic"),
            static_cast<Partition>(fields_.Int(object, "partition", 0, INT32_MAX))};
  }
  int32_t Small(NodeId object, std::string_view key) {
    return static_cast<int32_t>(fields_.Int(object, key, 0, INT32_MAX));
  }

  StreamLive Stream(NodeId object);
  state::Breaker Breaker(NodeId object);
  state::PendingRange Pending(NodeId object);
  state::Diversion Diversion(NodeId object);
  LocalView Local(NodeId object);
  LetterCounts Letters(NodeId object);
  QuarantineItem Item(NodeId object);

  Fields fields_;
  const Tree& tree_;
};

state::BreakerState StateCalled(std::string_view name, Fields* fields) {
  for (const auto state : {state::BreakerState::kGreen, state::BreakerState::kRed,
                           state::BreakerState::kProbe}) {
    if (state::Name(state) == name) return state;
  }
  fields->Fail("state", "GREEN, RED or PROBE");
  return state::BreakerState::kRed;
}

state::PendingRange LiveReader::Pending(NodeId object) {
  state::PendingRange range;
  range.source = Source(object);
  range.from = fields_.Int(object, "from", 0);
  range.to = fields_.Int(object, "to", 0);
  range.attempt = Small(object, "attempt");
  range.cause = ReadCode(object);
  range.reason = fields_.Text(object, "reason");
  const NodeId record = tree_.Find(object, "record");
  if (record != Tree::kNoNode && tree_.node(record).kind == Kind::kNumber) {
    range.record = fields_.Int(object, "record", 0);
  }
  range.record_failures = Small(object, "record_failures");
  range.oldest_ms = Time(object, "oldest");
  range.since_ms = Time(object, "since");
  range.passed = Bool(object, "passed");
  return range;
}

state::Diversion LiveReader::Diversion(NodeId object) {
  state::Diversion diversion;
  Each(object, "codes", Kind::kString,
       [&](NodeId id) { diversion.codes.push_back(CodeCalled(tree_.Text(id))); });
  diversion.until_ms = Time(object, "until");
  diversion.who = fields_.Text(object, "who");
  diversion.why = fields_.Text(object, "why");
  diversion.since_ms = Time(object, "since");
  return diversion;
}

state::Breaker LiveReader::Breaker(NodeId object) {
  state::Breaker breaker;
  breaker.stamp.version = fields_.Count(object, "version");
  breaker.stamp.command_id = fields_.OptionalText(object, "command");
  breaker.stamp.control_offset = fields_.Int(object, "control_offset", kNoOffset);
  breaker.stamp.time_ms = Time(object, "changed");
  breaker.state = StateCalled(fields_.Text(object, "state"), &fields_);
  breaker.since_ms = Time(object, "since");
  breaker.cause = ReadCode(object);
  breaker.reason = fields_.Text(object, "reason");
  breaker.who = fields_.OptionalText(object, "who");
  breaker.planned = Bool(object, "planned");
  breaker.planned_until_ms = Time(object, "planned_until");
  breaker.contract = fields_.OptionalText(object, "contract");
  breaker.reload = Bool(object, "reload");
  Each(object, "pending", Kind::kObject, [&](NodeId id) { breaker.pending.push_back(Pending(id)); });
  const NodeId diversion = Optional(object, "diversion");
  if (diversion != Tree::kNoNode) breaker.diversion = Diversion(diversion);
  const NodeId retry = fields_.Object(object, "retry");
  if (!fields_.ok()) return breaker;
  breaker.retry.done = Small(retry, "done");
  breaker.retry.next_ms = Time(retry, "next");
  breaker.retry.exhausted = Bool(retry, "exhausted");
  Each(object, "losses", Kind::kObject, [&](NodeId id) {
    breaker.losses.push_back({Source(id), fields_.Int(id, "from", 0), fields_.Int(id, "to", 0),
                              fields_.Text(id, "who"), fields_.Text(id, "why")});
  });
  return breaker;
}

LocalView LiveReader::Local(NodeId object) {
  LocalView local;
  local.lag = fields_.Int(object, "lag", 0);
  local.consumed = fields_.Count(object, "consumed");
  local.published = fields_.Count(object, "published");
  local.dead_lettered = fields_.Count(object, "dead_lettered");
  local.masked = fields_.Count(object, "masked");
  local.observed = fields_.Count(object, "observed");
  local.last_record_ms = Time(object, "last_record");
  local.contract = fields_.Text(object, "contract");
  Each(object, "held", Kind::kObject, [&](NodeId id) {
    local.held.push_back({Source(id), ReadCode(id), fields_.Text(id, "reason")});
  });
  return local;
}

LetterCounts LiveReader::Letters(NodeId object) {
  LetterCounts letters;
  letters.open = fields_.Count(object, "open");
  letters.open_masked = static_cast<uint64_t>(
      fields_.OptionalInt(object, "open_masked", 0, INT64_MAX, 0));
  letters.resolved = fields_.Count(object, "resolved");
  letters.discarded = fields_.Count(object, "discarded");
  letters.expired = fields_.Count(object, "expired");
  letters.oldest_ms = Time(object, "oldest");
  letters.ends_ms = Time(object, "retention_ends");
  return letters;
}

StreamLive LiveReader::Stream(NodeId object) {
  StreamLive stream;
  stream.stream = fields_.Text(object, "stream");
  const NodeId breaker = fields_.Object(object, "breaker");
  const NodeId quarantine = fields_.Object(object, "quarantine");
  if (!fields_.ok()) return stream;
  stream.breaker = Breaker(breaker);
  stream.quarantine.entries = fields_.Count(quarantine, "entries");
  stream.quarantine.expired = fields_.Count(quarantine, "expired");
  stream.quarantine.oldest_ms = Time(quarantine, "oldest");
  const NodeId local = Optional(object, "local");
  if (local != Tree::kNoNode) stream.local = Local(local);
  const NodeId lag = tree_.Find(object, "lag");
  if (lag != Tree::kNoNode && tree_.node(lag).kind == Kind::kNumber) {
    stream.lag = fields_.Int(object, "lag", 0);
  }
  stream.stalled_ms = Time(object, "stalled_since");
  const NodeId letters = Optional(object, "dead_letters");
  if (letters != Tree::kNoNode) stream.letters = Letters(letters);
  Each(object, "retention", Kind::kObject, [&](NodeId id) {
    const bool kept = tree_.Find(id, "kept_ms") != Tree::kNoNode;  // instances of an older version do not say
    stream.retention.push_back({Source(id), fields_.Int(id, "from", 0), fields_.Int(id, "low", 0),
                                Time(id, "ends"), kept ? fields_.Int(id, "kept_ms", 0) : 0});
  });
  return stream;
}

LiveState LiveReader::Live() {
  LiveState live;
  const NodeId root = tree_.root();
  live.group = fields_.Text(root, "group");
  live.instance = fields_.OptionalText(root, "instance");
  live.state_offset = fields_.Int(root, "state_offset", 0);
  live.time_ms = fields_.Time(root, "time");
  if (const NodeId lane = Optional(root, "control"); lane != Tree::kNoNode) {
    live.lane = ControlLane{.active = Bool(lane, "active"),
                            .restored = Bool(lane, "restored"),
                            .restore_position = fields_.Int(lane, "restore_position", 0),
                            .restore_target = fields_.Int(lane, "restore_target", 0),
                            .lag_ms = fields_.Int(lane, "lag_ms", 0)};
  }
  live.unanswered_ms = Time(root, "cluster_unanswered_since");
  live.unanswered = fields_.OptionalText(root, "cluster_trouble");
  Each(root, "streams", Kind::kObject, [&](NodeId id) {
    live.streams.push_back(Stream(id));
  });
  return live;
}

QuarantineItem LiveReader::Item(NodeId object) {
  QuarantineItem item;
  item.key.stream = fields_.Text(object, "stream");
  if (tree_.Find(object, "record") != Tree::kNoNode) {
    item.key.scope = state::QuarantineScope::kRecord;
    item.key.id = fields_.Text(object, "record");
  } else if (tree_.Find(object, "id_base64") != Tree::kNoNode) {
    if (!DecodeBase64(fields_.Text(object, "id_base64"), &item.key.id)) {
      fields_.Fail("id_base64", "base64");
    }
  } else {
    item.key.id = fields_.Text(object, "id");
  }
  item.entry.stamp.version = fields_.Count(object, "version");
  item.entry.code = ReadCode(object);
  item.entry.reason = fields_.Text(object, "reason");
  item.entry.owner = fields_.Text(object, "owner");
  item.entry.who = fields_.Text(object, "who");
  item.entry.since_ms = Time(object, "since");
  item.entry.expires_ms = Time(object, "expires");
  item.entry.expired = Bool(object, "expired");
  return item;
}

QuarantinePage LiveReader::Page() {
  QuarantinePage page;
  Each(tree_.root(), "items", Kind::kObject, [&](NodeId id) {
    page.items.push_back(Item(id));
  });
  page.next = fields_.OptionalText(tree_.root(), "next");
  return page;
}

}  // namespace

Result<LiveState> ReadLiveState(std::string_view json) {
  Result<std::unique_ptr<json::OwnedDocument>> document = wire::ParseObject("state of a group", json);
  if (!document.ok()) return document.status();
  LiveReader reader((*document)->tree);
  LiveState live = reader.Live();
  if (Status s = reader.status(); !s.ok()) return s;
  return live;
}

Result<QuarantinePage> ReadQuarantinePage(std::string_view json) {
  Result<std::unique_ptr<json::OwnedDocument>> document =
      wire::ParseObject("page of the quarantine", json);
  if (!document.ok()) return document.status();
  LiveReader reader((*document)->tree);
  QuarantinePage page = reader.Page();
  if (Status s = reader.status(); !s.ok()) return s;
  return page;
}

}  // namespace fracas::tools
