#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "contract/compile/schema_builder.h"
#include "core/text.h"

// Keywords that look at one value: type, enum, bounds, lengths, pattern, format.

namespace fracas::contract {
namespace {

using json::Kind;
using json::NodeId;

std::string_view KeywordOf(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  return builder->tree(*scope).Text(value - 1);  // the key is the node before its value
}

TypeMask TypeBit(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, TypeMask>, 7> kTypes = {{
      {"null", kIsNull},
      {"boolean", kIsBoolean},
      {"integer", kIsInteger},
      {"number", kIsNumber},
      {"string", kIsString},
      {"array", kIsArray},
      {"object", kIsObject},
  }};
  for (const auto& [known, bits] : kTypes) {
    if (known == name) return bits;
  }
  return 0;
}

void BuildType(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  const json::Tree& in = builder->tree(*scope);
  TypeMask types = 0;
  const auto add = [&](NodeId name) {
    const TypeMask bits = in.node(name).kind == Kind::kString ? TypeBit(in.Text(name)) : 0;
    if (bits == 0) builder->Problem(*scope, name, "must be the name of a JSON type");
    types |= bits;
  };
  if (in.node(value).kind == Kind::kArray) {
    for (NodeId each = value + 1; each < in.node(value).next; each = in.node(each).next) add(each);
  } else {
    add(value);
  }
  scope->node.types = types;
  scope->node.type_rule =
      builder->AddRule(*scope, "type", {Code::kTypeMismatch, Cat("expected ", TypeNames(types))});
}

TypeMask TypeOf(const Value& value) {
  switch (value.kind) {
    case Kind::kNull: return kIsNull;
    case Kind::kFalse:
    case Kind::kTrue: return kIsBoolean;
    case Kind::kNumber: return json::IsInteger(value.number) ? kIsInteger : kIsFraction;
    case Kind::kString: return kIsString;
    case Kind::kArray: return kIsArray;
    case Kind::kObject: return kIsObject;
  }
  return 0;
}

Value MakeValue(const json::Tree& in, uint32_t document, NodeId node) {
  Value value;
  value.kind = in.node(node).kind;
  value.document = document;
  value.node = node;
  if (value.kind == Kind::kString) value.text = in.Text(node);
  if (value.kind == Kind::kNumber) {
    value.text = in.Raw(node);
    value.number = json::ParseDecimal(value.text);
  }
  return value;
}

// Adds the values of a list, or one.
uint32_t AddValueSet(SchemaBuilder* builder, SchemaScope* scope, NodeId value, bool list) {
  const json::Tree& in = builder->tree(*scope);
  Plan& plan = builder->plan();
  ValueSet set;
  set.values.begin = static_cast<uint32_t>(plan.values.size());
  const NodeId first = list ? value + 1 : value;
  for (NodeId each = first; each < in.node(value).next; each = in.node(each).next) {
    plan.values.push_back(MakeValue(in, scope->spot.document, each));
    set.types |= TypeOf(plan.values.back());
  }
  set.values.end = static_cast<uint32_t>(plan.values.size());
  plan.value_sets.push_back(set);
  return static_cast<uint32_t>(plan.value_sets.size() - 1);
}

void BuildEnum(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  if (!builder->Expect(*scope, value, Kind::kArray, "an array of values")) return;
  const json::Tree& in = builder->tree(*scope);
  std::string text = "expected one of ";
  size_t listed = 0;
  for (NodeId each = value + 1; each < in.node(value).next; each = in.node(each).next) {
    if (++listed > 8) continue;
    AppendTo(&text, listed > 1 ? ", " : "", Excerpt(in.Raw(each)));
  }
  if (listed > 8) AppendTo(&text, " and ", listed - 8, " more");
  const RuleId rule = builder->AddRule(*scope, "enum", {Code::kEnumUnknown, std::move(text)});
  scope->steps.push_back({Op::kEnum, rule, AddValueSet(builder, scope, value, true)});
}

void BuildConst(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  const std::string text = Cat("expected ", Excerpt(builder->tree(*scope).Raw(value)));
  const RuleId rule = builder->AddRule(*scope, "const", {Code::kEnumUnknown, text});
  scope->steps.push_back({Op::kEnum, rule, AddValueSet(builder, scope, value, false)});
}

void BuildBound(SchemaBuilder* builder, SchemaScope* scope, NodeId value, Op op,
                std::string_view text) {
  if (!builder->Expect(*scope, value, Kind::kNumber, "a number")) return;
  NumberBound bound;
  bound.text = builder->tree(*scope).Raw(value);
  bound.value = json::ParseDecimal(bound.text);
  bound.is_int64 = json::ToInt64(bound.value, &bound.integer);
  const char* end = bound.text.data() + bound.text.size();
  if (std::from_chars(bound.text.data(), end, bound.real).ec != std::errc()) {
    bound.real = std::strtod(std::string(bound.text).c_str(), nullptr);  // 0 or ±infinity
  }
  if (op == Op::kMultipleOf && (bound.value.zero() || bound.value.negative)) {
    builder->Problem(*scope, value, "must be greater than 0");
    return;
  }
  const RuleId rule =
      builder->AddRule(*scope, KeywordOf(builder, scope, value),
                       {Code::kValueOutOfRange, Cat("expected ", text, " ", Excerpt(bound.text))});
  builder->plan().numbers.push_back(bound);
  scope->steps.push_back({op, rule, static_cast<uint32_t>(builder->plan().numbers.size() - 1)});
}

template <Op op>
void BuildNumber(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  std::string_view text = "a multiple of";
  if (op == Op::kMinimum) text = "at least";
  if (op == Op::kMaximum) text = "at most";
  if (op == Op::kExclusiveMinimum) text = "more than";
  if (op == Op::kExclusiveMaximum) text = "less than";
  BuildBound(builder, scope, value, op, text);
}

std::string_view UnitOf(Op op) {
  if (op == Op::kMinLength || op == Op::kMaxLength) return " characters";
  if (op == Op::kMinItems || op == Op::kMaxItems) return " elements";
  return " members";
}

template <Op op>
void BuildCount(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  if (!builder->Expect(*scope, value, Kind::kNumber, "a number")) return;
  const json::Decimal number = json::ParseDecimal(builder->tree(*scope).Raw(value));
  if (number.negative || !json::IsInteger(number)) {
    builder->Problem(*scope, value, "must be an integer of at least 0");
    return;
  }
  int64_t count = 0;
  constexpr int64_t kMost = std::numeric_limits<uint32_t>::max();
  if (!json::ToInt64(number, &count) || count > kMost) count = kMost;
  constexpr bool kIsMinimum =
      op == Op::kMinLength || op == Op::kMinItems || op == Op::kMinProperties;
  std::string text = Cat("expected at ", kIsMinimum ? "least " : "most ", count, UnitOf(op));
  const RuleId rule = builder->AddRule(*scope, KeywordOf(builder, scope, value),
                                       {Code::kValueOutOfRange, std::move(text)});
  scope->steps.push_back({op, rule, static_cast<uint32_t>(count)});
}

void BuildUniqueItems(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  if (builder->tree(*scope).node(value).kind != Kind::kTrue) return;
  const RuleId rule = builder->AddRule(
      *scope, "uniqueItems", {Code::kValueOutOfRange, "expected elements that are all different"});
  scope->steps.push_back({Op::kUniqueItems, rule, 0});
}

void BuildPattern(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  if (!builder->Expect(*scope, value, Kind::kString, "a string")) return;
  const std::string_view expression = builder->tree(*scope).Text(value);
  const uint32_t pattern = builder->AddPattern(*scope, value, expression);
  if (pattern == kNone) return;
  const RuleId rule = builder->AddRule(
      *scope, "pattern", {Code::kFormatInvalid, Cat("expected text like ", Excerpt(expression))});
  scope->steps.push_back({Op::kPattern, rule, pattern});
}

void BuildFormat(SchemaBuilder* builder, SchemaScope* scope, NodeId value) {
  if (!scope->assert_formats) return;
  if (!builder->Expect(*scope, value, Kind::kString, "a string")) return;
  const auto format = FindFormat(builder->tree(*scope).Text(value));
  if (!format.has_value()) return;
  const RuleId rule = builder->AddRule(
      *scope, "format", {Code::kFormatInvalid, Cat("expected format ", Name(*format))});
  scope->steps.push_back({Op::kFormat, rule, static_cast<uint32_t>(*format)});
}

constexpr std::array<KeywordEntry, 17> kAssertions = {{
    {"type", Vocabulary::kValidation, true, true, BuildType},
    {"enum", Vocabulary::kValidation, true, true, BuildEnum},
    {"const", Vocabulary::kValidation, true, true, BuildConst},
    {"minimum", Vocabulary::kValidation, true, true, BuildNumber<Op::kMinimum>},
    {"maximum", Vocabulary::kValidation, true, true, BuildNumber<Op::kMaximum>},
    {"exclusiveMinimum", Vocabulary::kValidation, true, true, BuildNumber<Op::kExclusiveMinimum>},
    {"exclusiveMaximum", Vocabulary::kValidation, true, true, BuildNumber<Op::kExclusiveMaximum>},
    {"multipleOf", Vocabulary::kValidation, true, true, BuildNumber<Op::kMultipleOf>},
    {"minLength", Vocabulary::kValidation, true, true, BuildCount<Op::kMinLength>},
    {"maxLength", Vocabulary::kValidation, true, true, BuildCount<Op::kMaxLength>},
    {"minItems", Vocabulary::kValidation, true, true, BuildCount<Op::kMinItems>},
    {"maxItems", Vocabulary::kValidation, true, true, BuildCount<Op::kMaxItems>},
    {"minProperties", Vocabulary::kValidation, true, true, BuildCount<Op::kMinProperties>},
    {"maxProperties", Vocabulary::kValidation, true, true, BuildCount<Op::kMaxProperties>},
    {"uniqueItems", Vocabulary::kValidation, true, true, BuildUniqueItems},
    {"pattern", Vocabulary::kValidation, true, true, BuildPattern},
    {"format", Vocabulary::kCore, true, true, BuildFormat},
}};

}  // namespace

const KeywordEntry* FindAssertion(std::string_view name) {
  for (const KeywordEntry& entry : kAssertions) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace fracas::contract
