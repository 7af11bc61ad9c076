#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/tree.h"

// The way from a tree's root to one of its nodes.

namespace fracas::contract {

// One step of it: a member (its key's node) or an element (its position).
struct PathStep {
  json::NodeId key = json::Tree::kNoNode;
  uint32_t index = 0;
};
// Appends the steps to `node`, found by walking down: for reports, not for the hot path. A key's
// node is at the path of its member.
void FindPath(const json::Tree& tree, json::NodeId node, std::vector<PathStep>* steps);
// The same as a JSON pointer, not bounded.
std::string PointerTo(const json::Tree& tree, json::NodeId node);
// The member or element that one pointer token names; kNoNode if there is none.
json::NodeId FindChild(const json::Tree& tree, json::NodeId parent, std::string_view token);
// "0", "17": an array index as RFC 6901 writes it. False for anything else.
[[nodiscard]] bool ParseIndex(std::string_view token, uint32_t* index);

}  // namespace fracas::contract
