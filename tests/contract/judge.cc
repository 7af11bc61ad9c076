#include "tests/contract/judge.h"

#include <gtest/gtest.h>

#include "core/text.h"

namespace fracas::contract {

std::shared_ptr<const Contract> CompileOrDie(const std::string& schema, const Rules& rules,
                                             const CompileOptions& options) {
  const Compiled compiled = CompileBytes(schema, "", rules, options);
  for (const Problem& problem : compiled.problems) {
    ADD_FAILURE() << schema << ": " << problem.location << ": " << problem.message;
  }
  return compiled.contract;
}

Judgement JudgeWith(const Contract& contract, const std::string& document,
                    const RecordContext& context) {
  static Evaluator evaluator(limits::kRecordBytesMax);
  Judgement judgement;
  Findings findings;
  judgement.path = evaluator.Evaluate(contract, document, context, &findings, &judgement.captured);
  for (const Finding& finding : findings.items()) {
    const std::string_view pointer = findings.pointer(finding);
    const Description description = Describe(contract, finding, pointer, document);
    judgement.findings.push_back({std::string(Info(finding.code).name), std::string(pointer),
                                  finding.byte, description.schema, description.message,
                                  DescribeMode(contract, finding, pointer),
                                  ModeKey(contract, finding, pointer), description.redacted});
  }
  return judgement;
}

std::string Lines(const std::string& schema, const std::string& document, const Rules& rules,
                  const RecordContext& context) {
  const auto contract = CompileOrDie(schema, rules);
  if (contract == nullptr) return "does not compile";
  return JudgeWith(*contract, document, context).Lines();
}

std::string Problems(const std::string& schema, const Rules& rules, const CompileOptions& options) {
  std::string text;
  for (const Problem& problem : CompileBytes(schema, "", rules, options).problems) {
    AppendTo(&text, problem.line, ":", problem.column, " ", problem.location, ": ", problem.message,
             "\n");
  }
  return text;
}

}  // namespace fracas::contract
