#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contract/contract.h"
#include "contract/formats.h"
#include "contract/patterns.h"
#include "core/codes.h"
#include "json/number.h"
#include "json/tree.h"

// The compiled contract: flat tables that both readers walk. Everything is an index into a vector
// of Plan; nothing refers to the source files except values (enum, const, bounds), which are views
// into the schema documents that the plan owns. Immutable once compiled, any thread.

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

// Where a rule comes from decides how it is described and what its mode key is.
enum class RuleKind : uint8_t {
  kSyntax,  // not JSON: Finding::detail is a json::SyntaxError in the low byte, code point << 8
  kSize,    // longer than the contract allows
  kSchema,  // a keyword
  kCritical,
  kEventTime,
  kIdentity,    // an id that is too long
  kCharacters,  // Finding::detail is the code point
  kDrift,
  kDuplicate,
};

// What a finding broke.
struct Rule {
  RuleKind kind = RuleKind::kSchema;
  Code code = Code::kNone;
  std::string keyword;  // "type"; "" for `false` and for stream rules
  std::string
      location;  // "#/properties/a/type", a resource's URI in front where it is not the root's
  std::string expectation;  // "expected integer", bounded, from the contract alone
};

// A node of the trie of all pointers that the stream's rules mention; pointer_nodes[0] is the root.
struct PointerChild {
  std::string name;
  uint32_t index = kNone;  // as an array index, where `name` is one
  PointerId node = 0;
};
struct PointerNode {
  Range children;             // into pointer_children
  uint32_t captures = 0;      // bit i: Rules::captures[i] is here
  uint32_t critical = kNone;  // index into criticals
  bool event_time = false;
  bool sensitive = false;  // here and everything below
  bool identity = false;   // on the way to, or at, a capture: duplicate keys are always findings
};
struct Critical {
  std::string pointer;
  std::vector<std::string> tokens;
};

struct Plan {
  // --- Schema
  // -----------------------------------------------------------------------------------------
  bool has_schema = false;
  SchemaId root = kNone;
  bool has_unevaluated = false;  // explain must keep track of what was evaluated
  std::vector<SchemaNode> schemas;
  std::vector<Step> steps;
  std::vector<NumberBound> numbers;
  std::vector<std::unique_ptr<const Pattern>> patterns;
  std::vector<Value> values;
  std::vector<ValueSet> value_sets;
  std::vector<ObjectTable> objects;
  std::vector<Member> members;
  std::vector<uint32_t> slots;  // index into members, or kNone
  std::vector<PatternMember> pattern_members;
  std::vector<ArrayTable> arrays;
  std::vector<ContainsTable> contains;
  std::vector<Dependency> dependencies;
  std::vector<Conditional> conditionals;
  std::vector<DynamicRef> dynamic_refs;
  std::vector<Range> schema_lists;  // into schema_ids
  std::vector<SchemaId> schema_ids;
  std::vector<Resource> resources;
  std::vector<std::unique_ptr<const json::OwnedDocument>>
      documents;  // decoded: trees are pure reads

  // --- Stream rules
  // -------------------------------------------------------------------------------------
  Rules stream;                    // as declared; `sentinels` sorted
  size_t document_bytes_max = 0;   // resolved
  bool checks_characters = false;  // any class forbidden
  std::vector<PointerNode> pointer_nodes;
  std::vector<PointerChild> pointer_children;
  std::vector<Critical> criticals;
  RuleId event_time_rule = kNone;  // RuleIds of the stream's rules; always there
  RuleId syntax_rule = kNone;
  RuleId size_rule = kNone;
  RuleId critical_rule = kNone;
  RuleId identity_rule = kNone;
  RuleId characters_rule = kNone;
  RuleId drift_rule = kNone;
  RuleId duplicate_rule = kNone;
  RuleId depth_rule = kNone;
  std::vector<std::string> names;  // every member's name that schema or rules mention, sorted

  std::vector<Rule> rules;  // Finding::rule
  std::string sha256;       // lower-case hex
};

// For ObjectTable::slots: length and the outer bytes; names of one object rarely collide.
inline uint32_t HashName(std::string_view name) {
  uint64_t head = 0;
  uint64_t tail = 0;
  const size_t n = name.size();
  if (n >= 8) {
    std::memcpy(&head, name.data(), 8);
    std::memcpy(&tail, name.data() + n - 8, 8);
  } else if (n >= 4) {
    std::memcpy(&head, name.data(), 4);
    std::memcpy(&tail, name.data() + n - 4, 4);
  } else if (n > 0) {
    head = static_cast<uint64_t>(static_cast<unsigned char>(name[0])) |
           static_cast<uint64_t>(static_cast<unsigned char>(name[n / 2])) << 8 |
           static_cast<uint64_t>(static_cast<unsigned char>(name[n - 1])) << 16;
  }
  const uint64_t mixed = (head ^ (tail * 0x9E3779B97F4A7C15ull) ^ n) * 0xFF51AFD7ED558CCDull;
  return static_cast<uint32_t>(mixed >> 32);
}

// The member of that name, kNone if the table mentions none: an index into Plan::members.
inline uint32_t FindMember(const Plan& plan, const ObjectTable& table, std::string_view name) {
  if (table.slots.empty()) return kNone;
  const uint32_t mask = table.slots.size() - 1;
  for (uint32_t i = HashName(name) & mask;; i = (i + 1) & mask) {
    const uint32_t member = plan.slots[table.slots.begin + i];
    if (member == kNone || plan.members[member].name == name) return member;
  }
}

// The trie's child for a member's name, kNone if no rule is about it. (Arrays compare `index`.)
inline PointerId FindChild(const Plan& plan, PointerId parent, std::string_view name) {
  const Range children = plan.pointer_nodes[parent].children;
  for (uint32_t i = children.begin; i < children.end; ++i) {
    if (plan.pointer_children[i].name == name) return plan.pointer_children[i].node;
  }
  return kNone;
}

}  // namespace fracas::contract
