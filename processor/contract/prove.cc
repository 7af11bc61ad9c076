#include "contract/prove.h"

#include "contract/prove_walk.h"

namespace fracas::contract {

Proof Prove(const Contract& contract, const ProveInput& input, Captured* captured) {
  const Plan& plan = contract.plan();
  if (input.document.size() > plan.document_bytes_max) return Proof::kUnproven;
  for (size_t i = 0; i < plan.stream.captures.size(); ++i) captured->values[i] = {};
  captured->event_time_ms = kNoTime;
  return ProveWalk(plan, contract.prove_plan(), input, captured).Document() ? Proof::kValid
                                                                            : Proof::kUnproven;
}

}  // namespace fracas::contract
