#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/number.h"
#include "json/tree.h"

// What a schema becomes: nodes, steps and the tables that steps point into.

namespace fracas::contract {

using SchemaId = uint32_t;
using RuleId = uint32_t;
using PointerId = uint32_t;
inline constexpr uint32_t kNone = UINT32_MAX;  // "there is none" for every index here

// [begin, end) in one of the plan's vectors.
struct Range {
  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
};

// What an instance is, one bit each. `type: number` is kIsInteger | kIsFraction; 1.0 and
// 1e2 are integers.
using TypeMask = uint8_t;
inline constexpr TypeMask kIsNull = 1;
inline constexpr TypeMask kIsBoolean = 2;
inline constexpr TypeMask kIsInteger = 4;
inline constexpr TypeMask kIsFraction = 8;  // a number with a fractional part
inline constexpr TypeMask kIsString = 16;
inline constexpr TypeMask kIsArray = 32;
inline constexpr TypeMask kIsObject = 64;
inline constexpr TypeMask kIsNumber = kIsInteger | kIsFraction;
inline constexpr TypeMask kAnyType = 127;

// One thing to check. The comment says what Step::arg is. Order within a group: cheap before dear.
enum class Op : uint8_t {
  // Group::kNumber
  kMinimum,           // index into numbers
  kMaximum,           // index into numbers
  kExclusiveMinimum,  // index into numbers
  kExclusiveMaximum,  // index into numbers
  kMultipleOf,        // index into numbers
  // Group::kString
  kMinLength,  // the bound in code points, saturated at UINT32_MAX
  kMaxLength,  // the same
  kFormat,     // a Format (asserted; annotations have no step)
  kPattern,    // index into patterns
  // Group::kArray
  kMinItems,     // the bound, saturated
  kMaxItems,     // the same
  kItems,        // index into arrays
  kContains,     // index into contains
  kUniqueItems,  // unused
  // Group::kObject
  kMinProperties,  // the bound, saturated
  kMaxProperties,  // the same
  kObject,  // index into objects: properties, required, patternProperties, additionalProperties
  kPropertyNames,      // SchemaId for each name
  kDependentRequired,  // index into dependencies
  kDependentSchema,    // index into dependencies
  // Group::kAny
  kFalse,       // unused: nothing is valid
  kEnum,        // index into value_sets (also const)
  kRef,         // SchemaId
  kDynamicRef,  // index into dynamic_refs
  kAllOf,       // index into schema_lists
  kAnyOf,       // index into schema_lists
  kOneOf,       // index into schema_lists
  kNot,         // SchemaId
  kIf,          // index into conditionals
  // Group::kLast: after all others, they need to know what the others evaluated
  kUnevaluatedItems,       // SchemaId for each element that nothing else evaluated
  kUnevaluatedProperties,  // SchemaId for each member that nothing else evaluated
};

// Which instances a step is about; a schema's steps are sorted by group.
enum class Group : uint8_t { kNumber, kString, kArray, kObject, kAny, kLast };
inline constexpr size_t kGroups = 6;

struct Step {
  Op op = Op::kFalse;
  RuleId rule = kNone;
  uint32_t arg = 0;
};

// One subschema. Valid = the instance's bit is in `types` and every step holds that is about it.
struct SchemaNode {
  TypeMask types = kAnyType;
  RuleId type_rule = kNone;                    // kNone where there is no `type`
  uint32_t resource = 0;                       // the schema resource it belongs to (dynamic scope)
  std::array<uint32_t, kGroups + 1> groups{};  // group g = steps [groups[g], groups[g + 1])

  Range steps(Group group) const {
    const auto g = static_cast<size_t>(group);
    return {groups[g], groups[g + 1]};
  }
  // Accepts everything (`true`, `{}`, only annotations).
  bool trivial() const { return types == kAnyType && groups.front() == groups.back(); }
};

// A bound of a number. `value` is exact; the other forms are there where they are exact too.
struct NumberBound {
  json::Decimal value;
  std::string_view text;
  bool is_int64 = false;
  int64_t integer = 0;
  double real = 0;  // nearest double of `value`; decides only where |x - real| is not close
};

// A value of enum or const.
struct Value {
  json::Kind kind = json::Kind::kNull;
  std::string_view text;  // strings: decoded; numbers: the token; else empty
  json::Decimal number;   // numbers
  uint32_t document = 0;  // the whole value: documents[document]->tree at `node`
  json::NodeId node = 0;
};
struct ValueSet {
  Range values;        // into values
  TypeMask types = 0;  // of all of them
};

// A name that an object's schema mentions in `properties` or `required`.
struct Member {
  std::string name;
  SchemaId schema = kNone;  // kNone: only required
  uint32_t required_bit =
      kNone;  // 0, 1, … among the required names of this object; kNone: optional
};
struct PatternMember {
  uint32_t pattern = 0;  // index into patterns
  SchemaId schema = 0;
};
struct ObjectTable {
  Range members;   // into members; declared ones first, in the schema's order
  Range slots;     // into slots: hash table of a power of two ≥ 2 × members, linear probing
  Range patterns;  // into pattern_members
  SchemaId additional = kNone;  // for what neither matches; kNone: anything
  RuleId required_rule = kNone;
  uint32_t required_count = 0;  // bits 0 … required_count - 1 must be seen
  bool declares = false;        // has `properties` or `patternProperties` (drift)
};

struct ArrayTable {
  Range prefix;           // into schema_ids
  SchemaId rest = kNone;  // for the elements behind the prefix; kNone: anything
};
struct ContainsTable {
  SchemaId schema = 0;
  uint32_t min = 1;
  uint32_t max = UINT32_MAX;
  RuleId min_rule = kNone;  // contains or minContains
  RuleId max_rule = kNone;
};
// "When `name` is there": all `names` must be there too, or the whole object must match `schema`.
struct Dependency {
  std::string name;
  std::vector<std::string> names;
  SchemaId schema = kNone;
};
struct Conditional {
  SchemaId condition = 0;
  SchemaId then_schema = kNone;
  SchemaId else_schema = kNone;
};

struct DynamicRef {
  SchemaId target = 0;      // as resolved without the dynamic scope
  uint32_t anchor = kNone;  // kNone: an ordinary reference; else look for it in the dynamic scope
};
struct Resource {
  std::string uri;  // base URI; "" for a root without one
  std::vector<std::pair<uint32_t, SchemaId>> dynamic_anchors;
};

}  // namespace fracas::contract
