#pragma once

#include <string_view>

#include "contract/plan.h"

// Single steps of the plan on values that are already known to be of the right kind.

namespace fracas::contract {

// REQUIRES: an operation of Group::kNumber.
inline bool FulfilsBound(Op op, const json::Decimal& number, const json::Decimal& bound) {
  if (op == Op::kMultipleOf) return json::IsMultipleOf(number, bound);
  const std::strong_ordering order = json::Compare(number, bound);
  if (op == Op::kMinimum) return order >= 0;
  if (op == Op::kMaximum) return order <= 0;
  return op == Op::kExclusiveMinimum ? order > 0 : order < 0;
}

// `text` has its escapes resolved. REQUIRES: kFormat or kPattern.
inline bool FulfilsText(const Plan& plan, const Step& step, std::string_view text) {
  return step.op == Op::kFormat ? Matches(static_cast<Format>(step.arg), text)
                                : plan.patterns[step.arg]->Search(text);
}

}  // namespace fracas::contract
