#include "contract/compile/schema_builder.h"

namespace fracas::contract {
namespace {

bool IsActive(const KeywordEntry& entry, const DialectRules& rules) {
  if (rules.draft7()) return entry.in_draft7;
  if (!entry.in_2020) return false;
  switch (entry.vocabulary) {
    case Vocabulary::kCore: return true;
    case Vocabulary::kApplicator: return rules.applicator;
    case Vocabulary::kUnevaluated: return rules.unevaluated;
    case Vocabulary::kValidation: return rules.validation;
  }
  return false;
}

}  // namespace

void BuildKeywords(SchemaBuilder* builder, SchemaScope* scope) {
  const json::Tree& in = builder->tree(*scope);
  const bool only_ref =
      scope->rules.draft7() && builder->Find(*scope, "$ref") != json::Tree::kNoNode;
  const json::NodeId end = in.node(scope->spot.node).next;
  for (json::NodeId key = scope->spot.node + 1; key < end;) {
    const json::NodeId value = in.node(key).next;
    const std::string_view name = in.Text(key);
    key = in.node(value).next;
    if (only_ref && name != "$ref") continue;
    const KeywordEntry* entry = FindAssertion(name);
    if (entry == nullptr) entry = FindApplicator(name);
    if (entry != nullptr && IsActive(*entry, scope->rules)) entry->build(builder, scope, value);
  }
  if (only_ref) return;
  BuildObjectTable(builder, scope);
  BuildArrayTable(builder, scope);
}

}  // namespace fracas::contract
