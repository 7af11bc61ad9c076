#include <bit>
#include <unordered_map>

#include "contract/compile/schema_builder.h"
#include "core/text.h"

// Keywords that are compiled together because one decides what another applies to: the members of
// an object, the elements of an array.

namespace fracas::contract {
namespace {

using json::Kind;
using json::NodeId;
using json::Tree;

class ObjectBuilder {
 public:
  ObjectBuilder(SchemaBuilder* builder, SchemaScope* scope)
      : builder_(*builder), scope_(*scope), in_(builder->tree(*scope)), plan_(builder->plan()) {}

  void Build() {
    const NodeId properties = FindActive("properties", scope_.rules.applicator);
    const NodeId patterns = FindActive("patternProperties", scope_.rules.applicator);
    const NodeId additional = FindActive("additionalProperties", scope_.rules.applicator);
    const NodeId required = FindActive("required", scope_.rules.validation);
    const bool none = properties == Tree::kNoNode && patterns == Tree::kNoNode &&
                      additional == Tree::kNoNode && required == Tree::kNoNode;
    if (none) return;
    if (properties != Tree::kNoNode) AddProperties(properties);
    if (required != Tree::kNoNode) AddRequired(required);
    table_.declares = properties != Tree::kNoNode || patterns != Tree::kNoNode;
    if (patterns != Tree::kNoNode) AddPatterns(patterns);
    if (additional != Tree::kNoNode) table_.additional = builder_.Schema(scope_, additional);
    AddMembers();
    plan_.objects.push_back(table_);
    const auto index = static_cast<uint32_t>(plan_.objects.size() - 1);
    scope_.steps.push_back({Op::kObject, table_.required_rule, index});
  }

 private:
  NodeId FindActive(std::string_view keyword, bool active) const {
    return active || scope_.rules.draft7() ? builder_.Find(scope_, keyword) : Tree::kNoNode;
  }

  void AddProperties(NodeId value) {
    if (!builder_.Expect(scope_, value, Kind::kObject, "an object of schemas")) return;
    for (NodeId key = value + 1; key < in_.node(value).next;) {
      const NodeId schema = in_.node(key).next;
      MemberFor(in_.Text(key)).schema = builder_.Schema(scope_, schema);
      key = in_.node(schema).next;
    }
  }

  void AddRequired(NodeId value) {
    if (!builder_.Expect(scope_, value, Kind::kArray, "an array of names")) return;
    table_.required_rule =
        builder_.AddRule(scope_, "required", {Code::kCdeMissing, "required member is missing"});
    for (NodeId each = value + 1; each < in_.node(value).next; each = in_.node(each).next) {
      if (!builder_.Expect(scope_, each, Kind::kString, "a member's name")) return;
      Member& member = MemberFor(in_.Text(each));
      if (member.required_bit == kNone) member.required_bit = table_.required_count++;
    }
  }

  void AddPatterns(NodeId value) {
    if (!builder_.Expect(scope_, value, Kind::kObject, "an object of schemas")) return;
    table_.patterns.begin = static_cast<uint32_t>(plan_.pattern_members.size());
    for (NodeId key = value + 1; key < in_.node(value).next;) {
      const NodeId schema = in_.node(key).next;
      const uint32_t pattern = builder_.AddPattern(scope_, key, in_.Text(key));
      if (pattern != kNone) {
        plan_.pattern_members.push_back({pattern, builder_.Schema(scope_, schema)});
      }
      key = in_.node(schema).next;
    }
    table_.patterns.end = static_cast<uint32_t>(plan_.pattern_members.size());
  }

  Member& MemberFor(std::string_view name) {
    const auto [entry, added] = positions_.emplace(name, members_.size());
    if (added) members_.push_back({std::string(name), kNone, kNone});
    return members_[entry->second];
  }

  void AddMembers() {
    if (members_.empty()) return;
    table_.members.begin = static_cast<uint32_t>(plan_.members.size());
    table_.members.end = table_.members.begin + static_cast<uint32_t>(members_.size());
    table_.slots.begin = static_cast<uint32_t>(plan_.slots.size());
    const auto slots = static_cast<uint32_t>(std::bit_ceil(2 * members_.size()));
    table_.slots.end = table_.slots.begin + slots;
    plan_.slots.resize(table_.slots.end, kNone);
    for (Member& member : members_) {
      uint32_t slot = HashName(member.name) & (slots - 1);
      while (plan_.slots[table_.slots.begin + slot] != kNone) slot = (slot + 1) & (slots - 1);
      plan_.slots[table_.slots.begin + slot] = static_cast<uint32_t>(plan_.members.size());
      plan_.members.push_back(std::move(member));
    }
  }

  SchemaBuilder& builder_;
  SchemaScope& scope_;
  const Tree& in_;
  Plan& plan_;
  ObjectTable table_;
  std::vector<Member> members_;
  std::unordered_map<std::string_view, size_t> positions_;
};

// prefixItems and items of 2020-12; items as an array and additionalItems of draft-07.
struct ItemsKeywords {
  NodeId prefix = Tree::kNoNode;
  NodeId rest = Tree::kNoNode;
};

ItemsKeywords FindItems(SchemaBuilder* builder, SchemaScope* scope) {
  ItemsKeywords found;
  found.rest = builder->Find(*scope, "items");
  if (!scope->rules.draft7()) {
    found.prefix = builder->Find(*scope, "prefixItems");
  } else if (found.rest != Tree::kNoNode &&
             builder->tree(*scope).node(found.rest).kind == Kind::kArray) {
    found.prefix = found.rest;
    found.rest = builder->Find(*scope, "additionalItems");
  }
  return found;
}

}  // namespace

void BuildObjectTable(SchemaBuilder* builder, SchemaScope* scope) {
  ObjectBuilder(builder, scope).Build();
}

void BuildArrayTable(SchemaBuilder* builder, SchemaScope* scope) {
  if (!scope->rules.draft7() && !scope->rules.applicator) return;
  const ItemsKeywords keywords = FindItems(builder, scope);
  if (keywords.prefix == Tree::kNoNode && keywords.rest == Tree::kNoNode) return;
  const Tree& in = builder->tree(*scope);
  Plan& plan = builder->plan();
  ArrayTable table;
  if (keywords.rest != Tree::kNoNode) table.rest = builder->Schema(*scope, keywords.rest);
  if (keywords.prefix != Tree::kNoNode &&
      builder->Expect(*scope, keywords.prefix, Kind::kArray, "an array of schemas")) {
    table.prefix.begin = static_cast<uint32_t>(plan.schema_ids.size());
    const NodeId end = in.node(keywords.prefix).next;
    for (NodeId each = keywords.prefix + 1; each < end; each = in.node(each).next) {
      plan.schema_ids.push_back(builder->Schema(*scope, each));
    }
    table.prefix.end = static_cast<uint32_t>(plan.schema_ids.size());
  }
  plan.arrays.push_back(table);
  scope->steps.push_back({Op::kItems, kNone, static_cast<uint32_t>(plan.arrays.size() - 1)});
}

}  // namespace fracas::contract
