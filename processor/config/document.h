#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"

// A YAML file as a tree in which everything knows its place. yaml-cpp reads it (document.cc is its
// only home), but its own tree is not used: that one forgets repeated keys, which scalars were
// quoted, and has no bounds on what aliases expand to.

namespace fracas::config {

struct Position {
  int line = 0;    // 1-based
  int column = 0;  // 1-based, in bytes
};

enum class NodeKind : uint8_t {
  kInvalid,  // something that was reported already: say nothing more about it
  kNull,     // `key:` without a value, ~ or null
  kScalar,
  kSequence,
  kMapping,
};

struct Node;

struct Member {
  std::string key;
  Position position;  // of the key
  const Node* value = nullptr;
};

struct Node {
  NodeKind kind = NodeKind::kInvalid;
  Position position;
  bool quoted = false;                // kScalar: '…', "…", | or >; never anything but text
  std::string text;                   // kScalar
  std::vector<Member> members;        // kMapping; keys are unique
  std::vector<const Node*> elements;  // kSequence
  size_t weight = 1;                  // nodes below and including this one, aliases expanded
  bool open = false;                  // while it is being read
};

// Aliases are shared nodes, so this is a graph without cycles; walking it visits at most
// limits::kConfigNodesMax nodes.
struct Document {
  std::deque<Node> nodes;
  const Node* root = nullptr;  // null when the file cannot be read as YAML at all
};

// Reads one document. Every trouble is a problem of `file`: syntax (the first one only, YAML cannot
// go on), repeated keys, tags, merge keys, unbounded aliases, nesting, a second document, bytes
// that are not printable UTF-8.
Document ParseYaml(std::string_view bytes, const std::string& file, std::vector<Problem>* problems);

}  // namespace fracas::config
