#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "contract/plan_tables.h"
#include "core/codes.h"

// What findings refer to, and the stream's own rules as a trie of pointers.

namespace fracas::contract {

// Where a rule comes from decides how it is described and what its mode key is.
enum class RuleKind : uint8_t {
  kSyntax,  // not JSON: Finding::detail is a json::SyntaxError in the low byte, code point << 8
  kSize,    // longer than the contract allows
  kSchema,  // a keyword
  kCritical,
  kEventTime,
  kIdentity,    // an id that is too long
  kCharacters,  // Finding::detail is the code point
  kDrift,
  kDuplicate,
};

// What a finding broke.
struct Rule {
  RuleKind kind = RuleKind::kSchema;
  Code code = Code::kNone;
  std::string keyword;  // "type"; "" for `false` and for stream rules
  std::string
      location;  // "#/properties/a/type", a resource's URI in front where it is not the root's
  std::string expectation;  // "expected integer", bounded, from the contract alone
};

// A node of the trie of all pointers that the stream's rules mention; pointer_nodes[0] is the root.
struct PointerChild {
  std::string name;
  uint32_t index = kNone;  // as an array index, where `name` is one
  PointerId node = 0;
};
struct PointerNode {
  Range children;             // into pointer_children
  uint32_t captures = 0;      // bit i: Rules::captures[i] is here
  uint32_t critical = kNone;  // index into criticals
  bool event_time = false;
  bool sensitive = false;  // here and everything below
  bool identity = false;   // on the way to, or at, a capture: duplicate keys are always findings
};
struct Critical {
  std::string pointer;
  std::vector<std::string> tokens;
};

}  // namespace fracas::contract
