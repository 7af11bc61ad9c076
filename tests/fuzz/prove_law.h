#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "contract/prove.h"

// Proved ⇒ explain finds nothing, and captures and event time are the same.

namespace fracas::fuzz {

using ProveFunction = std::function<contract::Proof(
    const contract::Contract&, const contract::ProveInput&, contract::Captured*)>;

struct ProveLawReport {
  std::string problem;  // empty, or what does not hold: schema, rules, document and both answers
  int documents = 0;    // that were JSON
  int valid = 0;        // explain found nothing
  int proved = 0;
};

// `choices` are the decisions that lead to one contract and a handful of documents, any bytes at
// all: the fuzzer's input. `prove` is what is held against explain.
ProveLawReport CheckProveLaw(std::string_view choices, const ProveFunction& prove);

}  // namespace fracas::fuzz
