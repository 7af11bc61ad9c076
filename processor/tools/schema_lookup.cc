#include "tools/schema_lookup.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/limits.h"
#include "json/pointer.h"

namespace fracas::tools {
namespace {

using json::Kind;
using json::NodeId;
using json::Tree;

constexpr size_t kDepthMax = 500;  // of schemas in schemas: a stack of one megabyte holds it

// Both apply: what one forbids is forbidden.
Presence Both(Presence a, Presence b) {
  for (const Presence strongest :
       {Presence::kImpossible, Presence::kDeclared, Presence::kUnknown}) {
    if (a == strongest || b == strongest) return strongest;
  }
  return Presence::kPermitted;
}

// One of them applies: only what all forbid is forbidden.
Presence Either(Presence a, Presence b) {
  for (const Presence weakest : {Presence::kDeclared, Presence::kUnknown, Presence::kPermitted}) {
    if (a == weakest || b == weakest) return weakest;
  }
  return Presence::kImpossible;
}

class Lookup {
 public:
  Lookup(const Tree& tree, std::vector<std::string> tokens)
      : tree_(tree), tokens_(std::move(tokens)) {}

  Presence Of(NodeId schema, size_t at);

 private:
  Presence Inside(NodeId schema, size_t at);
  NodeId Find(NodeId object, std::string_view key) const { return tree_.Find(object, key); }
  Presence OfReference(NodeId schema, size_t at);
  Presence OfProperty(NodeId schema, size_t at);
  Presence OfElement(NodeId schema, size_t at);
  Presence OfBranches(NodeId schema, size_t at);
  bool MayHold(NodeId schema) const;
  NodeId Resolve(std::string_view pointer) const;

  const Tree& tree_;
  const std::vector<std::string> tokens_;
  size_t steps_ = 0;  // branches may multiply
  size_t depth_ = 0;  // references may go round
};

Presence Lookup::Of(NodeId schema, size_t at) {
  if (++steps_ > limits::kEvaluationDepthMax || depth_ > kDepthMax) return Presence::kUnknown;
  ++depth_;
  const Presence presence = Inside(schema, at);
  --depth_;
  return presence;
}

Presence Lookup::Inside(NodeId schema, size_t at) {
  const Kind kind = tree_.node(schema).kind;
  if (kind == Kind::kFalse) return Presence::kImpossible;
  if (at == tokens_.size()) return Presence::kDeclared;
  if (kind != Kind::kObject) return Presence::kPermitted;
  if (!MayHold(schema)) return Presence::kImpossible;
  Presence presence = Both(OfReference(schema, at), OfBranches(schema, at));
  presence = Both(presence, Both(OfProperty(schema, at), OfElement(schema, at)));
  const NodeId closed = Find(schema, "unevaluatedProperties");
  const bool is_closed = closed != Tree::kNoNode && tree_.node(closed).kind == Kind::kFalse;
  return is_closed && presence == Presence::kPermitted ? Presence::kImpossible : presence;
}

// False when `type` rules out that anything is inside.
bool Lookup::MayHold(NodeId schema) const {
  const NodeId type = Find(schema, "type");
  if (type == Tree::kNoNode) return true;
  const auto holds = [this](NodeId id) {
    return tree_.node(id).kind == Kind::kString &&
           (tree_.Text(id) == "object" || tree_.Text(id) == "array");
  };
  if (tree_.node(type).kind != Kind::kArray) return holds(type);
  for (NodeId id = type + 1; id < tree_.node(type).next; id = tree_.node(id).next) {
    if (holds(id)) return true;
  }
  return false;
}

Presence Lookup::OfReference(NodeId schema, size_t at) {
  if (Find(schema, "$dynamicRef") != Tree::kNoNode) return Presence::kUnknown;
  const NodeId reference = Find(schema, "$ref");
  if (reference == Tree::kNoNode) return Presence::kPermitted;
  if (tree_.node(reference).kind != Kind::kString) return Presence::kUnknown;
  const std::string_view target = tree_.Text(reference);
  if (target == "#") return Of(tree_.root(), at);
  if (!target.starts_with("#/") || target.find('%') != std::string_view::npos)
    return Presence::kUnknown;
  const NodeId resolved = Resolve(target.substr(1));
  return resolved == Tree::kNoNode ? Presence::kUnknown : Of(resolved, at);
}

NodeId Lookup::Resolve(std::string_view pointer) const {
  std::vector<std::string> tokens;
  if (!json::SplitPointer(pointer, &tokens)) return Tree::kNoNode;
  NodeId id = tree_.root();
  for (const std::string& token : tokens) {
    if (tree_.node(id).kind != Kind::kObject) return Tree::kNoNode;
    id = Find(id, token);
    if (id == Tree::kNoNode) return id;
  }
  return id;
}

Presence Lookup::OfProperty(NodeId schema, size_t at) {
  const NodeId properties = Find(schema, "properties");
  if (properties != Tree::kNoNode && tree_.node(properties).kind == Kind::kObject) {
    const NodeId property = Find(properties, tokens_[at]);
    if (property != Tree::kNoNode) return Of(property, at + 1);
  }
  if (Find(schema, "patternProperties") != Tree::kNoNode) return Presence::kUnknown;
  const NodeId rest = Find(schema, "additionalProperties");
  if (rest == Tree::kNoNode) return Presence::kPermitted;
  const Presence inside = Of(rest, at + 1);
  return inside == Presence::kDeclared ? Presence::kPermitted : inside;
}

Presence Lookup::OfElement(NodeId schema, size_t at) {
  const std::string& token = tokens_[at];
  const bool is_index =
      !token.empty() && token.size() < 9 &&
      std::all_of(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_index) return Presence::kPermitted;
  size_t index = std::stoul(token);
  for (const std::string_view keyword : {"prefixItems", "items"}) {
    const NodeId items = Find(schema, keyword);
    if (items == Tree::kNoNode) continue;
    if (tree_.node(items).kind != Kind::kArray) return Of(items, at + 1);
    for (NodeId id = items + 1; id < tree_.node(items).next; id = tree_.node(id).next) {
      if (index-- == 0) return Of(id, at + 1);
    }
  }
  return Presence::kPermitted;
}

Presence Lookup::OfBranches(NodeId schema, size_t at) {
  Presence presence = Presence::kPermitted;
  const NodeId all = Find(schema, "allOf");
  if (all != Tree::kNoNode && tree_.node(all).kind == Kind::kArray) {
    for (NodeId id = all + 1; id < tree_.node(all).next; id = tree_.node(id).next) {
      presence = Both(presence, Of(id, at));
    }
  }
  for (const std::string_view keyword : {"anyOf", "oneOf"}) {
    const NodeId any = Find(schema, keyword);
    if (any == Tree::kNoNode || tree_.node(any).kind != Kind::kArray || tree_.node(any).count == 0)
      continue;
    Presence one = Presence::kImpossible;
    for (NodeId id = any + 1; id < tree_.node(any).next; id = tree_.node(id).next) {
      one = Either(one, Of(id, at));
    }
    presence = Both(presence, one);
  }
  for (const std::string_view keyword : {"then", "else", "dependentSchemas"}) {
    if (Find(schema, keyword) != Tree::kNoNode) presence = Both(presence, Presence::kUnknown);
  }
  return presence;
}

}  // namespace

Presence LookUp(const json::Tree& schema, std::string_view pointer) {
  std::vector<std::string> tokens;
  if (schema.size() == 0 || !json::SplitPointer(pointer, &tokens)) return Presence::kUnknown;
  return Lookup(schema, std::move(tokens)).Of(schema.root(), 0);
}

}  // namespace fracas::tools
