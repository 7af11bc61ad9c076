#include "contract/evaluator.h"

#include <algorithm>
#include <deque>

#include "contract/explain/explain.h"
#include "contract/plan.h"
#include "contract/prove.h"
#include "json/diagnose.h"
#include "json/scan.h"
#include "json/tree.h"

namespace fracas::contract {
namespace {

// The text of captures that had escapes. Strings in a deque do not move while others are added.
class CaptureArena : public TextKeeper {
 public:
  std::string_view Keep(std::string_view text) override { return texts_.emplace_back(text); }
  void Clear() { texts_.clear(); }

 private:
  std::deque<std::string> texts_;
};

}  // namespace

struct Evaluator::State {
  explicit State(size_t document_bytes_max)
      : bytes_max(document_bytes_max), scanner(document_bytes_max) {}

  // False when the document is settled without a look inside: too large, or its bytes are no JSON.
  bool Scan(const Contract& contract, std::string_view document, const RecordContext& context,
            Findings* findings);
  void Explain(const Contract& contract, std::string_view document, const RecordContext& context,
               Findings* findings, Captured* captured);
  void AddOversize(const Contract& contract, const RecordContext& context, Findings* findings);
  void AddSyntax(const Contract& contract, std::string_view document, const RecordContext& context,
                 Findings* findings);

  size_t bytes_max;
  json::Scanner scanner;
  json::ScanView scan;
  json::Tree tree;
  Explainer explainer;
  CaptureArena arena;
};

bool Evaluator::State::Scan(const Contract& contract, std::string_view document,
                            const RecordContext& context, Findings* findings) {
  if (document.size() > std::min(bytes_max, contract.plan().document_bytes_max)) {
    AddOversize(contract, context, findings);
    return false;
  }
  const json::ScanError error = scanner.Scan(document, &scan);
  if (error == json::ScanError::kNone) return true;
  AddSyntax(contract, document, context, findings);
  return false;
}

void Evaluator::State::Explain(const Contract& contract, std::string_view document,
                               const RecordContext& context, Findings* findings,
                               Captured* captured) {
  if (!tree.Parse(scan)) {
    AddSyntax(contract, document, context, findings);
    return;
  }
  explainer.Explain(contract.plan(), {document, tree}, context, &arena, findings, captured);
}

void Evaluator::State::AddOversize(const Contract& contract, const RecordContext& context,
                                   Findings* findings) {
  Finding finding;
  finding.code = Code::kRecordOversize;
  finding.record = context.record;
  finding.rule = contract.plan().size_rule;
  findings->Add(finding, "");
}

void Evaluator::State::AddSyntax(const Contract& contract, std::string_view document,
                                 const RecordContext& context, Findings* findings) {
  json::Diagnosis diagnosis = json::Diagnose(document);
  if (diagnosis.error == json::SyntaxError::kNone) {
    // The readers disagree, which their tests rule out; the document is still not published.
    diagnosis.error = json::SyntaxError::kUnexpectedByte;
  }
  Finding finding;
  finding.code = json::CodeOf(diagnosis);
  finding.record = context.record;
  finding.rule = contract.plan().syntax_rule;
  finding.byte = static_cast<uint32_t>(diagnosis.byte);
  finding.detail = static_cast<uint32_t>(diagnosis.error) | diagnosis.code_point << 8;
  findings->Add(finding, "");
}

Evaluator::Evaluator(size_t document_bytes_max)
    : state_(std::make_unique<State>(document_bytes_max)) {}

Evaluator::~Evaluator() = default;

Evaluator::Path Evaluator::Evaluate(const Contract& contract, std::string_view document,
                                    const RecordContext& context, Findings* findings,
                                    Captured* captured) {
  *captured = Captured();
  if (!state_->Scan(contract, document, context, findings)) return Path::kExplained;
  const ProveInput input{state_->scan, document, context};
  if (Prove(contract, input, captured) == Proof::kValid) return Path::kProved;
  *captured = Captured();
  state_->Explain(contract, document, context, findings, captured);
  return Path::kExplained;
}

void Evaluator::Explain(const Contract& contract, std::string_view document,
                        const RecordContext& context, Findings* findings, Captured* captured) {
  *captured = Captured();
  if (!state_->Scan(contract, document, context, findings)) return;
  state_->Explain(contract, document, context, findings, captured);
}

void Evaluator::Reset() { state_->arena.Clear(); }

}  // namespace fracas::contract
