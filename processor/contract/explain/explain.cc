#include "contract/explain/explain.h"

#include <algorithm>
#include <tuple>

#include "contract/explain/node_path.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/pointer.h"

namespace fracas::contract {
namespace {

using json::NodeId;
using json::Tree;

// Cuts at a token and says so.
void Bound(std::string* pointer) {
  if (pointer->size() <= limits::kPointerBytesMax) return;
  constexpr std::string_view kMore = "/…";
  const size_t slash = pointer->rfind('/', limits::kPointerBytesMax - kMore.size());
  pointer->resize(slash == std::string::npos ? 0 : slash);
  pointer->append(kMore);
}

PointerId ChildOf(const Plan& plan, PointerId parent, const PathStep& step, const Tree& tree) {
  if (parent == kNone) return kNone;
  if (step.key != Tree::kNoNode) return FindChild(plan, parent, tree.Text(step.key));
  const Range children = plan.pointer_nodes[parent].children;
  for (uint32_t i = children.begin; i < children.end; ++i) {
    if (plan.pointer_children[i].index == step.index) return plan.pointer_children[i].node;
  }
  return kNone;
}

bool IsDeclared(const Plan& plan, std::string_view name) {
  return std::binary_search(plan.names.begin(), plan.names.end(), name);
}

std::string PointerOf(const Plan& plan, const Tree& tree, const Broken& broken) {
  if (broken.rule == plan.critical_rule && broken.is_missing) return std::string(broken.missing);
  std::string pointer = FindingPointer(plan, tree, broken.node);
  if (broken.is_missing) json::AppendToken(broken.missing, &pointer);
  Bound(&pointer);
  return pointer;
}

}  // namespace

std::string FindingPointer(const Plan& plan, const Tree& tree, NodeId node) {
  std::vector<PathStep> steps;
  FindPath(tree, node, &steps);
  std::string pointer;
  PointerId at = 0;
  bool sensitive = plan.pointer_nodes[0].sensitive;
  for (const PathStep& step : steps) {
    if (pointer.size() > limits::kPointerBytesMax) break;
    if (step.key == Tree::kNoNode) {
      AppendTo(&pointer, "/", step.index);
    } else {
      const std::string_view name = tree.Text(step.key);
      json::AppendToken(sensitive && !IsDeclared(plan, name) ? "*" : name, &pointer);
    }
    at = ChildOf(plan, at, step, tree);
    sensitive = sensitive || (at != kNone && plan.pointer_nodes[at].sensitive);
  }
  Bound(&pointer);
  return pointer;
}

void Explainer::Explain(const Plan& plan, const Document& document, const RecordContext& context,
                        TextKeeper* keeper, Findings* findings, Captured* captured) {
  broken_.clear();
  uint32_t omitted = plan.has_schema ? schema_walk_.Run(plan, document.tree, &broken_) : 0;
  StreamWalk(plan, document.tree, document.bytes).Run(context, keeper, captured, &broken_);
  if (broken_.empty()) return;
  Locate(plan, document.tree);
  size_t added = 0;
  const Located* last = nullptr;
  for (const Located& located : located_) {
    const Broken& broken = located.broken;
    const bool of_critical = broken.rule == plan.critical_rule;
    if (!of_critical && (plan.rules[broken.rule].kind == RuleKind::kSchema ||
                         broken.rule == plan.event_time_rule)) {
      if (std::binary_search(critical_pointers_.begin(), critical_pointers_.end(),
                             located.pointer)) {
        continue;
      }
    }
    const bool repeats = last != nullptr && last->broken.rule == broken.rule &&
                         last->broken.code == broken.code && last->pointer == located.pointer;
    if (repeats) continue;
    last = &located;
    if (added == limits::kFindingsPerRecordMax) {
      ++omitted;
      continue;
    }
    ++added;
    Finding finding;
    finding.code = broken.code;
    finding.record = context.record;
    finding.byte = broken.byte;
    finding.rule = broken.rule;
    finding.detail = broken.detail;
    findings->Add(finding, located.pointer);
  }
  captured->findings_omitted = omitted;
}

void Explainer::Locate(const Plan& plan, const Tree& tree) {
  located_.clear();
  critical_pointers_.clear();
  for (const Broken& broken : broken_) {
    located_.push_back({broken, PointerOf(plan, tree, broken)});
    if (broken.rule == plan.critical_rule) critical_pointers_.push_back(located_.back().pointer);
  }
  std::sort(critical_pointers_.begin(), critical_pointers_.end());
  std::stable_sort(located_.begin(), located_.end(), [](const Located& a, const Located& b) {
    return std::tie(a.broken.byte, a.pointer, a.broken.rule) <
           std::tie(b.broken.byte, b.pointer, b.broken.rule);
  });
}

}  // namespace fracas::contract
