#include "tools/recovery/incident.h"

#include <algorithm>
#include <utility>

#include "core/timestamp.h"
#include "wire/fields.h"

namespace fracas::tools {

namespace {

using json::Kind;
using json::NodeId;
using json::Tree;
using state::BreakerState;

// One side of a journal entry about a breaker.
struct Side {
  BreakerState state = BreakerState::kGreen;
  int64_t since_ms = 0;
  Code cause = Code::kNone;
  std::string reason;
  std::string contract;
  bool planned = false;
  std::vector<state::PendingRange> pending;
  uint64_t pending_count = 0;
};

Code CauseOf(const Tree& tree, NodeId object) {
  const NodeId found = tree.Find(object, "cause");
  if (found == Tree::kNoNode || tree.node(found).kind != Kind::kString) return Code::kNone;
  const CodeInfo* info = FindCode(tree.Text(found));
  return info == nullptr ? Code::kUnknown : info->code;
}

state::PendingRange ReadRange(wire::Fields* fields, NodeId object) {
  state::PendingRange range;
  range.source = {fields->Text(object, "topic"),
                  static_cast<Partition>(fields->Int(object, "partition", 0, INT32_MAX))};
  range.from = fields->Int(object, "from", 0);
  range.to = fields->Int(object, "to", range.from);
  range.attempt = static_cast<int32_t>(fields->Int(object, "attempt", 0, INT32_MAX));
  range.cause = CauseOf(fields->tree(), object);
  range.reason = fields->OptionalText(object, "reason");
  range.oldest_ms = fields->OptionalTime(object, "oldest");
  range.since_ms = fields->OptionalTime(object, "since");
  return range;
}

// nullopt: it is not about a breaker.
std::optional<Side> ReadSide(const std::string& json) {
  if (json.empty()) return std::nullopt;
  const auto document = wire::ParseObject("journal entry", json);
  if (!document.ok()) return std::nullopt;
  const Tree& tree = (*document)->tree;
  wire::Fields fields("breaker", tree);
  if (!fields.Has(tree.root(), "state") || !fields.Has(tree.root(), "pending")) return std::nullopt;
  Side side;
  const std::string name = fields.Text(tree.root(), "state");
  for (const BreakerState state : {BreakerState::kRed, BreakerState::kProbe}) {
    if (state::Name(state) == name) side.state = state;
  }
  side.since_ms = fields.OptionalTime(tree.root(), "since");
  side.cause = CauseOf(tree, tree.root());
  side.reason = fields.OptionalText(tree.root(), "reason");
  side.contract = fields.OptionalText(tree.root(), "contract");
  side.planned = fields.OptionalBool(tree.root(), "planned");
  side.pending_count = fields.Count(tree.root(), "pending_count");
  const NodeId pending = fields.Array(tree.root(), "pending");
  if (!fields.ok()) return std::nullopt;
  for (NodeId id = pending + 1; id < tree.node(pending).next; id = tree.node(id).next) {
    if (tree.node(id).kind == Kind::kObject) side.pending.push_back(ReadRange(&fields, id));
  }
  if (!fields.ok()) return std::nullopt;
  return side;
}

// A partition that trips twice in one incident was held at the same place, in a larger or smaller
// piece.
void Merge(const Side& side, Incident* incident) {
  incident->ranges_cut = incident->ranges_cut || side.pending_count > side.pending.size();
  for (const state::PendingRange& range : side.pending) {
    const auto known = std::find_if(
        incident->ranges.begin(), incident->ranges.end(),
        [&](const state::PendingRange& other) { return other.source == range.source; });
    if (known == incident->ranges.end()) {
      incident->ranges.push_back(range);
      continue;
    }
    known->from = std::min(known->from, range.from);
    known->to = std::max(known->to, range.to);
    if (range.oldest_ms > 0 && (known->oldest_ms == 0 || range.oldest_ms < known->oldest_ms)) {
      known->oldest_ms = range.oldest_ms;
    }
  }
}

void Begin(const wire::JournalEntry& entry, const Side& after, Incident* incident) {
  *incident = {};
  incident->begin_ms = after.since_ms > 0 ? after.since_ms : entry.time_ms;
  incident->cause = after.cause;
  incident->reason = after.reason;
  incident->who = entry.who;
  incident->planned = after.planned;
}

void Recover(const wire::JournalEntry& entry, const Side& after, Incident* incident) {
  incident->reset_ms = entry.time_ms;
  incident->reset_by = entry.who;
  incident->contract = after.contract;
}

}  // namespace

std::optional<Incident> LastIncident(std::span<const wire::JournalEntry> journal) {
  std::optional<Incident> incident;
  BreakerState last = BreakerState::kGreen;
  for (const wire::JournalEntry& entry : journal) {
    if (!entry.applied) continue;
    const std::optional<Side> after = ReadSide(entry.after_json);
    if (!after.has_value()) continue;
    const std::optional<Side> before = ReadSide(entry.before_json);
    if (before.has_value()) last = before->state;
    if (after->state == BreakerState::kRed) {
      if (!incident.has_value() || last == BreakerState::kGreen) {
        Begin(entry, *after, &incident.emplace());
      }
      incident->reset_ms = 0;
      Merge(*after, &*incident);
    } else if (incident.has_value() && last != after->state) {
      if (last == BreakerState::kRed) Recover(entry, *after, &*incident);
      if (after->state == BreakerState::kGreen) incident->end_ms = entry.time_ms;
    }
    last = after->state;
  }
  return incident;
}

}  // namespace fracas::tools
