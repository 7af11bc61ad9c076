#include "contract/prove_walk.h"

#include "contract/prove_text.h"
#include "contract/stream_rules.h"
#include "core/limits.h"

// Containers and names. Nothing is trusted: every index must hold what JSON's grammar wants there,
// every scalar must end where the next index or white space begins. With that, a walk that gets
// through has seen a well-formed document.

namespace fracas::contract {
namespace {

// Other names of one object that are compared with each other; more are left to explain.
constexpr uint32_t kOthersMax = 16;

constexpr ProveKind KindOf(uint8_t first) {
  switch (first) {
    case '"': return ProveKind::kString;
    case '{': return ProveKind::kObject;
    case '[': return ProveKind::kArray;
    case 't':
    case 'f': return ProveKind::kBoolean;
    case 'n': return ProveKind::kNull;
    default: return ProveKind::kNumber;  // or nothing at all, which is not a number either
  }
}

struct OtherName {
  const uint8_t* text = nullptr;
  size_t size = 0;
};

// The names of one object that its schema does not mention.
class OtherNames {
 public:
  // False for a name that was there before, and when there are too many to know.
  bool Add(OtherName name) {
    if (count_ == kOthersMax) return false;
    for (uint32_t i = 0; i < count_; ++i) {
      if (names_[i].size == name.size && std::memcmp(names_[i].text, name.text, name.size) == 0)
        return false;
    }
    names_[count_++] = name;
    return true;
  }

 private:
  uint32_t count_ = 0;
  OtherName names_[kOthersMax];
};

}  // namespace

bool ProveWalk::Document() {
  const Place begin = input_.scan.indexes;
  return Value(fast_.root, begin, 0) == begin + input_.scan.count;
}

ProveWalk::Place ProveWalk::Value(NodeIndex index, Place at, uint32_t depth) {
  const ProveNode& node = nodes_[index];
  const uint8_t* const text = bytes_ + at[0];
  const uint8_t* const next = bytes_ + at[1];
  bool proved = false;
  switch (node.op) {
    case ProveOp::kUnproven: return nullptr;
    case ProveOp::kNull: proved = Null(text, next); break;
    case ProveOp::kBoolean: proved = Boolean(node, text, next); break;
    case ProveOp::kNumber: proved = Number(node, text, next); break;
    case ProveOp::kNumberEnum: proved = NumberEnum(node, text, next); break;
    case ProveOp::kString: proved = String(node, text, next); break;
    case ProveOp::kStringEnum: proved = StringEnum(node, text, next); break;
    case ProveOp::kArray:
      return *text == '[' ? Array(fast_.arrays[node.argument], at + 1, depth + 1) : nullptr;
    case ProveOp::kObject:
      return *text == '{' ? Object(fast_.objects[node.argument], at + 1, depth + 1) : nullptr;
    case ProveOp::kMixed: return Mixed(node, at, depth);
  }
  if (!proved || (node.ruled && !Rules(node, text, next))) return nullptr;
  return at + 1;
}

ProveWalk::Place ProveWalk::Mixed(const ProveNode& node, Place at, uint32_t depth) {
  const auto kind = static_cast<size_t>(KindOf(bytes_[at[0]]));
  return Value(fast_.mixed[node.argument][kind], at, depth);
}

// --- Objects
// ---------------------------------------------------------------------------------------------

// The name's token begins at `token`, and is over before `next`, the next structural character.
bool ProveWalk::IsName(const ProveName& name, const uint8_t* token, const uint8_t* next) {
  const Block expected = LoadBlock(name.head.data());
  if ((EqualMask(LoadBlock(token), expected) & name.head_mask) != name.head_mask) return false;
  if (name.token_size <= kBlock) return true;
  // Only what lies in front of the next structural character is sure to be readable.
  return static_cast<size_t>(next - token) >= name.token_size &&
         std::memcmp(token + kBlock, name.name + kBlock - 1, name.token_size - kBlock) == 0;
}

uint32_t ProveWalk::FindName(const ProveTable& table, const uint8_t* name, size_t size) const {
  const uint16_t* const slots = fast_.slots.data() + table.slots.begin;
  const uint32_t mask = table.slots.size() - 1;
  for (auto i = static_cast<uint32_t>(HashText(name, size) * table.multiplier >> table.shift);;
       i = (i + 1) & mask) {
    const uint16_t slot = slots[i];
    if (slot == 0) return kNone;
    const ProveName& known = fast_.names[table.names.begin + slot - 1];
    if (known.token_size == size + 2 && IsName(known, name - 1, name + size + 1)) return slot - 1u;
  }
}

NodeIndex ProveWalk::Other(const ProveObject& object, const uint8_t* name, size_t size) const {
  if (!IsPlainText(name, size)) {
    // An escape may spell a name that the table holds.
    const std::string_view text(reinterpret_cast<const char*>(name), size);
    if (text.find('\\') != text.npos) return 0;
    if (plan_.checks_characters && FindForbidden(plan_.stream.forbid_characters, text).found)
      return 0;
  }
  NodeIndex node = object.additional;
  bool matched = false;
  for (uint32_t i = object.patterns.begin; i < object.patterns.end; ++i) {
    const ProvePatternMember& member = fast_.pattern_members[i];
    if (!member.pattern->Search({reinterpret_cast<const char*>(name), size})) continue;
    if (matched) return 0;  // has to fulfil both
    matched = true;
    node = member.node;
  }
  return node;
}

ProveWalk::Place ProveWalk::Object(const ProveObject& object, Place at, uint32_t depth) {
  if (depth > limits::kProveDepthMax) return nullptr;
  std::array<uint64_t, kSeenWords> seen{};
  uint32_t count = 0;
  const ProveName* const names = fast_.names.data() + object.table.names.begin;
  const NodeIndex* const nodes = fast_.node_lists.data() + object.member_nodes.begin;
  const uint32_t names_count = object.table.names.size();
  uint32_t expected = 0;  // most producers write members in the order of the schema
  OtherNames others;
  if (bytes_[at[0]] == '}')
    return object.count_min == 0 && Complete(object, seen) ? at + 1 : nullptr;
  for (;;) {
    const uint8_t* const token = bytes_ + at[0];
    const uint8_t* const colon = bytes_ + at[1];
    if (*token != '"' || *colon != ':') return nullptr;
    uint32_t member = expected;
    NodeIndex node = 0;
    if (member >= names_count || !IsName(names[member], token, colon)) {
      const auto size = static_cast<size_t>(EndOfToken(colon) - token - 2);
      member = FindName(object.table, token + 1, size);
      if (member == kNone) {
        node = Other(object, token + 1, size);
        if (object.track_others && !others.Add({token + 1, size})) return nullptr;
      }
    }
    if (member != kNone) {
      const uint64_t bit = uint64_t{1} << (member & 63);
      uint64_t& word = seen[member >> 6];
      if ((word & bit) != 0) return nullptr;
      word |= bit;
      expected = member + 1;
      node = nodes[member];
    }
    at = Value(node, at + 2, depth);
    if (at == nullptr) return nullptr;
    ++count;
    const uint8_t separator = bytes_[*at++];
    if (separator == ',') continue;
    if (separator != '}' || count < object.count_min || count > object.count_max) return nullptr;
    return Complete(object, seen) ? at : nullptr;
  }
}

bool ProveWalk::Complete(const ProveObject& object,
                         const std::array<uint64_t, kSeenWords>& seen) const {
  for (uint32_t i = 0; i < object.words; ++i) {
    if ((seen[i] & object.required[i]) != object.required[i]) return false;
  }
  for (uint32_t i = object.dependencies.begin; i < object.dependencies.end; ++i) {
    const ProveDependency& dependency = fast_.dependencies[i];
    if ((seen[dependency.trigger >> 6] >> (dependency.trigger & 63) & 1) == 0) continue;
    for (size_t word = 0; word < kSeenWords; ++word) {
      if ((seen[word] & dependency.needed[word]) != dependency.needed[word]) return false;
    }
  }
  return true;
}

// --- Arrays
// ----------------------------------------------------------------------------------------------

ProveWalk::Place ProveWalk::Array(const ProveArray& array, Place at, uint32_t depth) {
  if (depth > limits::kProveDepthMax) return nullptr;
  if (bytes_[at[0]] == ']') return array.count_min == 0 ? at + 1 : nullptr;
  const Place first = at;
  const NodeIndex* const prefix = fast_.node_lists.data() + array.prefix.begin;
  for (uint32_t count = 0;;) {
    at = Value(count < array.prefix.size() ? prefix[count] : array.rest, at, depth);
    if (at == nullptr) return nullptr;
    ++count;
    const uint8_t separator = bytes_[*at++];
    if (separator == ',') continue;
    if (separator != ']' || count < array.count_min || count > array.count_max) return nullptr;
    return !array.unique || Distinct(first, count) ? at : nullptr;
  }
}

// Strings without escapes are different where their bytes are; anything else is left to explain.
bool ProveWalk::Distinct(Place first, uint32_t count) const {
  if (count == 1) return true;
  OtherNames texts;
  for (uint32_t i = 0; i < count; ++i, first += 2) {
    const uint8_t* const text = bytes_ + first[0];
    if (*text != '"') return false;
    const auto size = static_cast<size_t>(EndOfToken(bytes_ + first[1]) - text - 2);
    if (std::memchr(text + 1, '\\', size) != nullptr || !texts.Add({text + 1, size})) return false;
  }
  return true;
}

}  // namespace fracas::contract
