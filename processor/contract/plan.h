#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contract/concealment.h"
#include "contract/contract.h"
#include "contract/formats.h"
#include "contract/patterns.h"
#include "contract/plan_rules.h"
#include "contract/plan_tables.h"
#include "json/tree.h"

// The compiled contract: flat tables that both readers walk. Everything is an index into a vector
// of Plan; nothing refers to the source files except values (enum, const, bounds), which are views
// into the schema documents that the plan owns. Immutable once compiled, any thread.

namespace fracas::contract {

struct Plan {
  // --- Schema
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
  Rules stream;                    // as declared; `sentinels` sorted
  Concealment concealment;         // of what it calls sensitive
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
