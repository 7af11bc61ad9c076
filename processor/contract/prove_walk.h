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
  Place Value(const ProveNode* node, Place at, uint32_t depth);
  // Behind the opening bracket.
  Place Object(const ProveObject& object, Place at, uint32_t depth);
  Place Array(const ProveArray& array, Place at, uint32_t depth);
  // `text` is the first byte, `next` the next structural character (or the end): in between are the
  // rest of the token and white space. IMPORTANT: `next` may be followed only where `text` has
  // turned out to be inside the document.
  bool Scalar(const ProveNode& node, const uint8_t* text, const uint8_t* next) const;
  bool ScalarOutOfLine(const ProveNode& node, const uint8_t* text, const uint8_t* next) const;
  bool Number(const ProveNode& node, const uint8_t* text, const uint8_t* next) const;
  bool String(const ProveNode& node, const uint8_t* text, const uint8_t* next) const;

  // --- prove_unusual.cc: what they rarely hold.
  bool Complete(const ProveObject& object, const Seen& seen) const;
  uint32_t FindName(const ProveTable& table, const uint8_t* name, size_t size) const;
  bool StringEnum(const ProveNode& node, const uint8_t* text, const uint8_t* next) const;
  // The member whose name stands at `at`; kNone if the table does not hold it or it is no name.
  uint32_t FindMemberAt(const ProveObject& object, Place at) const;
  // The node for such a name; kUnproven's if it cannot be judged. `first` is the object's first
  // name.
  const ProveNode* Other(const ProveObject& object, Place first, Place at) const;
  NodeIndex OtherNode(const ProveObject& object, const uint8_t* name, size_t size) const;
  bool IsNewName(const ProveObject& object, Place first, Place at) const;
  // The members of the object that ends in front of `end`.
  uint32_t CountMembers(Place first, Place end) const;
  bool Distinct(Place first, uint32_t count) const;
  bool ExactNumber(const ProveNode& node, const uint8_t* text) const;
  bool NumberEnum(const ProveNode& node, const uint8_t* text, const uint8_t* next) const;
  // A string that is not plain ASCII, or not as simple as its check: escapes, characters, length.
  bool UnusualText(const ProveNode& node, const uint8_t* text, size_t size) const;
  // Escapes are escapes, characters are allowed.
  bool IsAllowedText(const uint8_t* text, size_t size) const;
  bool IsAllowedTextSlowly(const uint8_t* text, size_t size) const;

  // --- prove_rules.cc: texts and numbers that the stream's rules look at.
  // REQUIRES: kRuled.
  bool Ruled(const ProveNode& node, const uint8_t* text, const uint8_t* next);
  bool Critical(std::string_view text) const;
  void CaptureText(uint32_t captures, const uint8_t* text, size_t size);
  bool InTime(int64_t time_ms);

  const Plan& plan_;
  const ProvePlan& fast_;
  const ProveInput& input_;
  Captured* const captured_;
  const uint8_t* const bytes_;
  const ProveNode* const nodes_;
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
