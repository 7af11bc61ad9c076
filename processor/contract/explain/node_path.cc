#include "contract/explain/node_path.h"

#include <charconv>

#include "core/text.h"
#include "json/pointer.h"

namespace fracas::contract {

using json::Kind;
using json::NodeId;
using json::Tree;

void FindPath(const Tree& tree, NodeId node, std::vector<PathStep>* steps) {
  NodeId at = tree.root();
  while (at != node) {
    const bool object = tree.node(at).kind == Kind::kObject;
    PathStep step;
    NodeId child = at + 1;
    if (object) {
      // Members come as key, value; a key's node stands for its member.
      for (step.key = child; node >= tree.node(child = tree.node(step.key).next).next;) {
        step.key = tree.node(child).next;
      }
      if (node == step.key) child = node;
    } else {
      for (; node >= tree.node(child).next; child = tree.node(child).next) ++step.index;
    }
    steps->push_back(step);
    at = child;
  }
}

std::string PointerTo(const Tree& tree, NodeId node) {
  std::vector<PathStep> steps;
  FindPath(tree, node, &steps);
  std::string pointer;
  for (const PathStep& step : steps) {
    if (step.key == Tree::kNoNode) {
      AppendTo(&pointer, "/", step.index);
    } else {
      json::AppendToken(tree.Text(step.key), &pointer);
    }
  }
  return pointer;
}

NodeId FindChild(const Tree& tree, NodeId parent, std::string_view token) {
  if (tree.node(parent).kind == Kind::kObject) return tree.Find(parent, token);
  uint32_t index = 0;
  if (tree.node(parent).kind != Kind::kArray || !ParseIndex(token, &index)) return Tree::kNoNode;
  if (index >= tree.node(parent).count) return Tree::kNoNode;
  NodeId child = parent + 1;
  for (; index > 0; --index) child = tree.node(child).next;
  return child;
}

bool ParseIndex(std::string_view token, uint32_t* index) {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return false;
  const char* end = token.data() + token.size();
  const auto result = std::from_chars(token.data(), end, *index);
  return result.ec == std::errc() && result.ptr == end && token.front() != '-';
}

}  // namespace fracas::contract
