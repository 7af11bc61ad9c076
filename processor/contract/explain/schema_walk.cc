#include "contract/explain/schema_walk.h"

#include <algorithm>

#include "contract/explain/node_equal.h"
#include "core/limits.h"
#include "json/utf8.h"

// Frames are kept small and the work of each keyword in a function of its own that is not inlined:
// the depth of recursion is that of schema and document together.

namespace fracas::contract {

using json::Kind;
using json::NodeId;
using json::Tree;

namespace {

// A schema whose alternatives or conditions look into the same children again doubles the work with
// each level of the document. What an honest pair of schema and document needs is far below.
constexpr uint64_t kStepsMin = 256 * limits::kEvaluationDepthMax;
constexpr uint64_t kStepsPerNode = 1'000;

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
  too_much_ = false;
  steps_left_ = kStepsMin + kStepsPerNode * tree.size();
  scope_.clear();
  evaluated_.clear();
  declared_.clear();
  declaring_.clear();
  ends_.clear();
  seen_.assign(plan.members.size(), 0);
  const size_t first = floor_;
  const bool valid = Evaluate(plan.root, tree.root());
  if (too_much_) {
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
  if (depth_ == limits::kEvaluationDepthMax || steps_left_ == 0) too_much_ = true;
  if (too_much_) return false;
  --steps_left_;
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
    if (quiet_ > 0 || too_much_) return false;
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

// --- References and logic

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
    if (quiet_ > 0 || too_much_) return false;
    valid = false;
  }
  return valid;
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

// --- Helpers

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

}  // namespace fracas::contract
