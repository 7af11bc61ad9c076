#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contract/plan.h"
#include "contract/prove_matcher.h"

// What prove walks: the plan, specialised. Every pair of (schemas that a value must fulfil, pointer
// of the stream's rules that it stands at) becomes one node with all references resolved,
// conjunctions merged, enumerations filtered and patterns recognised. What cannot be decided
// cheaply becomes kUnproven, which costs speed and nothing else. Immutable, any thread; refers to
// the Plan, which must outlive it.

namespace fracas::contract {

using NodeIndex = uint32_t;

// What a value must look like to be proved.
enum class ProveOp : uint8_t {
  kUnproven,  // explain decides
  kNull,
  kBoolean,     // flags: kAllowTrue, kAllowFalse
  kNumber,      // flags: kNumber…; low and high; exact steps: argument … more
  kNumberEnum,  // argument: into number_enums; low: the first value's text, high: its mask, flags:
                // its size
  // Strings: low and high are lengths in characters. Those with a check of their own are plain
  // ASCII where it holds; where it does not, the plan's steps decide: argument … more.
  kText,     // any
  kMatched,  // argument: into matchers
  kUuid,
  kDate,
  kDateTime,
  kEmail,
  kIpv4,
  kTextSteps,   // patterns and formats
  kStringEnum,  // argument: into tables
  kArray,       // argument: into arrays
  kObject,      // argument: into objects
  kMixed,       // argument: into mixed; the first byte decides
  kRuled,       // argument: into nodes; the stream's rules look at the value too: `pointer`
};

// Flags of numbers.
inline constexpr uint8_t kIntegerOnly = 1;
inline constexpr uint8_t kExactSteps = 2;  // there are steps that need exact arithmetic
// Flags of booleans.
inline constexpr uint8_t kAllowTrue = 1;
inline constexpr uint8_t kAllowFalse = 2;
// Digits of an integer part that are within the bounds whatever they are: all of them.
inline constexpr uint8_t kAnyDigits = 255;

struct ProveNode {
  ProveOp op = ProveOp::kUnproven;
  uint8_t flags = 0;
  // Numbers, by sign (negative: 1): integer parts of at most that many digits are within the
  // bounds.
  std::array<uint8_t, 2> safe_digits{};
  uint32_t argument = 0;
  uint32_t more = 0;  // one past the last extra step
  PointerId pointer = kNone;
  int64_t low = 0;
  int64_t high = 0;
};

// One name, laid out for comparison with the document: quotes and colon included.
struct ProveName {
  std::array<uint8_t, 16> head{};  // the first bytes of `"name":`
  uint32_t head_mask = 0;          // one bit for each of them
  uint32_t token_size = 0;         // of `"name"`
  const char* name = nullptr;      // without quotes, in ProvePlan::texts
};

// A name and what its value must be: what the walk reads for one member lies in one cache line.
struct ProveMember {
  ProveName name;
  ProveNode node;  // objects only
};
static_assert(sizeof(ProveMember) == 64);

// Names of one object, or the texts of one enumeration, found by multiply and shift. The multiplier
// is searched until no two names share a slot; should that fail, lookups go on to the next slot.
struct ProveTable {
  Range names;  // into ProvePlan::members; behind them stands one that matches nothing
  Range slots;  // into ProvePlan::slots, a power of two; index of a name + 1, 0: empty
  uint64_t multiplier = 1;
  uint32_t shift = 63;
};

inline constexpr size_t kSeenWords = 4;
inline constexpr size_t kProveMembersMax = 64 * kSeenWords;

struct ProvePatternMember {
  const Pattern* pattern = nullptr;
  NodeIndex node = 0;
};
// "Where `trigger` was seen, all of `needed` were."
struct ProveDependency {
  uint32_t trigger = 0;  // bit
  std::array<uint64_t, kSeenWords> needed{};
};

struct ProveObject {
  ProveTable table;    // name i of the table is bit i and has node member_nodes[i]
  Range member_nodes;  // into ProvePlan::node_lists
  uint32_t words = 0;  // of `required` in use
  std::array<uint64_t, kSeenWords> required{};
  NodeIndex additional = 0;   // for every other name
  bool track_others = false;  // duplicates among the other names must be found
  Range patterns;             // into pattern_members: tried before `additional`
  Range dependencies;
  bool counted = false;  // count_min and count_max matter
  uint32_t count_min = 0;
  uint32_t count_max = UINT32_MAX;
};

struct ProveArray {
  Range prefix;  // into node_lists
  NodeIndex rest = 0;
  uint32_t count_min = 0;
  uint32_t count_max = UINT32_MAX;
  bool unique = false;
};

// By kind of value: which node judges it.
enum class ProveKind : uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };
inline constexpr size_t kProveKinds = 6;
using ProveMixed = std::array<NodeIndex, kProveKinds>;

struct ProvePlan {
  NodeIndex root = 0;
  std::vector<ProveNode> nodes;  // nodes[0] is kUnproven
  std::vector<ProveObject> objects;
  std::vector<ProveArray> arrays;
  std::vector<ProveMixed> mixed;
  std::vector<NodeIndex> node_lists;
  std::vector<ProveTable> tables;  // of enumerations
  std::vector<ProveMember> members;
  std::vector<uint16_t> slots;
  std::vector<ProvePatternMember> pattern_members;
  std::vector<ProveDependency> dependencies;
  std::vector<Matcher> matchers;
  std::vector<Range> number_enums;  // into number_values
  std::vector<Value> number_values;
  std::vector<Step> steps;
  std::vector<std::unique_ptr<const std::string>> texts;
};

std::unique_ptr<const ProvePlan> CompileProve(const Plan& plan);

// Hash of a name of `size` bytes; reads eight bytes from its first, whatever its size.
inline uint64_t HashText(const uint8_t* text, size_t size) {
  uint64_t head;
  std::memcpy(&head, text, sizeof(head));
  if (size < 8) return size == 0 ? 0 : head << (64 - 8 * size);
  uint64_t tail;
  std::memcpy(&tail, text + size - 8, sizeof(tail));
  return head + tail * 0x9E3779B97F4A7C15u + size;
}

}  // namespace fracas::contract
