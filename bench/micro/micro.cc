// Stage 1, prove, explain and the whole evaluator, one record after the other, for instruction
// counts.

#include <memory>

#include "bench/micro/measured.h"
#include "contract/contract.h"
#include "contract/evaluator.h"
#include "contract/prove.h"
#include "core/check.h"
#include "core/finding.h"
#include "json/scan.h"

namespace fracas::bench {
namespace {

constexpr size_t kRecordBytesMax = size_t{1} << 20;

// The rules of ConfigText.
contract::Rules StreamRules() {
  contract::Rules rules;
  rules.critical = {"/accountId", "/eventTime"};
  rules.has_event_time = true;
  rules.event_time.pointer = "/eventTime";
  rules.event_time.max_age_ms = int64_t{7} * 86'400'000;
  rules.event_time.max_future_ms = 300'000;
  rules.captures = {"/customerId", "/messageId"};
  rules.sensitive = {"/email"};
  rules.forbid_characters.fill(true);
  rules.report_drift = true;
  rules.forbid_duplicate_keys = true;
  return rules;
}

std::shared_ptr<const contract::Contract> MakeContract(Profile profile) {
  contract::CompileOptions options;
  options.assert_formats = true;
  contract::Compiled compiled =
      contract::CompileBytes(SchemaText(profile), "", StreamRules(), options);
  for (const contract::Problem& problem : compiled.problems) {
    std::fprintf(stderr, "%s: %s\n", problem.location.c_str(), problem.message.c_str());
  }
  FRACAS_CHECK(compiled.contract != nullptr, "the generator's own schema must compile");
  return compiled.contract;
}

contract::RecordContext ContextOf(const MicroRecord& record) {
  return {.timestamp_ms = record.timestamp_ms, .now_ms = record.timestamp_ms, .record = 0};
}

int Run(int argc, char** argv) {
  MicroArguments arguments;
  if (!ParseMicroArguments(argc, argv, &arguments)) return 2;
  const auto contract = MakeContract(arguments.profile);
  json::Scanner scanner(kRecordBytesMax);
  contract::Evaluator evaluator(kRecordBytesMax);
  Findings findings;
  contract::Captured captured;
  json::ScanView view;
  if (arguments.mode == "scan") {
    return Measure(arguments, [&](const MicroRecord& record) {
      return scanner.Scan(record.value, &view) == json::ScanError::kNone;
    });
  }
  if (arguments.mode == "prove") {
    return Measure(arguments, [&](const MicroRecord& record) {
      if (scanner.Scan(record.value, &view) != json::ScanError::kNone) return false;
      return contract::Prove(*contract, {view, record.value, ContextOf(record)}, &captured) ==
             contract::Proof::kValid;
    });
  }
  if (arguments.mode == "explain" || arguments.mode == "evaluate") {
    const bool whole = arguments.mode == "evaluate";
    return Measure(arguments, [&](const MicroRecord& record) {
      findings.Clear();
      evaluator.Reset();
      captured = {};
      if (whole)
        evaluator.Evaluate(*contract, record.value, ContextOf(record), &findings, &captured);
      else
        evaluator.Explain(*contract, record.value, ContextOf(record), &findings, &captured);
      return findings.empty();
    });
  }
  std::fprintf(stderr, "no such mode: %s (scan, prove, explain, evaluate)\n",
               arguments.mode.c_str());
  return 2;
}

}  // namespace
}  // namespace fracas::bench

int main(int argc, char** argv) { return fracas::bench::Run(argc, argv); }
