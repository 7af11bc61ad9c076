#include <array>

#include "contract/compile/schema_builder.h"
#include "core/text.h"

// Keywords that apply other schemas, to the same value or to what is inside.

namespace fracas::contract {
namespace {

using json::Kind;
using json::NodeId;
using json::Tree;

void BuildRef(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  if (!builder->Expect(*scope, value, Kind::kString, "a URI reference")) return;
  const auto target = builder->Resolve(*scope, builder->tree(*scope).Text(value));
  if (!target.ok()) {
    builder->Problem(*scope, value, Cat("cannot be resolved: ", target.status().message()));
    return;
  }
  scope->steps.push_back({Op::kRef, kNone, builder->Schema(target.value().spot)});
}

void BuildDynamicRef(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  if (!builder->Expect(*scope, value, Kind::kString, "a URI reference")) return;
  const auto target = builder->Resolve(*scope, builder->tree(*scope).Text(value));
  if (!target.ok()) {
    builder->Problem(*scope, value, Cat("cannot be resolved: ", target.status().message()));
    return;
  }
  const std::string& anchor = target.value().dynamic_anchor;
  DynamicRef reference;
  reference.target = builder->Schema(target.value().spot);
  reference.anchor = anchor.empty() ? kNone : builder->AnchorId(anchor);
  builder->plan().dynamic_refs.push_back(reference);
  const auto index = static_cast<uint32_t>(builder->plan().dynamic_refs.size() - 1);
  scope->steps.push_back({Op::kDynamicRef, kNone, index});
}

// The schemas of an array, one behind the other.
Range AddSchemas(SchemaBuilder* builder, SchemaScope* scope, NodeId list) {
  const Tree& in = builder->tree(*scope);
  std::vector<SchemaId>& ids = builder->plan().schema_ids;
  const auto begin = static_cast<uint32_t>(ids.size());
  for (NodeId each = list + 1; each < in.node(list).next; each = in.node(each).next) {
    ids.push_back(builder->Schema(*scope, each));
  }
  return {begin, static_cast<uint32_t>(ids.size())};
}

void BuildList(SchemaBuilder* builder, SchemaScope* scope, NodeId value, Step step) {
  if (!builder->Expect(*scope, value, Kind::kArray, "an array of schemas")) return;
  builder->plan().schema_lists.push_back(AddSchemas(builder, scope, value));
  step.arg = static_cast<uint32_t>(builder->plan().schema_lists.size() - 1);
  scope->steps.push_back(step);
}

void BuildAllOf(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  BuildList(builder, scope, value, {Op::kAllOf, kNone, 0});
}

void BuildAnyOf(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  const RuleId rule = builder->AddRule(*scope, "anyOf",
                                       {Code::kRuleCrossField, "expected one of the alternatives"});
  BuildList(builder, scope, value, {Op::kAnyOf, rule, 0});
}

void BuildOneOf(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  const RuleId rule = builder->AddRule(
      *scope, "oneOf", {Code::kRuleCrossField, "expected exactly one of the alternatives"});
  BuildList(builder, scope, value, {Op::kOneOf, rule, 0});
}

void BuildNot(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  const RuleId rule = builder->AddRule(
      *scope, "not", {Code::kRuleCrossField, "expected what the contract excludes not to hold"});
  scope->steps.push_back({Op::kNot, rule, builder->Schema(*scope, value)});
}

void BuildIf(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  const NodeId then_value = builder->Find(*scope, "then");
  const NodeId else_value = builder->Find(*scope, "else");
  Conditional conditional;
  conditional.condition = builder->Schema(*scope, value);
  if (then_value != Tree::kNoNode) conditional.then_schema = builder->Schema(*scope, then_value);
  if (else_value != Tree::kNoNode) conditional.else_schema = builder->Schema(*scope, else_value);
  builder->plan().conditionals.push_back(conditional);
  const RuleId rule = builder->AddRule(
      *scope, "if", {Code::kRuleCrossField, "expected what the contract asks in this case"});
  const auto index = static_cast<uint32_t>(builder->plan().conditionals.size() - 1);
  scope->steps.push_back({Op::kIf, rule, index});
}

// A sibling's count, saturated; `otherwise` where it is absent.
uint32_t CountOf(SchemaBuilder* builder, SchemaScope* scope, std::string_view keyword,
                 uint32_t otherwise) {
  const NodeId value = builder->Find(*scope, keyword);
  if (value == Tree::kNoNode || !scope->rules.validation || scope->rules.draft7()) {
    return otherwise;
  }
  if (!builder->Expect(*scope, value, Kind::kNumber, "a number")) return otherwise;
  int64_t count = 0;
  const json::Decimal number = json::ParseDecimal(builder->tree(*scope).Raw(value));
  if (!json::ToInt64(number, &count) || count > UINT32_MAX) return UINT32_MAX;
  return static_cast<uint32_t>(count);
}

void BuildContains(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  ContainsTable table;
  table.schema = builder->Schema(*scope, value);
  table.min = CountOf(builder, scope, "minContains", 1);
  table.max = CountOf(builder, scope, "maxContains", UINT32_MAX);
  const bool counted = builder->Find(*scope, "minContains") != Tree::kNoNode && table.min != 1;
  table.min_rule = builder->AddRule(
      *scope, counted ? "minContains" : "contains",
      {Code::kValueOutOfRange, Cat("expected at least ", table.min, " matching elements")});
  table.max_rule = builder->AddRule(
      *scope, "maxContains",
      {Code::kValueOutOfRange, Cat("expected at most ", table.max, " matching elements")});
  builder->plan().contains.push_back(table);
  const auto index = static_cast<uint32_t>(builder->plan().contains.size() - 1);
  scope->steps.push_back({Op::kContains, table.min_rule, index});
}

void BuildPropertyNames(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  const RuleId rule =
      builder->AddRule(*scope, "propertyNames",
                       {Code::kSchemaBreaking, "expected only names that the contract allows"});
  scope->steps.push_back({Op::kPropertyNames, rule, builder->Schema(*scope, value)});
}

void DependOnNames(SchemaBuilder* builder, SchemaScope* scope, NodeId key, RuleId rule) {
  const Tree& in = builder->tree(*scope);
  const NodeId names = in.node(key).next;
  Dependency dependency;
  dependency.name = in.Text(key);
  for (NodeId each = names + 1; each < in.node(names).next; each = in.node(each).next) {
    if (!builder->Expect(*scope, each, Kind::kString, "a member's name")) return;
    dependency.names.emplace_back(in.Text(each));
  }
  builder->plan().dependencies.push_back(std::move(dependency));
  const auto index = static_cast<uint32_t>(builder->plan().dependencies.size() - 1);
  scope->steps.push_back({Op::kDependentRequired, rule, index});
}

void DependOnSchema(SchemaBuilder* builder, SchemaScope* scope, NodeId key, RuleId rule) {
  const Tree& in = builder->tree(*scope);
  Dependency dependency;
  dependency.name = in.Text(key);
  dependency.schema = builder->Schema(*scope, in.node(key).next);
  builder->plan().dependencies.push_back(std::move(dependency));
  const auto index = static_cast<uint32_t>(builder->plan().dependencies.size() - 1);
  scope->steps.push_back({Op::kDependentSchema, rule, index});
}

// Each member of the keyword's object: an array depends on names, all else on a schema.
void BuildDependencies(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  if (!builder->Expect(*scope, value, Kind::kObject, "an object")) return;
  const Tree& in = builder->tree(*scope);
  const std::string_view keyword = in.Text(value - 1);
  const RuleId rule = builder->AddRule(
      *scope, keyword,
      {Code::kRuleCrossField, "expected what the presence of another member requires"});
  for (NodeId key = value + 1; key < in.node(value).next;) {
    const NodeId what = in.node(key).next;
    if (in.node(what).kind == Kind::kArray && keyword != "dependentSchemas") {
      DependOnNames(builder, scope, key, rule);
    } else if (keyword == "dependentRequired") {
      builder->Expect(*scope, what, Kind::kArray, "an array of names");
    } else {
      DependOnSchema(builder, scope, key, rule);
    }
    key = in.node(what).next;
  }
}

void BuildUnevaluatedItems(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  const RuleId rule = builder->AddRule(
      *scope, "unevaluatedItems",
      {Code::kSchemaBreaking, "expected no elements beyond those that the contract describes"});
  builder->plan().has_unevaluated = true;
  scope->steps.push_back({Op::kUnevaluatedItems, rule, builder->Schema(*scope, value)});
}

void BuildUnevaluatedProperties(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  const RuleId rule = builder->AddRule(
      *scope, "unevaluatedProperties",
      {Code::kSchemaBreaking, "expected no members beyond those that the contract describes"});
  builder->plan().has_unevaluated = true;
  scope->steps.push_back({Op::kUnevaluatedProperties, rule, builder->Schema(*scope, value)});
}

constexpr std::array<KeywordEntry, 14> kApplicators = {{
    {"$ref", Vocabulary::kCore, true, true, BuildRef},
    {"$dynamicRef", Vocabulary::kCore, false, true, BuildDynamicRef},
    {"allOf", Vocabulary::kApplicator, true, true, BuildAllOf},
    {"anyOf", Vocabulary::kApplicator, true, true, BuildAnyOf},
    {"oneOf", Vocabulary::kApplicator, true, true, BuildOneOf},
    {"not", Vocabulary::kApplicator, true, true, BuildNot},
    {"if", Vocabulary::kApplicator, true, true, BuildIf},
    {"contains", Vocabulary::kApplicator, true, true, BuildContains},
    {"propertyNames", Vocabulary::kApplicator, true, true, BuildPropertyNames},
    {"dependentRequired", Vocabulary::kValidation, false, true, BuildDependencies},
    {"dependentSchemas", Vocabulary::kApplicator, false, true, BuildDependencies},
    {"dependencies", Vocabulary::kApplicator, true, false, BuildDependencies},
    {"unevaluatedItems", Vocabulary::kUnevaluated, false, true, BuildUnevaluatedItems},
    {"unevaluatedProperties", Vocabulary::kUnevaluated, false, true, BuildUnevaluatedProperties},
}};

}  // namespace

const KeywordEntry* FindApplicator(std::string_view name) {
  for (const KeywordEntry& entry : kApplicators) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace fracas::contract
