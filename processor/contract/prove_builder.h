#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "contract/plan.h"
#include "contract/prove_plan.h"

// Makes a ProvePlan. Works through a list of pending nodes, so that neither nesting nor references
// recurse.

namespace fracas::contract {

class ProveBuilder {
 public:
  explicit ProveBuilder(const Plan& plan) : plan_(plan), out_(std::make_unique<ProvePlan>()) {}
  std::unique_ptr<const ProvePlan> Build();

 private:
  using SchemaSet = std::vector<SchemaId>;  // ascending; a value must fulfil all of them
  struct Task {
    SchemaSet schemas;
    PointerId pointer = kNone;
    NodeIndex node = 0;
  };
  // What values of one kind must fulfil, references and conjunctions followed.
  struct Gathered {
    TypeMask kind = 0;  // asked for
    TypeMask types = kAnyType;
    std::vector<Step> steps;
  };
  // A name that an object's schemas or the stream's rules mention.
  struct NamedMember {
    std::string name;
    NodeIndex node = 0;
    bool required = false;
  };

  // The node for values that fulfil all of `schemas` and stand at `pointer`.
  NodeIndex NodeFor(SchemaSet schemas, PointerId pointer);
  void BuildNode(const Task& task);
  // The node for one kind of value; kUnproven where explain has to decide.
  ProveNode BuildKind(ProveKind kind, const Task& task);
  NodeIndex AddNode(const ProveNode& node);
  void CopyMemberNodes();

  // False when values of that kind are not allowed or cannot be proved.
  bool Gather(const SchemaSet& schemas, Gathered* out) const;
  bool GatherSchema(SchemaId schema, uint32_t depth, Gathered* out) const;
  bool GatherStep(const Step& step, uint32_t depth, Gathered* out) const;
  bool GatherAlternative(const Step& step, uint32_t depth, Gathered* out) const;
  // False only if no value of that kind can fulfil the schema.
  bool MayAdmit(SchemaId schema, TypeMask kind, uint32_t depth) const;

  // The stream's rules.
  const PointerNode* Rules(PointerId pointer) const;
  bool CriticalBelow(PointerId pointer) const;
  bool RulesAllow(ProveKind kind, PointerId pointer) const;

  ProveNode BuildNull(const Gathered& gathered) const;
  ProveNode BuildBoolean(const Gathered& gathered) const;
  ProveNode BuildNumber(const Gathered& gathered);
  ProveNode BuildNumberEnum(const Gathered& gathered);
  ProveNode BuildString(const Gathered& gathered, PointerId pointer);
  ProveNode BuildStringEnum(const Gathered& gathered, PointerId pointer);
  ProveNode BuildArray(const Gathered& gathered);
  ProveNode BuildObject(const Gathered& gathered, PointerId pointer);

  void UseTextSteps(const std::vector<Step>& steps, ProveNode* node);
  bool AllowsText(const Gathered& gathered, PointerId pointer, std::string_view text) const;
  bool InEverySet(const Gathered& gathered, const Value& value) const;
  // Of an object.
  std::vector<std::string> NamesOf(const Gathered& gathered, PointerId pointer) const;
  NamedMember BuildMember(const Gathered& gathered, PointerId pointer, const std::string& name);
  bool BuildOthers(const Gathered& gathered, ProveObject* object);
  bool BuildCounts(const Gathered& gathered, ProveObject* object) const;
  bool BuildDependencies(const Gathered& gathered, const std::vector<NamedMember>& members,
                         ProveObject* object);
  ProveTable AddTable(const std::vector<std::string>& names);
  bool FillSlots(const ProveTable& table, std::vector<uint16_t>* slots) const;

  const Plan& plan_;
  std::unique_ptr<ProvePlan> out_;
  std::map<std::pair<SchemaSet, PointerId>, NodeIndex> nodes_;
  std::vector<Task> pending_;
};

}  // namespace fracas::contract
