#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "contract/plan.h"
#include "json/tree.h"

// The complete evaluation of a document against the schema of a plan.

namespace fracas::contract {

// A finding before it has its pointer.
struct Broken {
  Code code = Code::kNone;
  RuleId rule = kNone;
  json::NodeId node = 0;  // the instance
  uint32_t byte = 0;
  uint32_t detail = 0;
  bool is_missing = false;   // it is about the member `missing` that `node` does not have
  std::string_view missing;  // belongs to the plan
};
// Finding::detail of a schema rule that is about a member that is not there.
inline constexpr uint32_t kDetailMissing = 1;

// Reusable; one document at a time. Recursion is bounded by limits::kEvaluationDepthMax.
class SchemaWalk {
 public:
  // Appends what is wrong, at most limits::kFindingsPerRecordMax. REQUIRES: plan.has_schema.
  // Returns how many more there were.
  uint32_t Run(const Plan& plan, const json::Tree& tree, std::vector<Broken>* broken);

 private:
  // How long the notes were; what a failed schema noted is forgotten.
  struct Notes {
    uint32_t evaluated = 0;
    uint32_t declared = 0;
    uint32_t declaring = 0;
  };

  bool Evaluate(SchemaId schema, json::NodeId node);
  bool RunGroups(const SchemaNode& schema, TypeMask type, json::NodeId node);
  bool RunSteps(Range steps, json::NodeId node);
  bool RunStep(const Step& step, json::NodeId node);
  bool Number(const Step& step, json::NodeId node);
  bool String(const Step& step, json::NodeId node);
  bool Object(const Step& step, json::NodeId node);
  bool MissingMembers(const ObjectTable& table, json::NodeId node);
  bool Member(const ObjectTable& table, json::NodeId key);
  bool Items(const ArrayTable& table, json::NodeId node);
  bool ContainsStep(const ContainsTable& table, json::NodeId node);
  bool PropertyNames(const Step& step, json::NodeId node);
  bool DependentRequired(const Step& step, json::NodeId node);
  bool DependentSchema(const Step& step, json::NodeId node);
  bool DynamicReference(const DynamicRef& reference, json::NodeId node);
  bool AllOf(Range schemas, json::NodeId node);
  bool Alternatives(const Step& step, json::NodeId node);
  bool NotStep(const Step& step, json::NodeId node);
  bool If(const Conditional& conditional, json::NodeId node);
  bool Unevaluated(const Step& step, json::NodeId node, uint32_t since);

  // Which alternative's findings tell most, or what to say instead.
  void ExplainAlternatives(const Step& step, json::NodeId node, size_t first, size_t ends);
  bool Child(SchemaId schema, json::NodeId node);
  bool Quietly(SchemaId schema, json::NodeId node);
  bool Fail(RuleId rule, json::NodeId node, uint32_t detail = 0);
  bool FailMissing(RuleId rule, json::NodeId node, std::string_view name);
  // What is said of this very value inside a condition is about the relation of its members.
  void TurnToCrossField(size_t first, json::NodeId node);
  Notes Mark() const;
  void Forget(const Notes& notes);
  void NoteEvaluated(json::NodeId child);
  void ReportDrift();

  const Plan* plan_ = nullptr;
  const json::Tree* tree_ = nullptr;
  std::vector<Broken>* broken_ = nullptr;
  size_t floor_ = 0;  // where the current alternative's findings begin
  uint32_t depth_ = 0;
  uint32_t quiet_ = 0;       // > 0: only whether it is valid is asked
  uint32_t omitted_ = 0;     // findings that had no room
  bool too_much_ = false;    // a bound was reached: the answer is not known
  uint64_t steps_left_ = 0;  // schemas that may still be applied
  uint32_t stamp_ = 0;
  std::vector<uint32_t> scope_;          // resources, outermost first
  std::vector<json::NodeId> evaluated_;  // children of the instance that is being evaluated
  std::vector<json::NodeId> declared_;   // members that some schema declares
  std::vector<json::NodeId> declaring_;  // objects whose members some schema declares
  std::vector<uint32_t> seen_;           // by member of the plan: the last stamp
  std::vector<size_t> ends_;             // of alternatives' findings
};

}  // namespace fracas::contract
