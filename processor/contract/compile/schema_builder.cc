#include "contract/compile/schema_builder.h"

#include <algorithm>
#include <array>

#include "core/limits.h"
#include "core/text.h"
#include "json/pointer.h"

namespace fracas::contract {
namespace {

void AppendRange(const Plan& plan, Range range, std::vector<SchemaId>* out) {
  for (uint32_t i = range.begin; i < range.end; ++i) out->push_back(plan.schema_ids[i]);
}

void AppendConditional(const Conditional& conditional, std::vector<SchemaId>* out) {
  for (const SchemaId id :
       {conditional.condition, conditional.then_schema, conditional.else_schema}) {
    if (id != kNone) out->push_back(id);
  }
}

// The schemas that a step applies to the same instance again.
void AppendInPlace(const Plan& plan, const Step& step, std::vector<SchemaId>* out) {
  switch (step.op) {
    case Op::kRef:
    case Op::kNot: out->push_back(step.arg); return;
    case Op::kDynamicRef: out->push_back(plan.dynamic_refs[step.arg].target); return;
    case Op::kAllOf:
    case Op::kAnyOf:
    case Op::kOneOf: AppendRange(plan, plan.schema_lists[step.arg], out); return;
    case Op::kIf: AppendConditional(plan.conditionals[step.arg], out); return;
    case Op::kDependentSchema: out->push_back(plan.dependencies[step.arg].schema); return;
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
    case Op::kFalse:
    case Op::kEnum:
    case Op::kUnevaluatedItems:
    case Op::kUnevaluatedProperties: return;
  }
}

std::vector<SchemaId> InPlaceSchemas(const Plan& plan, SchemaId id) {
  std::vector<SchemaId> out;
  const SchemaNode& node = plan.schemas[id];
  for (uint32_t i = node.groups.front(); i < node.groups.back(); ++i) {
    AppendInPlace(plan, plan.steps[i], &out);
  }
  return out;
}

// The types that a schema allows at most, looking through references a little.
TypeMask TypesOf(const Plan& plan, SchemaId id) {
  TypeMask types = kAnyType;
  for (int hop = 0; hop < 16; ++hop) {
    const SchemaNode& node = plan.schemas[id];
    types &= node.types;
    const Range any = node.steps(Group::kAny);
    SchemaId next = kNone;
    for (uint32_t i = any.begin; i < any.end; ++i) {
      if (plan.steps[i].op == Op::kRef) next = plan.steps[i].arg;
      if (plan.steps[i].op == Op::kEnum) types &= plan.value_sets[plan.steps[i].arg].types;
    }
    if (next == kNone) break;
    id = next;
  }
  return types;
}

}  // namespace

SchemaBuilder::SchemaBuilder(const CompileOptions& options, SchemaLibrary* library, Plan* plan)
    : options_(options), library_(*library), plan_(*plan) {}

void SchemaBuilder::Build(Spot root) {
  PlanResource(library_.Place(root).resource);
  plan_.root = Schema(root);
  plan_.has_schema = true;
  for (size_t known = 0; known != spots_.size();) {
    known = spots_.size();
    BuildPending();
    BuildDynamicTargets();
  }
  if (!library_.problems().empty()) return;
  CheckLoops();
  DescribeAlternatives();
}

SchemaId SchemaBuilder::Schema(const SchemaScope& scope, json::NodeId value) {
  const Spot spot{scope.spot.document, value};
  if (!library_.Knows(spot)) {
    Problem(scope, value, "must be a schema: an object, true or false");
    return 0;
  }
  return Schema(spot);
}

SchemaId SchemaBuilder::Schema(Spot spot) {
  const auto id = static_cast<SchemaId>(spots_.size());
  const auto [entry, added] = ids_.emplace(spot, id);
  if (!added) return entry->second;
  spots_.push_back(spot);
  plan_.schemas.emplace_back();
  pending_.push_back(id);
  return id;
}

void SchemaBuilder::BuildPending() {
  while (!pending_.empty()) {
    const SchemaId id = pending_.back();
    pending_.pop_back();
    if (spots_.size() > limits::kSchemaNodesMax) {
      library_.AddProblem(spots_[id], Cat("the contract has more than ", limits::kSchemaNodesMax,
                                          " schemas; split the stream's contract"));
      pending_.clear();
      return;
    }
    BuildOne(spots_[id], id);
  }
}

void SchemaBuilder::BuildOne(Spot spot, SchemaId id) {
  const SchemaPlace place = library_.Place(spot);
  const LibraryResource& resource = library_.resource(place.resource);
  SchemaScope scope;
  scope.spot = spot;
  scope.resource = place.resource;
  scope.rules = resource.rules;
  scope.assert_formats = options_.assert_formats || resource.rules.format_assertion;
  const bool of_root = resource_order_.front() == place.resource;
  scope.location = Cat(of_root ? std::string_view() : resource.uri, "#", place.pointer);
  scope.node.resource = PlanResource(place.resource);
  const json::Kind kind = tree(scope).node(spot.node).kind;
  if (kind == json::Kind::kFalse) {
    Expectation never{Code::kSchemaBreaking, "expected nothing here: the contract forbids it"};
    scope.steps.push_back({Op::kFalse, AddRule(scope, "", std::move(never)), 0});
  } else if (kind == json::Kind::kObject) {
    BuildKeywords(this, &scope);
  }
  // Sorted by group and, within one, by the order of Op: cheap before dear.
  std::stable_sort(scope.steps.begin(), scope.steps.end(), [](const Step& a, const Step& b) {
    return std::pair(GroupOf(a.op), a.op) < std::pair(GroupOf(b.op), b.op);
  });
  auto next = scope.steps.begin();
  for (size_t group = 0; group <= kGroups; ++group) {
    while (next != scope.steps.end() && static_cast<size_t>(GroupOf(next->op)) < group) {
      plan_.steps.push_back(*next++);
    }
    scope.node.groups[group] = static_cast<uint32_t>(plan_.steps.size());
  }
  plan_.schemas[id] = scope.node;
}

// Whatever a $dynamicRef may find in the resources that are in use becomes part of the plan.
void SchemaBuilder::BuildDynamicTargets() {
  for (size_t i = 0; i < resource_order_.size(); ++i) {
    const LibraryResource& resource = library_.resource(resource_order_[i]);
    for (const auto& [name, spot] : resource.dynamic_anchors) {
      const auto anchor = anchors_.find(name);
      if (anchor == anchors_.end()) continue;
      const std::pair<uint32_t, SchemaId> entry{anchor->second, Schema(spot)};
      auto& known = plan_.resources[i].dynamic_anchors;
      if (std::find(known.begin(), known.end(), entry) == known.end()) known.push_back(entry);
    }
  }
}

uint32_t SchemaBuilder::PlanResource(uint32_t library_resource) {
  const auto index = static_cast<uint32_t>(plan_.resources.size());
  const auto [entry, added] = resources_.emplace(library_resource, index);
  if (added) {
    plan_.resources.push_back({library_.resource(library_resource).uri, {}});
    resource_order_.push_back(library_resource);
  }
  return entry->second;
}

RuleId SchemaBuilder::AddRule(const SchemaScope& scope, std::string_view keyword,
                              Expectation expectation) {
  Rule rule;
  rule.kind = RuleKind::kSchema;
  rule.code = expectation.code;
  rule.keyword = keyword;
  rule.location = scope.location;
  if (!keyword.empty()) json::AppendToken(keyword, &rule.location);
  rule.expectation = std::move(expectation.text);
  plan_.rules.push_back(std::move(rule));
  return static_cast<RuleId>(plan_.rules.size() - 1);
}

uint32_t SchemaBuilder::AddPattern(const SchemaScope& scope, json::NodeId where,
                                   std::string_view expression) {
  if (const auto known = patterns_.find(expression); known != patterns_.end()) {
    return known->second;
  }
  std::string error;
  auto pattern = Pattern::Compile(expression, &error);
  if (pattern == nullptr) {
    Problem(scope, where, error);
    return kNone;
  }
  plan_.patterns.push_back(std::move(pattern));
  const auto index = static_cast<uint32_t>(plan_.patterns.size() - 1);
  patterns_.emplace(expression, index);
  return index;
}

uint32_t SchemaBuilder::AnchorId(const std::string& name) {
  return anchors_.emplace(name, static_cast<uint32_t>(anchors_.size())).first->second;
}

void SchemaBuilder::Problem(const SchemaScope& scope, json::NodeId where, std::string message) {
  library_.AddProblem({scope.spot.document, where}, std::move(message));
}

bool SchemaBuilder::Expect(const SchemaScope& scope, json::NodeId value, json::Kind kind,
                           const char* what) {
  if (tree(scope).node(value).kind == kind) return true;
  Problem(scope, value, Cat("must be ", what));
  return false;
}

// A schema that applies itself to the same value again never ends, whatever the value: depth first
// over the in-place edges, with an explicit stack.
void SchemaBuilder::CheckLoops() {
  enum class Color : uint8_t { kNew, kOpen, kDone };
  struct Frame {
    SchemaId id;
    std::vector<SchemaId> next;
  };
  std::vector<Color> colors(plan_.schemas.size(), Color::kNew);
  std::vector<Frame> stack;
  for (SchemaId first = 0; first < plan_.schemas.size(); ++first) {
    if (colors[first] != Color::kNew) continue;
    colors[first] = Color::kOpen;
    stack.push_back({first, InPlaceSchemas(plan_, first)});
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next.empty()) {
        colors[top.id] = Color::kDone;
        stack.pop_back();
        continue;
      }
      const SchemaId id = top.next.back();
      top.next.pop_back();
      if (colors[id] == Color::kOpen) {
        library_.AddProblem(spots_[id],
                            "the schema applies itself to the same value without end; let the "
                            "reference lead through properties or items");
        return;
      }
      if (colors[id] == Color::kDone) continue;
      colors[id] = Color::kOpen;
      stack.push_back({id, InPlaceSchemas(plan_, id)});
    }
  }
}

// What anyOf and oneOf expect when no alternative even has the value's type.
void SchemaBuilder::DescribeAlternatives() {
  for (const Step& step : plan_.steps) {
    if (step.op != Op::kAnyOf && step.op != Op::kOneOf) continue;
    const Range list = plan_.schema_lists[step.arg];
    TypeMask types = 0;
    for (uint32_t i = list.begin; i < list.end; ++i) {
      types |= TypesOf(plan_, plan_.schema_ids[i]);
    }
    if (types == kAnyType || types == 0) continue;
    Rule& rule = plan_.rules[step.rule];
    rule.expectation += Cat(" (", TypeNames(types), ")");
  }
}

Group GroupOf(Op op) {
  if (op <= Op::kMultipleOf) return Group::kNumber;
  if (op <= Op::kPattern) return Group::kString;
  if (op <= Op::kUniqueItems) return Group::kArray;
  if (op <= Op::kDependentSchema) return Group::kObject;
  if (op <= Op::kIf) return Group::kAny;
  return Group::kLast;
}

std::string TypeNames(TypeMask types) {
  constexpr std::array<std::pair<TypeMask, std::string_view>, 6> kNames = {{
      {kIsString, "string"},
      {kIsBoolean, "boolean"},
      {kIsObject, "object"},
      {kIsArray, "array"},
      {kIsNull, "null"},
      {0, ""},
  }};
  std::vector<std::string_view> names;
  if ((types & kIsNumber) == kIsNumber) {
    names.push_back("number");
  } else if ((types & kIsInteger) != 0) {
    names.push_back("integer");
  } else if ((types & kIsFraction) != 0) {
    names.push_back("number with a fraction");
  }
  for (const auto& [bit, name] : kNames) {
    if ((types & bit) != 0) names.push_back(name);
  }
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

std::string Excerpt(std::string_view text) {
  constexpr size_t kBytes = 120;
  if (text.size() <= kBytes) return std::string(text);
  size_t cut = kBytes;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return Cat(text.substr(0, cut), "…");
}

}  // namespace fracas::contract
