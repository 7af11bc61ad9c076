#include "contract/explain_schema.h"

#include <algorithm>

#include "contract/node_equal.h"
#include "core/limits.h"
#include "json/utf8.h"

// Frames are kept small and the work of each keyword in a function of its own that is not inlined:
// the depth of recursion is that of schema and document together.

namespace fracas::contract {

using json::Kind;
using json::NodeId;
using json::Tree;

namespace {

Group GroupFor(TypeMask type) {
  if ((type & kIsNumber) != 0) return Group::kNumber;
  if (type == kIsString) return Group::kString;
  if (type == kIsArray) return Group::kArray;
  if (type == kIsObject) return Group::kObject;
  return Group::kAny;
}

uint32_t CodePoints(std::string_view text) {
  uint32_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace

uint32_t SchemaWalk::Run(const Plan& plan, const Tree& tree, std::vector<Broken>* broken) {
  plan_ = &plan;
  tree_ = &tree;
  broken_ = broken;
  floor_ = broken->size();
  depth_ = quiet_ = stamp_ = omitted_ = 0;
  too_deep_ = false;
  scope_.clear();
  evaluated_.clear();
  declared_.clear();
  declaring_.clear();
  ends_.clear();
  seen_.assign(plan.members.size(), 0);
  const size_t first = floor_;
  const bool valid = Evaluate(plan.root, tree.root());
  if (too_deep_) {
    broken->resize(first);
    Broken deep;
    deep.code = Code::kRecordOversize;
    deep.rule = plan.depth_rule;
    broken->push_back(deep);
  } else if (valid && plan.stream.report_drift) {
    ReportDrift();
  }
  return omitted_;
}

bool SchemaWalk::Evaluate(SchemaId schema, NodeId node) {
  const SchemaNode& here = plan_->schemas[schema];
  if (here.trivial()) return true;
  if (depth_ == limits::kEvaluationDepthMax) {
    too_deep_ = true;
    return false;
  }
  const TypeMask type = TypeOf({*tree_, node});
  if ((here.types & type) == 0) return Fail(here.type_rule, node);
  ++depth_;
  const bool enters = scope_.empty() || scope_.back() != here.resource;
  if (enters) scope_.push_back(here.resource);
  const Notes notes = Mark();
  const bool valid = RunGroups(here, type, node);
  if (!valid) Forget(notes);
  if (enters) scope_.pop_back();
  --depth_;
  return valid;
}

bool SchemaWalk::RunGroups(const SchemaNode& schema, TypeMask type, NodeId node) {
  const auto since = static_cast<uint32_t>(evaluated_.size());
  const Group group = GroupFor(type);
  bool valid = group == Group::kAny || RunSteps(schema.steps(group), node);
  if (!valid && quiet_ > 0) return false;
  valid = RunSteps(schema.steps(Group::kAny), node) && valid;
  // Where something else is wrong already, what counts as evaluated is not known.
  if (!valid) return false;
  const Range last = schema.steps(Group::kLast);
  for (uint32_t i = last.begin; i < last.end; ++i) {
    valid = Unevaluated(plan_->steps[i], node, since) && valid;
  }
  return valid;
}

bool SchemaWalk::RunSteps(Range steps, NodeId node) {
  bool valid = true;
  for (uint32_t i = steps.begin; i < steps.end; ++i) {
    if (RunStep(plan_->steps[i], node)) continue;
    if (quiet_ > 0 || too_deep_) return false;
    valid = false;
  }
  return valid;
}

bool SchemaWalk::RunStep(const Step& step, NodeId node) {
  const Plan& plan = *plan_;
  switch (step.op) {
    case Op::kMinimum:
    case Op::kMaximum:
    case Op::kExclusiveMinimum:
    case Op::kExclusiveMaximum:
    case Op::kMultipleOf: return Number(step, node);
    case Op::kMinLength:
    case Op::kMaxLength:
    case Op::kFormat:
    case Op::kPattern: return String(step, node);
    case Op::kMinItems:
    case Op::kMinProperties: return tree_->node(node).count >= step.arg || Fail(step.rule, node);
    case Op::kMaxItems:
    case Op::kMaxProperties: return tree_->node(node).count <= step.arg || Fail(step.rule, node);
    case Op::kItems: return Items(plan.arrays[step.arg], node);
    case Op::kContains: return ContainsStep(plan.contains[step.arg], node);
    case Op::kUniqueItems: return AllDifferent({*tree_, node}) || Fail(step.rule, node);
    case Op::kObject: return Object(step, node);
    case Op::kPropertyNames: return PropertyNames(step, node);
    case Op::kDependentRequired: return DependentRequired(step, node);
    case Op::kDependentSchema: return DependentSchema(step, node);
    case Op::kFalse: return Fail(step.rule, node);
    case Op::kEnum:
      return contract::Contains(plan, plan.value_sets[step.arg], {*tree_, node}) ||
             Fail(step.rule, node);
    case Op::kRef: return Evaluate(step.arg, node);
    case Op::kDynamicRef: return DynamicReference(plan.dynamic_refs[step.arg], node);
    case Op::kAllOf: return AllOf(plan.schema_lists[step.arg], node);
    case Op::kAnyOf:
    case Op::kOneOf: return Alternatives(step, node);
    case Op::kNot: return NotStep(step, node);
    case Op::kIf: return If(plan.conditionals[step.arg], node);
    case Op::kUnevaluatedItems:
    case Op::kUnevaluatedProperties: return true;  // RunGroups runs them last
  }
  return true;
}

[[gnu::noinline]] bool SchemaWalk::Number(const Step& step, NodeId node) {
  const json::Decimal number = json::ParseDecimal(tree_->Raw(node));
  const json::Decimal& bound = plan_->numbers[step.arg].value;
  bool valid = true;
  if (step.op == Op::kMultipleOf) {
    valid = json::IsMultipleOf(number, bound);
  } else {
    const std::strong_ordering order = json::Compare(number, bound);
    if (step.op == Op::kMinimum) valid = order >= 0;
    if (step.op == Op::kMaximum) valid = order <= 0;
    if (step.op == Op::kExclusiveMinimum) valid = order > 0;
    if (step.op == Op::kExclusiveMaximum) valid = order < 0;
  }
  return valid || Fail(step.rule, node);
}

[[gnu::noinline]] bool SchemaWalk::String(const Step& step, NodeId node) {
  const std::string_view text = tree_->Text(node);
  bool valid = true;
  if (step.op == Op::kMinLength) valid = CodePoints(text) >= step.arg;
  if (step.op == Op::kMaxLength) valid = CodePoints(text) <= step.arg;
  if (step.op == Op::kFormat) valid = Matches(static_cast<Format>(step.arg), text);
  if (step.op == Op::kPattern) valid = plan_->patterns[step.arg]->Search(text);
  return valid || Fail(step.rule, node);
}

// --- Objects
// --------------------------------------------------------------------------------------------

[[gnu::noinline]] bool SchemaWalk::Object(const Step& step, NodeId node) {
  const ObjectTable& table = plan_->objects[step.arg];
  bool valid = table.required_count == 0 || MissingMembers(table, node);
  if (!valid && quiet_ > 0) return false;
  if (table.declares && plan_->stream.report_drift) declaring_.push_back(node);
  const NodeId end = tree_->node(node).next;
  for (NodeId key = node + 1; key < end; key = tree_->node(tree_->node(key).next).next) {
    if (Member(table, key)) continue;
    if (quiet_ > 0 || too_deep_) return false;
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
// ---------------------------------------------------------------------------------------------

[[gnu::noinline]] bool SchemaWalk::Items(const ArrayTable& table, NodeId node) {
  bool valid = true;
  uint32_t index = 0;
  const NodeId end = tree_->node(node).next;
  for (NodeId each = node + 1; each < end; each = tree_->node(each).next, ++index) {
    const bool in_prefix = index < table.prefix.size();
    const SchemaId schema = in_prefix ? plan_->schema_ids[table.prefix.begin + index] : table.rest;
    if (schema == kNone) break;
    valid = Child(schema, each) && valid;
    if (!valid && (quiet_ > 0 || too_deep_)) return false;
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

// --- References and logic
// -----------------------------------------------------------------------------------

[[gnu::noinline]] bool SchemaWalk::DynamicReference(const DynamicRef& reference, NodeId node) {
  SchemaId target = reference.target;
  for (size_t i = 0; reference.anchor != kNone && i < scope_.size(); ++i) {
    const auto& anchors = plan_->resources[scope_[i]].dynamic_anchors;
    const auto found = std::find_if(anchors.begin(), anchors.end(), [&](const auto& entry) {
      return entry.first == reference.anchor;
    });
    if (found == anchors.end()) continue;
    target = found->second;
    break;
  }
  return Evaluate(target, node);
}

[[gnu::noinline]] bool SchemaWalk::AllOf(Range schemas, NodeId node) {
  bool valid = true;
  for (uint32_t i = schemas.begin; i < schemas.end; ++i) {
    if (Evaluate(plan_->schema_ids[i], node)) continue;
    if (quiet_ > 0 || too_deep_) return false;
    valid = false;
  }
  return valid;
}

[[gnu::noinline]] bool SchemaWalk::Alternatives(const Step& step, NodeId node) {
  const Range schemas = plan_->schema_lists[step.arg];
  const bool one = step.op == Op::kOneOf;
  // Every alternative that is valid adds to what was evaluated and declared.
  const bool all = one || plan_->has_unevaluated || plan_->stream.report_drift;
  const size_t first = broken_->size();
  const size_t ends = ends_.size();
  const size_t floor = floor_;
  const uint32_t omitted = omitted_;
  const Notes notes = Mark();
  uint32_t matches = 0;
  for (uint32_t i = schemas.begin; i < schemas.end; ++i) {
    floor_ = broken_->size();
    matches += Evaluate(plan_->schema_ids[i], node);
    if (matches > 0 && !all) break;
    if (quiet_ == 0) ends_.push_back(broken_->size());
  }
  floor_ = floor;
  omitted_ = omitted;
  const bool valid = one ? matches == 1 : matches > 0;
  if (!valid) Forget(notes);
  if (valid || matches > 1 || quiet_ > 0) {
    broken_->resize(first);
  } else {
    ExplainAlternatives(step, node, first, ends);
  }
  ends_.resize(ends);
  if (matches > 1 && one) Fail(step.rule, node, matches);
  return valid;
}

void SchemaWalk::ExplainAlternatives(const Step& step, NodeId node, size_t first, size_t ends) {
  // An alternative is out when the value is not of its type, or when a const or enum, the usual
  // discriminator, says so. What remains, if it is one, is what the producer meant.
  constexpr size_t kNobody = SIZE_MAX;
  size_t fits = 0;
  size_t meant = 0;
  size_t fit_begin = kNobody, fit_end = 0, meant_begin = kNobody, meant_end = 0;
  bool only_values = true;
  size_t begin = first;
  for (size_t i = ends; i < ends_.size(); begin = ends_[i++]) {
    bool type_out = false;
    bool value_out = false;
    for (size_t at = begin; at < ends_[i]; ++at) {
      const Broken& broken = (*broken_)[at];
      const bool here = broken.node == node;
      type_out |= here && broken.code == Code::kTypeMismatch;
      value_out |= broken.code == Code::kEnumUnknown;
    }
    if (type_out) continue;
    only_values &= value_out && (*broken_)[begin].node == node && ends_[i] == begin + 1;
    ++fits;
    fit_begin = begin;
    fit_end = ends_[i];
    if (value_out) continue;
    ++meant;
    meant_begin = begin;
    meant_end = ends_[i];
  }
  const bool one_fits = fits == 1;
  if (one_fits || meant == 1) {
    const size_t from = one_fits ? fit_begin : meant_begin;
    const size_t to = one_fits ? fit_end : meant_end;
    std::move(broken_->begin() + static_cast<ptrdiff_t>(from),
              broken_->begin() + static_cast<ptrdiff_t>(to),
              broken_->begin() + static_cast<ptrdiff_t>(first));
    broken_->resize(first + (to - from));
    return;
  }
  broken_->resize(first);
  Fail(step.rule, node);
  if (broken_->size() == first) return;
  if (fits == 0) broken_->back().code = Code::kTypeMismatch;
  if (fits > 0 && only_values) broken_->back().code = Code::kEnumUnknown;
}

[[gnu::noinline]] bool SchemaWalk::NotStep(const Step& step, NodeId node) {
  const Notes notes = Mark();
  const bool holds = Quietly(step.arg, node);
  Forget(notes);
  return !holds || Fail(step.rule, node);
}

[[gnu::noinline]] bool SchemaWalk::If(const Conditional& conditional, NodeId node) {
  const bool holds = Quietly(conditional.condition, node);
  const SchemaId next = holds ? conditional.then_schema : conditional.else_schema;
  if (next == kNone) return true;
  const size_t first = broken_->size();
  if (Evaluate(next, node)) return true;
  TurnToCrossField(first, node);
  return false;
}

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

// --- Helpers
// --------------------------------------------------------------------------------------------

bool SchemaWalk::Child(SchemaId schema, NodeId node) {
  const size_t evaluated = evaluated_.size();
  const bool valid = Evaluate(schema, node);
  evaluated_.resize(evaluated);  // what is inside a child is no business of its parent
  return valid;
}

bool SchemaWalk::Quietly(SchemaId schema, NodeId node) {
  ++quiet_;
  const bool valid = Evaluate(schema, node);
  --quiet_;
  return valid;
}

bool SchemaWalk::Fail(RuleId rule, NodeId node, uint32_t detail) {
  if (quiet_ > 0) return false;
  if (broken_->size() - floor_ >= limits::kFindingsPerRecordMax) {
    ++omitted_;
    return false;
  }
  Broken broken;
  broken.code = plan_->rules[rule].code;
  broken.rule = rule;
  broken.node = node;
  broken.byte = tree_->node(node).begin;
  broken.detail = detail;
  broken_->push_back(broken);
  return false;
}

bool SchemaWalk::FailMissing(RuleId rule, NodeId node, std::string_view name) {
  const size_t before = broken_->size();
  Fail(rule, node, kDetailMissing);
  if (broken_->size() > before) {
    broken_->back().is_missing = true;
    broken_->back().missing = name;
  }
  return false;
}

void SchemaWalk::TurnToCrossField(size_t first, NodeId node) {
  for (size_t i = first; i < broken_->size(); ++i) {
    Broken& broken = (*broken_)[i];
    const bool presence = broken.code == Code::kCdeMissing || broken.code == Code::kSchemaBreaking;
    if (broken.node == node && presence) broken.code = Code::kRuleCrossField;
  }
}

SchemaWalk::Notes SchemaWalk::Mark() const {
  return {static_cast<uint32_t>(evaluated_.size()), static_cast<uint32_t>(declared_.size()),
          static_cast<uint32_t>(declaring_.size())};
}

void SchemaWalk::Forget(const Notes& notes) {
  evaluated_.resize(notes.evaluated);
  declared_.resize(notes.declared);
  declaring_.resize(notes.declaring);
}

void SchemaWalk::NoteEvaluated(NodeId child) {
  if (plan_->has_unevaluated) evaluated_.push_back(child);
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
