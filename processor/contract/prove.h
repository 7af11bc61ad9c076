#pragma once

#include <string_view>

#include "contract/contract.h"
#include "contract/evaluator.h"
#include "json/scan.h"

// The fast reader: one walk over the stage-1 indexes along the contract's ProvePlan. It builds
// nothing, allocates nothing and finds nothing; it only knows when a document is surely valid.
//
// LAW: kValid ⇒ explain finds nothing in the same document, and the captures and the event time are
// the same. kUnproven means nothing at all (tests/contract/prove_law_test.cc, tests/fuzz).

namespace fracas::contract {

enum class Proof : uint8_t { kValid, kUnproven };

struct ProveInput {
  json::ScanView scan;        // of `document`, by json::Scanner without error
  std::string_view document;  // captures are views into it
  RecordContext context;
};

// `captured` is filled when the answer is kValid, else unspecified.
Proof Prove(const Contract& contract, const ProveInput& input, Captured* captured);

}  // namespace fracas::contract
