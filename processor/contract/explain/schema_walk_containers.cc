#include <algorithm>

#include "contract/explain/schema_walk.h"

// Keywords about the members of objects and the elements of arrays.

namespace fracas::contract {

using json::Kind;
using json::NodeId;
using json::Tree;

// --- Objects

[[gnu::noinline]] bool SchemaWalk::Object(const Step& step, NodeId node) {
  const ObjectTable& table = plan_->objects[step.arg];
  bool valid = table.required_count == 0 || MissingMembers(table, node);
  if (!valid && quiet_ > 0) return false;
  if (table.declares && plan_->stream.report_drift) declaring_.push_back(node);
  const NodeId end = tree_->node(node).next;
  for (NodeId key = node + 1; key < end; key = tree_->node(tree_->node(key).next).next) {
    if (Member(table, key)) continue;
    if (quiet_ > 0 || too_much_) return false;
    valid = false;
  }
  return valid;
}

[[gnu::noinline]] bool SchemaWalk::MissingMembers(const ObjectTable& table, NodeId node) {
  ++stamp_;
  uint32_t seen = 0;
  const NodeId end = tree_->node(node).next;
  for (NodeId key = node + 1; key < end; key = tree_->node(tree_->node(key).next).next) {
    const uint32_t member = FindMember(*plan_, table, tree_->Text(key));
    if (member == kNone || plan_->members[member].required_bit == kNone) continue;
    seen += seen_[member] != stamp_;
    seen_[member] = stamp_;
  }
  if (seen == table.required_count) return true;
  for (uint32_t member = table.members.begin; member < table.members.end; ++member) {
    if (plan_->members[member].required_bit == kNone || seen_[member] == stamp_) continue;
    FailMissing(table.required_rule, node, plan_->members[member].name);
  }
  return false;
}

[[gnu::noinline]] bool SchemaWalk::Member(const ObjectTable& table, NodeId key) {
  const NodeId value = tree_->node(key).next;
  const std::string_view name = tree_->Text(key);
  bool valid = true;
  bool matched = false;
  const uint32_t member = FindMember(*plan_, table, name);
  if (member != kNone && plan_->members[member].schema != kNone) {
    matched = true;
    valid = Child(plan_->members[member].schema, value);
  }
  for (uint32_t i = table.patterns.begin; i < table.patterns.end; ++i) {
    const PatternMember& pattern = plan_->pattern_members[i];
    if (!plan_->patterns[pattern.pattern]->Search(name)) continue;
    matched = true;
    valid = Child(pattern.schema, value) && valid;
  }
  if (matched) {
    if (plan_->stream.report_drift) declared_.push_back(value);
  } else {
    if (table.additional == kNone) return true;
    valid = Child(table.additional, value);
  }
  NoteEvaluated(value);
  return valid;
}

[[gnu::noinline]] bool SchemaWalk::PropertyNames(const Step& step, NodeId node) {
  bool valid = true;
  const NodeId end = tree_->node(node).next;
  for (NodeId key = node + 1; key < end; key = tree_->node(tree_->node(key).next).next) {
    if (Quietly(step.arg, key)) continue;
    valid = Fail(step.rule, key);
    if (quiet_ > 0) return false;
  }
  return valid;
}

[[gnu::noinline]] bool SchemaWalk::DependentRequired(const Step& step, NodeId node) {
  const Dependency& dependency = plan_->dependencies[step.arg];
  if (tree_->Find(node, dependency.name) == Tree::kNoNode) return true;
  bool valid = true;
  for (const std::string& name : dependency.names) {
    if (tree_->Find(node, name) != Tree::kNoNode) continue;
    valid = FailMissing(step.rule, node, name);
  }
  return valid;
}

[[gnu::noinline]] bool SchemaWalk::DependentSchema(const Step& step, NodeId node) {
  const Dependency& dependency = plan_->dependencies[step.arg];
  if (tree_->Find(node, dependency.name) == Tree::kNoNode) return true;
  const size_t first = broken_->size();
  if (Evaluate(dependency.schema, node)) return true;
  TurnToCrossField(first, node);
  return false;
}

// --- Arrays

[[gnu::noinline]] bool SchemaWalk::Items(const ArrayTable& table, NodeId node) {
  bool valid = true;
  uint32_t index = 0;
  const NodeId end = tree_->node(node).next;
  for (NodeId each = node + 1; each < end; each = tree_->node(each).next, ++index) {
    const bool in_prefix = index < table.prefix.size();
    const SchemaId schema = in_prefix ? plan_->schema_ids[table.prefix.begin + index] : table.rest;
    if (schema == kNone) break;
    valid = Child(schema, each) && valid;
    if (!valid && (quiet_ > 0 || too_much_)) return false;
    NoteEvaluated(each);
  }
  return valid;
}

[[gnu::noinline]] bool SchemaWalk::ContainsStep(const ContainsTable& table, NodeId node) {
  uint32_t count = 0;
  const NodeId end = tree_->node(node).next;
  for (NodeId each = node + 1; each < end; each = tree_->node(each).next) {
    if (!Quietly(table.schema, each)) continue;
    ++count;
    NoteEvaluated(each);
  }
  if (count < table.min) return Fail(table.min_rule, node);
  return count <= table.max || Fail(table.max_rule, node);
}

// --- What nothing else evaluated or declared

[[gnu::noinline]] bool SchemaWalk::Unevaluated(const Step& step, NodeId node, uint32_t since) {
  const bool object = step.op == Op::kUnevaluatedProperties;
  if (tree_->node(node).kind != (object ? Kind::kObject : Kind::kArray)) return true;
  std::vector<NodeId> known(evaluated_.begin() + since, evaluated_.end());
  std::sort(known.begin(), known.end());
  bool valid = true;
  const NodeId end = tree_->node(node).next;
  for (NodeId child = node + 1; child < end; child = tree_->node(child).next) {
    if (object) child = tree_->node(child).next;  // from the key to the value
    if (std::binary_search(known.begin(), known.end(), child)) continue;
    valid = Child(step.arg, child) && valid;
    NoteEvaluated(child);
  }
  return valid;
}

// What the schema permits but nothing in it declares, in objects some of whose members it declares.
void SchemaWalk::ReportDrift() {
  std::sort(declared_.begin(), declared_.end());
  std::sort(declaring_.begin(), declaring_.end());
  declaring_.erase(std::unique(declaring_.begin(), declaring_.end()), declaring_.end());
  for (const NodeId object : declaring_) {
    const NodeId end = tree_->node(object).next;
    for (NodeId key = object + 1; key < end; key = tree_->node(tree_->node(key).next).next) {
      const NodeId value = tree_->node(key).next;
      if (std::binary_search(declared_.begin(), declared_.end(), value)) continue;
      Fail(plan_->drift_rule, key);
    }
  }
}

}  // namespace fracas::contract
