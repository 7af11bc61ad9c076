#pragma once

#include <string>

#include "config/model.h"
#include "contract/contract.h"

// From what a stream declares to what the contract engine compiles: the one mapping that run, lint, try
// and check share.

namespace fracas::tools {

// Captures are delivered in this order; an identity that is not a pointer into the value has none.
struct CaptureIndexes {
  int business_id = -1;
  int message_id = -1;
  int idempotency_key = -1;
};

struct StreamContract {
  contract::Rules rules;
  contract::CompileOptions options;
  CaptureIndexes captures;
};

StreamContract ContractOf(const config::Stream& stream);

// Compiles the stream's contract (or only its rules, when it has no schema).
contract::Compiled CompileContract(const config::Stream& stream);

// "file:3:7: MESSAGE (at /properties/id)"; `name` stands in where the problem is in no file.
std::string ToString(const contract::Problem& problem, const std::string& name);

}  // namespace fracas::tools
