#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/scan.h"

// A whole document with the source position of everything and the text of every number. Built from
// stage-1 indexes; what is not RFC 8259 JSON is refused. Used by explain, by schema and file
// readers and by tools; prove does not build one.

namespace fracas::json {

enum class Kind : uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

using NodeId = uint32_t;
struct OwnedDocument;

// Nodes are in document order. A container's children follow it: an array's elements; an object's
// members as key node (kString), value node, key node, … `next` is the first node behind the whole
// subtree, so siblings are walked with `id = node(id).next`.
struct Node {
  Kind kind = Kind::kNull;
  bool escaped = false;  // strings: contains a backslash
  uint32_t begin = 0;    // first byte (the quote, bracket or first character)
  uint32_t end = 0;      // one past the last byte
  NodeId next = 0;
  uint32_t count = 0;  // elements or members
};

// Reusable; Parse replaces what was there. Views refer to the parsed bytes (which must outlive
// their use) or to the tree's own arena (decoded strings; void at the next Parse). Not thread-safe,
// except that a Tree that is no longer parsed into may be read by many, provided DecodeAll was
// called.
class Tree {
 public:
  // False when the document is not JSON: ask json::Diagnose what is wrong.
  [[nodiscard]] bool Parse(const ScanView& scan);

  NodeId root() const { return 0; }
  const Node& node(NodeId id) const { return nodes_[id]; }
  size_t size() const { return nodes_.size(); }
  // Source text of a node, quotes and brackets included.
  std::string_view Raw(NodeId id) const;
  // A string's characters, escapes resolved (may contain NUL). REQUIRES: kString.
  std::string_view Text(NodeId id) const;
  // A member's value by key, the first if the key repeats; kNoNode if there is none. REQUIRES:
  // kObject.
  NodeId Find(NodeId object, std::string_view key) const;
  // Decodes every escaped string now, so that Text becomes a pure read.
  void DecodeAll();

  static constexpr NodeId kNoNode = UINT32_MAX;

 private:
  friend class TreeBuilder;
  friend std::unique_ptr<OwnedDocument> ParseOwned(std::string bytes, std::string* error);
  struct Decoded {
    uint32_t begin = 0;
    uint32_t size = 0;
  };
  std::string_view Decode(NodeId id) const;

  std::string_view source_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> open_;            // scratch of the builder
  mutable std::vector<Decoded> decoded_;  // parallel to nodes_ when anything was decoded
  mutable std::string arena_;  // decoded text; room for all of it is made once: views never move
};

// The characters of a JSON string token without its quotes, appended to `out`. REQUIRES:
// well-formed.
void AppendUnescaped(std::string_view inner, std::string* out);

// A document that owns its bytes: schema files, policies, metadata. Everything is decoded, so that
// many threads may read it. Stays where it is: the tree's views point into `bytes`.
struct OwnedDocument {
  std::string bytes;
  Tree tree;
};
// Null and *error ("line 3, column 17: …") when it is not JSON.
std::unique_ptr<OwnedDocument> ParseOwned(std::string bytes, std::string* error);

}  // namespace fracas::json
