#pragma once

#include <vector>

#include "contract/plan.h"

namespace fracas::contract {

// Adds the stream's own rules to a plan: the pointer trie, criticals, the rules' table entries.
// Problems (what is not a JSON pointer, too many captures) are appended.
void CompileStreamRules(const Rules& rules, Plan* plan, std::vector<Problem>* problems);
// Fills Plan::names. After everything else.
void CollectNames(Plan* plan);

}  // namespace fracas::contract
