#include "contract/prove_plan.h"

#include <algorithm>

#include "contract/prove_builder.h"
#include "core/limits.h"

// Which node a value gets: kinds told apart, references and conjunctions followed, the stream's
// rules mixed in. What each kind must fulfil is in prove_values.cc and prove_objects.cc.

namespace fracas::contract {
namespace {

// References and conjunctions in a chain; longer ones are left to explain.
constexpr uint32_t kChainMax = 32;
// So that what is proved never reaches the depth at which explain gives up.
static_assert((kChainMax + 1) * limits::kProveDepthMax < limits::kEvaluationDepthMax);

constexpr std::array<TypeMask, kProveKinds> kMasks = {kIsNull,   kIsBoolean, kIsNumber,
                                                      kIsString, kIsArray,   kIsObject};

Group GroupOf(TypeMask kind) {
  if ((kind & kIsNumber) != 0) return Group::kNumber;
  if (kind == kIsString) return Group::kString;
  return kind == kIsArray ? Group::kArray : Group::kObject;
}
bool HasGroup(TypeMask kind) { return (kind & (kIsNull | kIsBoolean)) == 0; }

}  // namespace

std::unique_ptr<const ProvePlan> CompileProve(const Plan& plan) {
  return ProveBuilder(plan).Build();
}

std::unique_ptr<const ProvePlan> ProveBuilder::Build() {
  out_->nodes.emplace_back();  // 0: kUnproven
  SchemaSet root;
  if (plan_.has_schema) root.push_back(plan_.root);
  out_->root = NodeFor(std::move(root), plan_.pointer_nodes.empty() ? kNone : 0);
  while (!pending_.empty()) {
    const Task task = std::move(pending_.back());
    pending_.pop_back();
    BuildNode(task);
  }
  CopyMemberNodes();
  return std::move(out_);
}

NodeIndex ProveBuilder::NodeFor(SchemaSet schemas, PointerId pointer) {
  std::erase_if(schemas, [&](SchemaId schema) { return plan_.schemas[schema].trivial(); });
  std::sort(schemas.begin(), schemas.end());
  schemas.erase(std::unique(schemas.begin(), schemas.end()), schemas.end());
  if (out_->nodes.size() >= limits::kProveNodesMax) return 0;
  const auto [found, added] =
      nodes_.try_emplace({schemas, pointer}, static_cast<NodeIndex>(out_->nodes.size()));
  if (added) {
    out_->nodes.emplace_back();
    pending_.push_back({std::move(schemas), pointer, found->second});
  }
  return found->second;
}

NodeIndex ProveBuilder::AddNode(const ProveNode& node) {
  out_->nodes.push_back(node);
  return static_cast<NodeIndex>(out_->nodes.size() - 1);
}

void ProveBuilder::BuildNode(const Task& task) {
  std::array<ProveNode, kProveKinds> kinds;
  size_t provable = 0;
  for (size_t i = 0; i < kProveKinds; ++i) {
    kinds[i] = BuildKind(static_cast<ProveKind>(i), task);
    if (kinds[i].op != ProveOp::kUnproven) ++provable;
  }
  if (provable == 0) return;
  if (provable == 1) {
    out_->nodes[task.node] = *std::find_if(kinds.begin(), kinds.end(), [](const ProveNode& node) {
      return node.op != ProveOp::kUnproven;
    });
    return;
  }
  ProveMixed mixed{};
  for (size_t i = 0; i < kProveKinds; ++i) {
    if (kinds[i].op != ProveOp::kUnproven) mixed[i] = AddNode(kinds[i]);
  }
  ProveNode& node = out_->nodes[task.node];
  node.op = ProveOp::kMixed;
  node.argument = static_cast<uint32_t>(out_->mixed.size());
  out_->mixed.push_back(mixed);
}

ProveNode ProveBuilder::BuildKind(ProveKind kind, const Task& task) {
  Gathered gathered;
  gathered.kind = kMasks[static_cast<size_t>(kind)];
  if (!RulesAllow(kind, task.pointer) || !Gather(task.schemas, &gathered)) return {};
  ProveNode node;
  switch (kind) {
    case ProveKind::kNull: node = BuildNull(gathered); break;
    case ProveKind::kBoolean: node = BuildBoolean(gathered); break;
    case ProveKind::kNumber: node = BuildNumber(gathered); break;
    case ProveKind::kString: node = BuildString(gathered, task.pointer); break;
    case ProveKind::kArray: node = BuildArray(gathered); break;
    case ProveKind::kObject: node = BuildObject(gathered, task.pointer); break;
  }
  const PointerNode* rules = Rules(task.pointer);
  // Rules only look at texts and numbers; which other kinds they allow is settled.
  const bool ruled = (kind == ProveKind::kString || kind == ProveKind::kNumber) &&
                     node.op != ProveOp::kUnproven && rules != nullptr &&
                     (rules->captures != 0 || rules->event_time || rules->critical != kNone);
  if (!ruled) return node;
  ProveNode outer;
  outer.op = ProveOp::kRuled;
  outer.pointer = task.pointer;
  outer.argument = AddNode(node);
  return outer;
}

// Where the walk looks for it: beside the name.
void ProveBuilder::CopyMemberNodes() {
  for (const ProveObject& object : out_->objects) {
    const uint32_t first = object.table.names.begin;
    for (uint32_t i = 0; i < object.member_nodes.size(); ++i) {
      out_->members[first + i].node = out_->nodes[out_->node_lists[object.member_nodes.begin + i]];
    }
  }
}

// --- References and conjunctions
// -----------------------------------------------------------------------

bool ProveBuilder::Gather(const SchemaSet& schemas, Gathered* out) const {
  for (const SchemaId schema : schemas) {
    if (!GatherSchema(schema, 0, out)) return false;
  }
  return true;
}

bool ProveBuilder::GatherSchema(SchemaId schema, uint32_t depth, Gathered* out) const {
  const SchemaNode& node = plan_.schemas[schema];
  out->types &= node.types;
  if ((out->types & out->kind) == 0 || depth > kChainMax) return false;
  if (HasGroup(out->kind)) {
    const Range steps = node.steps(GroupOf(out->kind));
    out->steps.insert(out->steps.end(), plan_.steps.begin() + steps.begin,
                      plan_.steps.begin() + steps.end);
  }
  for (const Group group : {Group::kAny, Group::kLast}) {
    const Range steps = node.steps(group);
    for (uint32_t i = steps.begin; i < steps.end; ++i) {
      if (!GatherStep(plan_.steps[i], depth, out)) return false;
    }
  }
  return true;
}

// Steps that are about values of any kind. Those of one kind are kept for its builder.
bool ProveBuilder::GatherStep(const Step& step, uint32_t depth, Gathered* out) const {
  switch (step.op) {
    case Op::kEnum: out->steps.push_back(step); return true;
    case Op::kRef: return GatherSchema(step.arg, depth + 1, out);
    case Op::kDynamicRef: {
      const DynamicRef& reference = plan_.dynamic_refs[step.arg];
      return reference.anchor == kNone && GatherSchema(reference.target, depth + 1, out);
    }
    case Op::kAllOf: {
      const Range list = plan_.schema_lists[step.arg];
      for (uint32_t i = list.begin; i < list.end; ++i) {
        if (!GatherSchema(plan_.schema_ids[i], depth + 1, out)) return false;
      }
      return true;
    }
    case Op::kAnyOf:
    case Op::kOneOf: return GatherAlternative(step, depth, out);
    case Op::kNot: return !MayAdmit(step.arg, out->kind, depth + 1);
    case Op::kUnevaluatedItems: return out->kind != kIsArray || plan_.schemas[step.arg].trivial();
    case Op::kUnevaluatedProperties:
      return out->kind != kIsObject || plan_.schemas[step.arg].trivial();
    case Op::kFalse:
    case Op::kIf: return false;
    case Op::kMinimum:
    case Op::kMaximum:
    case Op::kExclusiveMinimum:
    case Op::kExclusiveMaximum:
    case Op::kMultipleOf:
    case Op::kMinLength:
    case Op::kMaxLength:
    case Op::kFormat:
    case Op::kPattern:
    case Op::kMinItems:
    case Op::kMaxItems:
    case Op::kItems:
    case Op::kContains:
    case Op::kUniqueItems:
    case Op::kMinProperties:
    case Op::kMaxProperties:
    case Op::kObject:
    case Op::kPropertyNames:
    case Op::kDependentRequired:
    case Op::kDependentSchema: return false;
  }
  return false;
}

// Where only one of the alternatives can hold for this kind of value, it must.
bool ProveBuilder::GatherAlternative(const Step& step, uint32_t depth, Gathered* out) const {
  const Range list = plan_.schema_lists[step.arg];
  uint32_t admitting = 0;
  SchemaId candidate = kNone;
  for (uint32_t i = list.begin; i < list.end; ++i) {
    const SchemaId schema = plan_.schema_ids[i];
    // (What the other alternatives declare is still of interest to drift.)
    if (step.op == Op::kAnyOf && plan_.schemas[schema].trivial() && !plan_.stream.report_drift)
      return true;
    if (!MayAdmit(schema, out->kind, depth + 1)) continue;
    ++admitting;
    candidate = schema;
  }
  return admitting == 1 && GatherSchema(candidate, depth + 1, out);
}

bool ProveBuilder::MayAdmit(SchemaId schema, TypeMask kind, uint32_t depth) const {
  const SchemaNode& node = plan_.schemas[schema];
  if ((node.types & kind) == 0) return false;
  if (depth > kChainMax) return true;
  const Range steps = node.steps(Group::kAny);
  for (uint32_t i = steps.begin; i < steps.end; ++i) {
    const Step& step = plan_.steps[i];
    if (step.op == Op::kFalse) return false;
    if (step.op == Op::kEnum && (plan_.value_sets[step.arg].types & kind) == 0) return false;
    if (step.op == Op::kRef && !MayAdmit(step.arg, kind, depth + 1)) return false;
  }
  return true;
}

// --- The stream's rules
// ----------------------------------------------------------------------------------

const PointerNode* ProveBuilder::Rules(PointerId pointer) const {
  return pointer == kNone ? nullptr : &plan_.pointer_nodes[pointer];
}

bool ProveBuilder::CriticalBelow(PointerId pointer) const {
  const PointerNode* rules = Rules(pointer);
  if (rules == nullptr) return false;
  for (uint32_t i = rules->children.begin; i < rules->children.end; ++i) {
    const PointerId child = plan_.pointer_children[i].node;
    if (plan_.pointer_nodes[child].critical != kNone || CriticalBelow(child)) return true;
  }
  return false;
}

bool ProveBuilder::RulesAllow(ProveKind kind, PointerId pointer) const {
  const PointerNode* rules = Rules(pointer);
  if (rules == nullptr) return true;
  const bool scalar = kind == ProveKind::kString || kind == ProveKind::kNumber;
  if (rules->event_time && !scalar && kind != ProveKind::kNull) return false;
  if (rules->critical != kNone && kind == ProveKind::kNull) return false;
  if (kind != ProveKind::kObject && CriticalBelow(pointer)) return false;
  if (kind != ProveKind::kArray) return true;
  for (uint32_t i = rules->children.begin; i < rules->children.end; ++i) {
    if (plan_.pointer_children[i].index != kNone) return false;
  }
  return true;
}

}  // namespace fracas::contract
