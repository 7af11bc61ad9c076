#include "tests/fuzz/prove_law.h"

#include "contract/evaluator.h"
#include "core/finding.h"
#include "core/text.h"
#include "json/scan.h"
#include "tests/fuzz/prove_cases.h"

namespace fracas::fuzz {
namespace {

using contract::Captured;
using contract::Proof;

constexpr int kSchemaDepth = 3;
constexpr int kDocumentsMax = 24;
constexpr size_t kDocumentBytesMax = 1 << 20;
// 2026-01-01T00:00:00Z: the times among the values are just at, before and behind it.
constexpr int64_t kRecordMs = 1'767'225'600'000;

std::string Text(const Captured& captured) {
  std::string out = Cat("event time ", captured.event_time_ms);
  for (const contract::Capture& capture : captured.values) {
    if (capture.present)
      AppendTo(&out, ", '", capture.text, "'");
    else
      AppendTo(&out, ", none");
  }
  return out;
}

class LawCheck {
 public:
  LawCheck(const contract::Contract& contract, const ProveFunction& prove)
      : contract_(contract),
        prove_(prove),
        scanner_(kDocumentBytesMax),
        evaluator_(kDocumentBytesMax) {}

  // Empty, or what does not hold.
  std::string Check(const std::string& document, ProveLawReport* report) {
    json::ScanView view;
    const contract::RecordContext context{
        .timestamp_ms = kRecordMs, .now_ms = kRecordMs, .record = 0};
    Captured proved;
    const bool is_proved = scanner_.Scan(document, &view) == json::ScanError::kNone &&
                           prove_(contract_, {view, document, context}, &proved) == Proof::kValid;
    Findings findings;
    Captured explained;
    evaluator_.Explain(contract_, document, context, &findings, &explained);
    ++report->documents;
    report->valid += findings.empty() ? 1 : 0;
    report->proved += is_proved ? 1 : 0;
    if (!is_proved) return "";
    if (!findings.empty()) {
      const Finding& first = findings.items().front();
      return Cat("proved, but explain finds ", Info(first.code).name, " at ",
                 findings.pointer(first));
    }
    const std::string left = Text(proved);
    const std::string right = Text(explained);
    return left == right ? "" : Cat("prove delivers ", left, "; explain delivers ", right);
  }

 private:
  const contract::Contract& contract_;
  const ProveFunction& prove_;
  json::Scanner scanner_;
  contract::Evaluator evaluator_;
};

}  // namespace

ProveLawReport CheckProveLaw(std::string_view bytes, const ProveFunction& prove) {
  Choices choices(bytes);
  ProveLawReport report;
  const SchemaCase made = MakeSchema(&choices, kSchemaDepth);
  const contract::Rules rules = MakeRules(&choices);
  contract::CompileOptions options;
  options.assert_formats = true;
  const contract::Compiled compiled = contract::CompileBytes(made.schema, "", rules, options);
  if (compiled.contract == nullptr) return report;
  LawCheck check(*compiled.contract, prove);
  for (int i = 0; i < kDocumentsMax && !choices.exhausted(); ++i) {
    const std::string document = Disturb(choices.Pick(made.values), &choices);
    const std::string problem = check.Check(document, &report);
    if (problem.empty()) continue;
    report.problem = Cat(problem, "\nschema: ", made.schema, "\ndocument: ", document);
    return report;
  }
  return report;
}

}  // namespace fracas::fuzz
