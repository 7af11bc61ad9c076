#pragma once

#include <array>
#include <cstdint>

#include "contract/prove.h"
#include "contract/prove_plan.h"
#include "json/token.h"

// One walk of prove over one document.

namespace fracas::contract {

class ProveWalk {
 public:
  ProveWalk(const Plan& plan, const ProvePlan& fast, const ProveInput& input, Captured* captured)
      : plan_(plan),
        fast_(fast),
        input_(input),
        captured_(captured),
        bytes_(input.scan.bytes),
        nodes_(fast.nodes.data()) {}

  // One value, and nothing behind it.
  bool Document();

 private:
  // A place in the stage-1 indexes, just behind what was read. Null: not proved. Reading the place
  // behind the last index yields the document's size, where a space stands (json/scan.h).
  using Place = const uint32_t*;
  using Seen = std::array<uint64_t, kSeenWords>;

  // --- prove_walk.cc: what ordinary records consist of.
  // One value; `at` is its index.
  Place Value(NodeIndex index, Place at, uint32_t depth);
  // Behind the opening bracket.
  Place Object(const ProveObject& object, Place at, uint32_t depth);
  Place Array(const ProveArray& array, Place at, uint32_t depth);
  bool Scalar(const ProveNode& node, const uint8_t* text, const uint8_t* next);
  // `text` is the first byte, `next` the next structural character (or the end): in between are the
  // rest of the token and white space. IMPORTANT: `next` may be followed only where `text` has
  // turned out to be inside the document.
  bool Number(const ProveNode& node, const uint8_t* text, const uint8_t* next) const;
  bool String(const ProveNode& node, const uint8_t* text, const uint8_t* next);
  static bool IsName(const ProveName& name, const uint8_t* token, const uint8_t* next);
  // What an object must have had when it ends.
  bool Complete(const ProveObject& object, const Seen& seen) const;

  // --- prove_unusual.cc: what they rarely hold.
  uint32_t FindName(const ProveTable& table, const uint8_t* name, size_t size) const;
  // The node for a name that the table does not hold; kUnproven's if it cannot be judged.
  NodeIndex Other(const ProveObject& object, const uint8_t* name, size_t size) const;
  // No other name of the object, up to the one at `last`, is that of another.
  bool OthersDiffer(const ProveObject& object, Place first, Place last) const;
  bool Distinct(Place first, uint32_t count) const;
  bool ExactNumber(const ProveNode& node, const uint8_t* text) const;
  bool NumberEnum(const ProveNode& node, const uint8_t* text, const uint8_t* next) const;
  // A string that is not plain ASCII, or not as simple as its check: escapes, characters, length.
  bool UnusualText(const ProveNode& node, const uint8_t* text, size_t size);
  bool HasForbidden(const uint8_t* text, size_t size) const;

  // --- prove_rules.cc: the stream's rules about a proved text or number.
  bool Rules(const ProveNode& node, const uint8_t* text, const uint8_t* next);
  bool EventTime(const ProveNode& node, bool is_string, std::string_view text);

  const Plan& plan_;
  const ProvePlan& fast_;
  const ProveInput& input_;
  Captured* const captured_;
  const uint8_t* const bytes_;
  const ProveNode* const nodes_;
  int64_t simple_time_ms_ = kNoTime;  // of the last string that ParseSimpleTime has read
};

// Behind the last byte of the token that ends in front of `next`.
inline const uint8_t* EndOfToken(const uint8_t* next) {
  while (next[-1] <= ' ' && json::IsWhiteSpace(next[-1])) --next;
  return next;
}

inline std::string_view ViewOf(const uint8_t* text, size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

}  // namespace fracas::contract
