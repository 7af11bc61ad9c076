#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contract/contract.h"
#include "contract/describe.h"
#include "contract/evaluator.h"
#include "core/finding.h"
#include "core/limits.h"

// What the contract engine says of one document, as text that a test can compare.

namespace fracas::contract {

struct Told {
  std::string code;
  std::string pointer;
  uint32_t byte = 0;
  std::string schema;
  std::string message;
  std::string mode;
  std::string key;
  bool redacted = false;
};

struct Judgement {
  std::vector<Told> findings;
  Captured captured;
  Evaluator::Path path = Evaluator::Path::kExplained;
  // "CODE pointer", one a line.
  std::string Lines() const {
    std::string text;
    for (const Told& told : findings) text += told.code + " " + told.pointer + "\n";
    return text;
  }
};

// REQUIRES: the schema compiles (else it prints the problems and the result is empty).
std::shared_ptr<const Contract> CompileOrDie(const std::string& schema, const Rules& rules = {},
                                             const CompileOptions& options = {});
Judgement JudgeWith(const Contract& contract, const std::string& document,
                    const RecordContext& context = {});
// The findings of one document under one schema: Lines().
std::string Lines(const std::string& schema, const std::string& document, const Rules& rules = {},
                  const RecordContext& context = {});
// The problems of a schema: "line:column location: message", one a line.
std::string Problems(const std::string& schema, const Rules& rules = {},
                     const CompileOptions& options = {});

}  // namespace fracas::contract
