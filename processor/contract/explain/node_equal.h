#pragma once

#include <cstdint>

#include "contract/plan.h"
#include "json/tree.h"

// JSON values by value: 1 equals 1.0, members have no order, "\u0041" equals "A".

namespace fracas::contract {

struct NodeRef {
  const json::Tree& tree;
  json::NodeId node;
};

bool Equal(NodeRef left, NodeRef right);
// Equal values have equal hashes.
uint64_t HashOf(NodeRef value);
TypeMask TypeOf(NodeRef value);
// The value is one of a set's.
bool Contains(const Plan& plan, const ValueSet& set, NodeRef value);
// No two elements of the array are equal.
bool AllDifferent(NodeRef array);

}  // namespace fracas::contract
