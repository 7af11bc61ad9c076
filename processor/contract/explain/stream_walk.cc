#include "contract/explain/stream_walk.h"

#include <algorithm>
#include <bit>

#include "contract/explain/node_path.h"
#include "contract/stream_rules.h"
#include "core/limits.h"

namespace fracas::contract {

using json::Kind;
using json::NodeId;
using json::Tree;

namespace {

// left - right, at the ends of the range instead of beyond.
int64_t Difference(int64_t left, int64_t right) {
  int64_t result = 0;
  if (__builtin_sub_overflow(left, right, &result)) return left < right ? INT64_MIN : INT64_MAX;
  return result;
}

uint32_t Seconds(int64_t milliseconds) {
  return static_cast<uint32_t>(std::min<int64_t>(milliseconds / 1000, UINT32_MAX));
}

}  // namespace

void StreamWalk::Run(const RecordContext& context, TextKeeper* keeper, Captured* captured,
                     std::vector<Broken>* broken) {
  context_ = context;
  keeper_ = keeper;
  captured_ = captured;
  broken_ = broken;
  first_ = broken->size();
  critical_seen_.assign(plan_.criticals.size(), false);
  Visit(0, tree_.root());
  ReportAbsentCriticals();
  if (plan_.checks_characters) CheckCharacters();
  if (plan_.stream.forbid_duplicate_keys) CheckDuplicates();
}

void StreamWalk::Visit(PointerId pointer, NodeId node) {
  const PointerNode& here = plan_.pointer_nodes[pointer];
  CheckCritical(here, node);
  if (here.captures != 0) CaptureValue(here, node);
  if (here.event_time) CheckEventTime(node);
  if (here.children.empty()) return;
  if (tree_.node(node).kind == Kind::kObject) VisitMembers(here, node);
  if (tree_.node(node).kind == Kind::kArray) VisitElements(here, node);
}

void StreamWalk::VisitMembers(const PointerNode& here, NodeId object) {
  for (uint32_t i = here.children.begin; i < here.children.end; ++i) {
    const PointerChild& child = plan_.pointer_children[i];
    NodeId first = Tree::kNoNode;
    const NodeId end = tree_.node(object).next;
    for (NodeId key = object + 1; key < end; key = tree_.node(tree_.node(key).next).next) {
      const json::Node& name = tree_.node(key);
      if (!name.escaped && name.end - name.begin - 2 != child.name.size()) continue;
      if (tree_.Text(key) != child.name) continue;
      if (first == Tree::kNoNode) {
        first = tree_.node(key).next;
      } else if (plan_.pointer_nodes[child.node].identity && !plan_.stream.forbid_duplicate_keys) {
        Add(Code::kDuplicateKey, plan_.duplicate_rule, key);
      }
    }
    if (first != Tree::kNoNode) Visit(child.node, first);
  }
}

void StreamWalk::VisitElements(const PointerNode& here, NodeId array) {
  uint32_t index = 0;
  const NodeId end = tree_.node(array).next;
  for (NodeId each = array + 1; each < end; each = tree_.node(each).next, ++index) {
    for (uint32_t i = here.children.begin; i < here.children.end; ++i) {
      if (plan_.pointer_children[i].index == index) Visit(plan_.pointer_children[i].node, each);
    }
  }
}

void StreamWalk::CheckCritical(const PointerNode& here, NodeId node) {
  if (here.critical == kNone) return;
  critical_seen_[here.critical] = true;
  const Kind kind = tree_.node(node).kind;
  bool missing = kind == Kind::kNull;
  if (kind == Kind::kString) {
    const std::string_view text = tree_.Text(node);
    missing = IsBlank(text) || IsSentinel(plan_.stream, text);
  }
  if (missing) Add(Code::kCdeNull, plan_.critical_rule, node);
}

void StreamWalk::ReportAbsentCriticals() {
  for (size_t i = 0; i < critical_seen_.size(); ++i) {
    if (critical_seen_[i]) continue;
    const Critical& critical = plan_.criticals[i];
    // The byte is that of the innermost value that is there; the pointer is the critical's own.
    NodeId at = tree_.root();
    for (const std::string& token : critical.tokens) {
      const NodeId next = FindChild(tree_, at, token);
      if (next == Tree::kNoNode) break;
      at = next;
    }
    const size_t before = broken_->size();
    Add(Code::kCdeMissing, plan_.critical_rule, at);
    if (broken_->size() == before) return;
    broken_->back().is_missing = true;
    broken_->back().missing = critical.pointer;
  }
}

void StreamWalk::CaptureValue(const PointerNode& here, NodeId node) {
  const json::Node& value = tree_.node(node);
  std::string_view text;
  if (value.kind == Kind::kString) {
    text = value.escaped ? tree_.Text(node)
                         : document_.substr(value.begin + 1, value.end - value.begin - 2);
  } else if (value.kind == Kind::kNumber) {
    text = document_.substr(value.begin, value.end - value.begin);
  } else {
    return;  // null, true, false, containers: no identity
  }
  if (text.size() > limits::kIdBytesMax) {
    Add(Code::kFormatInvalid, plan_.identity_rule, node);
    return;
  }
  if (value.escaped) text = keeper_->Keep(text);
  for (size_t i = 0; i < plan_.stream.captures.size(); ++i) {
    if ((here.captures & (1u << i)) != 0) captured_->values[i] = {true, text};
  }
}

void StreamWalk::CheckEventTime(NodeId node) {
  const EventTimeRule& rule = plan_.stream.event_time;
  const Kind kind = tree_.node(node).kind;
  if (kind == Kind::kNull) return;  // as if it were absent
  int64_t time = 0;
  const bool string = kind == Kind::kString;
  const std::string_view text = string ? tree_.Text(node) : tree_.Raw(node);
  const bool readable =
      (string || kind == Kind::kNumber) && ParseEventTime(rule, string, text, &time);
  if (!readable) {
    Add(Code::kFormatInvalid, plan_.event_time_rule, node);
    return;
  }
  captured_->event_time_ms = time;
  const int64_t record = context_.timestamp_ms == kNoTime ? context_.now_ms : context_.timestamp_ms;
  const int64_t age = Difference(record, time);
  if (rule.max_age_ms >= 0 && age > rule.max_age_ms) {
    Add(Code::kTsStale, plan_.event_time_rule, node, Seconds(age));
  }
  if (rule.max_future_ms >= 0 && -age > rule.max_future_ms) {
    Add(Code::kTsFuture, plan_.event_time_rule, node, Seconds(-age));
  }
}

// The first forbidden character of each string, keys included: nodes are flat, so no recursion.
void StreamWalk::CheckCharacters() {
  for (NodeId id = 0; id < tree_.size(); ++id) {
    const json::Node& node = tree_.node(id);
    if (node.kind != Kind::kString) continue;
    const std::string_view inner = document_.substr(node.begin + 1, node.end - node.begin - 2);
    const CharacterAt at = FindForbidden(plan_.stream.forbid_characters, inner);
    if (!at.found) continue;
    const size_t before = broken_->size();
    Add(Code::kUnprintableChars, plan_.characters_rule, id, at.code_point);
    if (broken_->size() == before) return;
    broken_->back().byte = node.begin + 1 + at.byte;
  }
}

// Sorting the keys of every object costs several comparisons of texts a key; nearly always a hash table
// says that no two are equal.
void StreamWalk::CheckDuplicates() {
  for (NodeId id = 0; id < tree_.size(); ++id) {
    const json::Node& node = tree_.node(id);
    if (node.kind != Kind::kObject || node.count < 2 || SurelyDifferent(id)) continue;
    ReportDuplicates(id);
  }
}

// False also where many keys share a hash, which only somebody who wants that achieves.
bool StreamWalk::SurelyDifferent(NodeId object) {
  constexpr size_t kProbesMax = 16;
  const size_t size = std::bit_ceil(size_t{tree_.node(object).count} * 2);
  table_.assign(size, Tree::kNoNode);
  const NodeId end = tree_.node(object).next;
  for (NodeId key = object + 1; key < end; key = tree_.node(tree_.node(key).next).next) {
    const std::string_view name = tree_.Text(key);
    size_t at = HashName(name) & (size - 1);
    for (size_t probes = 0; table_[at] != Tree::kNoNode; at = (at + 1) & (size - 1)) {
      if (tree_.Text(table_[at]) == name || ++probes == kProbesMax) return false;
    }
    table_[at] = key;
  }
  return true;
}

void StreamWalk::ReportDuplicates(NodeId object) {
  std::vector<std::pair<std::string_view, NodeId>> keys;
  const NodeId end = tree_.node(object).next;
  for (NodeId key = object + 1; key < end; key = tree_.node(tree_.node(key).next).next) {
    keys.emplace_back(tree_.Text(key), key);
  }
  std::sort(keys.begin(), keys.end());
  for (size_t i = 1; i < keys.size(); ++i) {
    const bool repeats = keys[i].first == keys[i - 1].first;
    const bool reported = i > 1 && keys[i].first == keys[i - 2].first;
    if (repeats && !reported) Add(Code::kDuplicateKey, plan_.duplicate_rule, keys[i].second);
  }
}

void StreamWalk::Add(Code code, RuleId rule, NodeId node, uint32_t detail) {
  if (broken_->size() - first_ >= 2 * limits::kFindingsPerRecordMax) return;
  Broken broken;
  broken.code = code;
  broken.rule = rule;
  broken.node = node;
  broken.byte = tree_.node(node).begin;
  broken.detail = detail;
  broken_->push_back(broken);
}

}  // namespace fracas::contract
