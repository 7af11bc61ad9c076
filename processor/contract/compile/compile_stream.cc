#include "contract/compile/compile_stream.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "contract/explain/node_path.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/pointer.h"

namespace fracas::contract {
namespace {

// The trie while it grows; flattened into the plan at the end.
struct Branch {
  PointerNode node;
  std::map<std::string, std::unique_ptr<Branch>> children;
};

class StreamCompiler {
 public:
  StreamCompiler(const Rules& rules, Plan* plan, std::vector<Problem>* problems)
      : rules_(rules), plan_(*plan), problems_(*problems) {}

  void Run() {
    plan_.stream = rules_;
    plan_.concealment = Concealment(rules_.sensitive);
    std::sort(plan_.stream.sentinels.begin(), plan_.stream.sentinels.end());
    plan_.document_bytes_max =
        rules_.document_bytes_max == 0 ? limits::kRecordBytesMax : rules_.document_bytes_max;
    for (const bool forbidden : rules_.forbid_characters) plan_.checks_characters |= forbidden;
    AddRules();
    AddCriticals();
    AddCaptures();
    for (const std::string& pointer : rules_.sensitive) {
      if (Branch* at = Grow("sensitive", pointer, false)) at->node.sensitive = true;
    }
    if (rules_.has_event_time) {
      Branch* at = Grow("event_time", rules_.event_time.pointer, false);
      if (at != nullptr) at->node.event_time = true;
    }
    plan_.pointer_nodes.resize(1);
    Flatten(root_, 0);
  }

 private:
  Branch* Grow(std::string_view key, const std::string& pointer, bool identity) {
    std::vector<std::string> tokens;
    if (!json::SplitPointer(pointer, &tokens)) {
      problems_.push_back(
          {"", 0, 0, "",
           Cat(key, ": \"", pointer, "\" is not a JSON pointer; write /name or /outer/inner")});
      return nullptr;
    }
    Branch* at = &root_;
    for (const std::string& token : tokens) {
      at->node.identity |= identity;
      std::unique_ptr<Branch>& child = at->children[token];
      if (child == nullptr) child = std::make_unique<Branch>();
      at = child.get();
    }
    at->node.identity |= identity;
    return at;
  }

  void AddCriticals() {
    for (const std::string& pointer : rules_.critical) {
      Branch* at = Grow("critical", pointer, false);
      if (at == nullptr || at->node.critical != kNone) continue;
      at->node.critical = static_cast<uint32_t>(plan_.criticals.size());
      Critical critical{pointer, {}};
      if (json::SplitPointer(pointer, &critical.tokens)) plan_.criticals.push_back(critical);
    }
  }

  void AddCaptures() {
    if (rules_.captures.size() > limits::kCapturesMax) {
      problems_.push_back({"", 0, 0, "",
                           Cat("identity: ", rules_.captures.size(), " pointers, at most ",
                               limits::kCapturesMax, " can be captured")});
      return;
    }
    for (size_t i = 0; i < rules_.captures.size(); ++i) {
      Branch* at = Grow("identity", rules_.captures[i], true);
      if (at != nullptr) at->node.captures |= 1u << i;
    }
  }

  void Flatten(const Branch& branch, PointerId id) {
    PointerNode node = branch.node;
    node.children.begin = static_cast<uint32_t>(plan_.pointer_children.size());
    node.children.end = node.children.begin + static_cast<uint32_t>(branch.children.size());
    plan_.pointer_children.resize(node.children.end);
    plan_.pointer_nodes[id] = node;
    uint32_t next = node.children.begin;
    for (const auto& [name, below] : branch.children) {
      PointerChild& child = plan_.pointer_children[next++];
      child.name = name;
      if (!ParseIndex(name, &child.index)) child.index = kNone;
      child.node = static_cast<PointerId>(plan_.pointer_nodes.size());
      const PointerId child_id = child.node;
      plan_.pointer_nodes.emplace_back();
      Flatten(*below, child_id);
    }
  }

  RuleId AddRule(RuleKind kind, Code code, std::string expectation) {
    plan_.rules.push_back({kind, code, "", "", std::move(expectation)});
    return static_cast<RuleId>(plan_.rules.size() - 1);
  }

  void AddRules() {
    plan_.syntax_rule = AddRule(RuleKind::kSyntax, Code::kJsonMalformed, "expected JSON");
    plan_.size_rule = AddRule(RuleKind::kSize, Code::kRecordOversize,
                              Cat("expected at most ", plan_.document_bytes_max, " bytes"));
    plan_.depth_rule =
        AddRule(RuleKind::kSize, Code::kRecordOversize,
                Cat("expected a document that the contract can judge in ",
                    limits::kEvaluationDepthMax, " nested steps and a bounded number in all"));
    plan_.critical_rule = AddRule(RuleKind::kCritical, Code::kCdeMissing, "critical element");
    plan_.event_time_rule = AddRule(RuleKind::kEventTime, Code::kFormatInvalid, TimeExpectation());
    plan_.identity_rule =
        AddRule(RuleKind::kIdentity, Code::kFormatInvalid,
                Cat("expected an identity of at most ", limits::kIdBytesMax, " bytes"));
    plan_.characters_rule = AddRule(RuleKind::kCharacters, Code::kUnprintableChars,
                                    "expected no character of a class that the stream forbids");
    plan_.drift_rule = AddRule(RuleKind::kDrift, Code::kFieldUnexpected,
                               "member that the contract permits but does not declare");
    plan_.duplicate_rule =
        AddRule(RuleKind::kDuplicate, Code::kDuplicateKey, "expected each key once in an object");
  }

  std::string TimeExpectation() const {
    switch (rules_.event_time.format) {
      case TimeFormat::kRfc3339: return "expected an event time as RFC 3339 writes it";
      case TimeFormat::kUnixSeconds: return "expected an event time in seconds since 1970";
      case TimeFormat::kUnixMilliseconds:
        return "expected an event time in milliseconds since 1970";
    }
    return "";
  }

  const Rules& rules_;
  Plan& plan_;
  std::vector<Problem>& problems_;
  Branch root_;
};

}  // namespace

void CompileStreamRules(const Rules& rules, Plan* plan, std::vector<Problem>* problems) {
  StreamCompiler(rules, plan, problems).Run();
}

void CollectNames(Plan* plan) {
  std::vector<std::string>& names = plan->names;
  for (const Member& member : plan->members) names.push_back(member.name);
  for (const PointerChild& child : plan->pointer_children) names.push_back(child.name);
  for (const Dependency& dependency : plan->dependencies) {
    names.push_back(dependency.name);
    names.insert(names.end(), dependency.names.begin(), dependency.names.end());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace fracas::contract
