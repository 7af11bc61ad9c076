#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "contract/compile/schema_library.h"
#include "contract/plan.h"

// Turns schemas into plan nodes: one at a time from a list of pending ones, so that neither nesting
// nor references recurse. What each keyword becomes is in contract/compile/keywords*.cc.

namespace fracas::contract {

// The schema object that is being compiled.
struct SchemaScope {
  Spot spot;
  uint32_t resource = 0;  // the library's
  DialectRules rules;
  bool assert_formats = false;
  std::string location;  // "#/properties/a"
  std::vector<Step> steps;
  SchemaNode node;
};

// What a keyword's rule says when it is broken.
struct Expectation {
  Code code = Code::kNone;
  std::string text;
};

class SchemaBuilder {
 public:
  // Problems go to the library.
  SchemaBuilder(const CompileOptions& options, SchemaLibrary* library, Plan* plan);
  // Compiles everything that `root` leads to, sets Plan::root.
  void Build(Spot root);

  // --- For keywords
  Plan& plan() { return plan_; }
  const json::Tree& tree(const SchemaScope& scope) const {
    return library_.tree(scope.spot.document);
  }
  // The value of a keyword of the scope's object; kNoNode when it is absent.
  json::NodeId Find(const SchemaScope& scope, std::string_view keyword) const {
    return tree(scope).Find(scope.spot.node, keyword);
  }
  // The plan's schema for a value that must be one; a problem and an arbitrary one otherwise.
  SchemaId Schema(const SchemaScope& scope, json::NodeId value);
  SchemaId Schema(Spot spot);
  Result<SchemaLibrary::Target> Resolve(const SchemaScope& scope, std::string_view reference) {
    return library_.Resolve(scope.resource, reference);
  }
  RuleId AddRule(const SchemaScope& scope, std::string_view keyword, Expectation expectation);
  // kNone and a problem when it cannot run.
  uint32_t AddPattern(const SchemaScope& scope, json::NodeId where, std::string_view expression);
  // A number for the name of a dynamic anchor that some $dynamicRef looks for.
  uint32_t AnchorId(const std::string& name);
  void Problem(const SchemaScope& scope, json::NodeId where, std::string message);
  // True when the value is of that kind; a problem otherwise.
  bool Expect(const SchemaScope& scope, json::NodeId value, json::Kind kind, const char* what);

 private:
  void BuildPending();
  void BuildOne(Spot spot, SchemaId id);
  void BuildDynamicTargets();
  uint32_t PlanResource(uint32_t library_resource);
  void CheckLoops();
  void DescribeAlternatives();

  const CompileOptions& options_;
  SchemaLibrary& library_;
  Plan& plan_;
  std::map<Spot, SchemaId> ids_;
  std::vector<Spot> spots_;  // by SchemaId
  std::vector<SchemaId> pending_;
  std::unordered_map<uint32_t, uint32_t> resources_;  // the library's → the plan's
  std::vector<uint32_t> resource_order_;              // the plan's → the library's
  std::map<std::string, uint32_t, std::less<>> anchors_;
  std::map<std::string, uint32_t, std::less<>> patterns_;
};

// Adds the steps of every keyword of the scope's object. Only of `$ref` where a draft-07 schema has
// one.
void BuildKeywords(SchemaBuilder* builder, SchemaScope* scope);
// Keywords that are compiled together: properties, required, patternProperties,
// additionalProperties; prefixItems, items, additionalItems.
void BuildObjectTable(SchemaBuilder* builder, SchemaScope* scope);
void BuildArrayTable(SchemaBuilder* builder, SchemaScope* scope);

using KeywordBuilder = void (*)(SchemaBuilder*, SchemaScope*, json::NodeId value);
enum class Vocabulary : uint8_t { kCore, kApplicator, kUnevaluated, kValidation };
// A keyword that is compiled by itself.
struct KeywordEntry {
  std::string_view name;
  Vocabulary vocabulary;
  bool in_draft7;
  bool in_2020;
  KeywordBuilder build;
};
const KeywordEntry* FindAssertion(std::string_view name);
const KeywordEntry* FindApplicator(std::string_view name);

// The group a step belongs to.
Group GroupOf(Op op);
// "integer, string or null".
std::string TypeNames(TypeMask types);
// A value of the contract itself as text for an expectation, cut at a bound.
std::string Excerpt(std::string_view text);

}  // namespace fracas::contract
