#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contract/contract.h"
#include "core/classify.h"
#include "core/codes.h"
#include "core/finding.h"
#include "core/limits.h"
#include "core/status.h"

// Documents against a contract, without Kafka: what `fracas check` does, without arguments and
// without printing. Memory is bounded by the largest document that is allowed, whatever the size of
// the input.

namespace fracas::tools {

struct CheckOptions {
  // REQUIRES: not null. Without a contract: what contract::CompileRules makes of empty rules.
  std::shared_ptr<const contract::Contract> contract;
  std::vector<std::string> inputs;  // files in this order; "-" is standard input
  // One document a line: blank lines are skipped, CR LF is a line end, the last line needs none.
  // Else each input is one document.
  bool ndjson = false;
  // A longer document is RECORD_OVERSIZE and is not kept in memory.
  size_t document_bytes_max = limits::kCheckDocumentBytesDefault;
  Dispositions dispositions;  // a finding whose code only warns does not fail its document
  int64_t now_ms = 0;         // what event times are judged against
  int standard_input = 0;     // the descriptor behind "-"
};

struct CheckFinding {
  Code code = Code::kNone;
  std::string pointer;
  std::string schema;   // "#/properties/a/type"; "" for findings about form and rules
  std::string message;  // redacted as the contract says
  // Place in the document: byte from 0, line and column (in characters) from 1. All absent when
  // `byte` is kNoByte.
  uint32_t byte = kNoByte;
  size_t line = 0;
  size_t column = 0;
};

// What became of one document. Views live during the call that delivers it.
struct CheckVerdict {
  std::string_view file;  // as it was named in the options
  uint64_t line = 1;      // of the input; 1 where an input is one document
  bool pass = true;
  const std::vector<CheckFinding>* findings = nullptr;  // never null; warnings too
  uint64_t findings_omitted = 0;                        // beyond limits::kFindingsPerRecordMax
};

struct CheckProgress {
  std::string_view file;     // being read
  uint64_t bytes_done = 0;   // of all inputs
  uint64_t bytes_total = 0;  // 0: unknown, an input is not a regular file
  uint64_t documents = 0;
};

struct CheckSummary {
  uint64_t documents = 0;  // passed + failed
  uint64_t passed = 0;
  uint64_t failed = 0;
  uint64_t bytes = 0;       // read
  uint64_t unreadable = 0;  // inputs that `trouble` was told about
  bool stopped = false;     // the sink wanted no more
};

struct CheckSink {
  // One call a document, in order. False stops the check.
  std::function<bool(const CheckVerdict&)> verdict;
  // An input that could not be read (to its end): named, with the next step. The others go on.
  std::function<void(const Status&)> trouble;
  // About every few megabytes of input. May be empty.
  std::function<void(const CheckProgress&)> progress;
};

CheckSummary Check(const CheckOptions& options, const CheckSink& sink);

// One line of JSON with its line feed, appended to `out`; the shape is documented and stable:
// {"file","line","verdict":"pass"|"fail","findings":[{"code","name","pointer","schema","message",
// "byte","line","column"}],"findings_omitted"}; the last member and a finding's place only if
// there.
void RenderVerdict(const CheckVerdict& verdict, std::string* out);
// {"documents","passed","failed","bytes","unreadable"}, likewise.
void RenderSummary(const CheckSummary& summary, std::string* out);

}  // namespace fracas::tools
