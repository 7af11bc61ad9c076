#include <algorithm>

#include "contract/prove_step.h"
#include "contract/prove_text.h"
#include "contract/prove_walk.h"
#include "contract/stream_rules.h"
#include "json/utf8.h"

// What ordinary records rarely hold: names that no schema mentions, numbers near their bounds or
// too long for a block, strings with escapes and characters beyond ASCII.

namespace fracas::contract {
namespace {

// Names of one object, or elements of one array, that are compared with each other; more are left
// to explain.
constexpr uint32_t kComparedMax = 32;
// Indexes that may be looked through to compare one name.
constexpr ptrdiff_t kIndexesMax = 4'096;

// U+007F, and the lead bytes of the blocks that hold a character that can be forbidden.
bool MayBeginForbidden(uint8_t byte) {
  return byte == 0x7F || byte == 0xC2 || byte == 0xD8 || byte == 0xE2 || byte == 0xEF ||
         byte >= 0xF0;
}

}  // namespace

// --- Names
// ---------------------------------------------------------------------------------------------

uint32_t ProveWalk::FindName(const ProveTable& table, const uint8_t* name, size_t size) const {
  const uint16_t* const slots = fast_.slots.data() + table.slots.begin;
  const uint32_t mask = table.slots.size() - 1;
  for (auto i = static_cast<uint32_t>(HashText(name, size) * table.multiplier >> table.shift);;
       i = (i + 1) & mask) {
    const uint16_t slot = slots[i];
    if (slot == 0) return kNone;
    const ProveName& known = fast_.members[table.names.begin + slot - 1].name;
    if (known.token_size != size + 2) continue;
    // The colon is not part of it: texts of enumerations have none, names may have it further on.
    const uint32_t mask_of_token = size + 2 < kBlock ? (1u << (size + 2)) - 1 : known.head_mask;
    const Block head = LoadBlock(known.head.data());
    if ((EqualMask(LoadBlock(name - 1), head) & mask_of_token) != mask_of_token) continue;
    if (known.token_size <= kBlock ||
        std::memcmp(name + kBlock - 1, known.name + kBlock - 1, known.token_size - kBlock) == 0) {
      return slot - 1u;
    }
  }
}

uint32_t ProveWalk::FindMemberAt(const ProveObject& object, Place at) const {
  const uint8_t* const token = bytes_ + at[0];
  if (*token != '"' || bytes_[at[1]] != ':') return kNone;
  return FindName(object.table, token + 1,
                  static_cast<size_t>(EndOfToken(bytes_ + at[1]) - token - 2));
}

const ProveNode* ProveWalk::Other(const ProveObject& object, Place first, Place at) const {
  const uint8_t* const token = bytes_ + at[0];
  if (*token != '"' || bytes_[at[1]] != ':') return nodes_;
  const auto size = static_cast<size_t>(EndOfToken(bytes_ + at[1]) - token - 2);
  if (object.track_others && !IsNewName(object, first, at)) return nodes_;
  return nodes_ + OtherNode(object, token + 1, size);
}

NodeIndex ProveWalk::OtherNode(const ProveObject& object, const uint8_t* name, size_t size) const {
  const std::string_view text = ViewOf(name, size);
  if (!IsPlainText(name, size)) {
    // An escape may spell a name that the table holds.
    if (text.find('\\') != text.npos || !IsAllowedText(name, size)) return 0;
  }
  NodeIndex node = object.additional;
  bool matched = false;
  for (uint32_t i = object.patterns.begin; i < object.patterns.end; ++i) {
    const ProvePatternMember& member = fast_.pattern_members[i];
    if (!member.pattern->Search(text)) continue;
    if (matched) return 0;  // has to fulfil both
    matched = true;
    node = member.node;
  }
  return node;
}

// The names in front are found by counting brackets, which the walk has already seen to match.
bool ProveWalk::IsNewName(const ProveObject& object, Place first, Place at) const {
  if (at - first > kIndexesMax) return false;
  const uint8_t* const name = bytes_ + at[0];
  const auto size = static_cast<size_t>(EndOfToken(bytes_ + at[1]) - name);
  uint32_t compared = 0;
  uint32_t nesting = 0;
  for (Place each = first; each < at; ++each) {
    const uint8_t byte = bytes_[*each];
    if (byte == '{' || byte == '[') ++nesting;
    if (byte == '}' || byte == ']') --nesting;
    if (nesting != 0 || byte != '"' || bytes_[each[1]] != ':') continue;
    const auto other = static_cast<size_t>(EndOfToken(bytes_ + each[1]) - (bytes_ + *each));
    if (other == size && std::memcmp(bytes_ + *each, name, size) == 0) return false;
    if (++compared > kComparedMax + object.table.names.size()) return false;
  }
  return true;
}

uint32_t ProveWalk::CountMembers(Place first, Place end) const {
  uint32_t count = 0;
  uint32_t nesting = 0;
  for (Place each = first; each < end - 1; ++each) {
    const uint8_t byte = bytes_[*each];
    if (byte == '{' || byte == '[') ++nesting;
    if (byte == '}' || byte == ']') --nesting;
    if (nesting == 0 && byte == ':') ++count;
  }
  return count;
}

bool ProveWalk::Complete(const ProveObject& object, const Seen& seen) const {
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

// Strings without escapes are different where their bytes are; anything else is left to explain.
bool ProveWalk::Distinct(Place first, uint32_t count) const {
  if (count <= 1) return true;
  if (count > kComparedMax) return false;
  std::array<std::string_view, kComparedMax> texts;
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t* const text = bytes_ + first[2 * i];
    if (*text != '"') return false;
    const std::string_view token =
        ViewOf(text, static_cast<size_t>(EndOfToken(bytes_ + first[2 * i + 1]) - text));
    const auto seen = texts.begin() + i;
    if (token.find('\\') != token.npos || std::find(texts.begin(), seen, token) != seen)
      return false;
    texts[i] = token;
  }
  return true;
}

// --- Numbers
// ---------------------------------------------------------------------------------------------

bool ProveWalk::ExactNumber(const ProveNode& node, const uint8_t* text) const {
  const auto begin = static_cast<size_t>(text - bytes_);
  const size_t end = json::EndOfNumber(bytes_, begin);
  if (end == json::kNotAToken) return false;
  const json::Decimal number = json::ParseDecimal(ViewOf(text, end - begin));
  if ((node.flags & kIntegerOnly) != 0 && !json::IsInteger(number)) return false;
  for (uint32_t i = node.argument; i < node.more; ++i) {
    const Step& step = fast_.steps[i];
    if (!FulfilsBound(step.op, number, plan_.numbers[step.arg].value)) return false;
  }
  return true;
}

bool ProveWalk::NumberEnum(const ProveNode& node, const uint8_t* text, const uint8_t* next) const {
  if (*text != '-' && !json::IsDigit(*text)) return false;
  const std::string_view token = ViewOf(text, static_cast<size_t>(EndOfToken(next) - text));
  const Range values = fast_.number_enums[node.argument];
  for (uint32_t i = values.begin; i < values.end; ++i) {
    if (fast_.number_values[i].text == token) return true;
  }
  const auto begin = static_cast<size_t>(text - bytes_);
  if (json::EndOfNumber(bytes_, begin) != begin + token.size()) return false;
  const json::Decimal number = json::ParseDecimal(token);
  for (uint32_t i = values.begin; i < values.end; ++i) {
    if (json::Compare(fast_.number_values[i].number, number) == 0) return true;
  }
  return false;
}

// --- Strings
// ---------------------------------------------------------------------------------------------

bool ProveWalk::StringEnum(const ProveNode& node, const uint8_t* text, const uint8_t* next) const {
  if (*text != '"') return false;
  const auto size = static_cast<size_t>(EndOfToken(next) - text - 2);
  return FindName(fast_.tables[node.argument], text + 1, size) != kNone;
}

bool ProveWalk::UnusualText(const ProveNode& node, const uint8_t* text, size_t size) const {
  if (!IsAllowedText(text, size)) return false;
  // No character takes more than the twelve bytes of an escaped pair.
  const auto most = static_cast<int64_t>(size);
  const int64_t least = size == 0 ? 0 : std::max<int64_t>(1, most / 12);
  if (most > node.high || least < node.low) {
    const auto length = static_cast<int64_t>(CountCharacters(text, size));
    if (length < node.low || length > node.high) return false;
  }
  if (node.op == ProveOp::kText) return true;
  if (std::memchr(text, '\\', size) != nullptr) return false;
  for (uint32_t i = node.argument; i < node.more; ++i) {
    if (!FulfilsText(plan_, fast_.steps[i], ViewOf(text, size))) return false;
  }
  return true;
}

// Sixteen bytes at a time for those that need a look: the usual escapes and most of what is not
// ASCII are settled at once.
bool ProveWalk::IsAllowedText(const uint8_t* text, size_t size) const {
  size_t next = 0;  // what stands in front is settled
  for (size_t begin = 0; begin < size; begin += kBlock) {
    uint32_t mask = SuspectMask(LoadBlock(text + begin));
    if (size - begin < kBlock) mask &= (1u << (size - begin)) - 1;
    for (; mask != 0; mask &= mask - 1) {
      const size_t at = begin + static_cast<size_t>(__builtin_ctz(mask));
      if (at < next) continue;
      if (text[at] == '\\') {
        const uint8_t kind = text[at + 1];
        const bool usual =
            kind == 'n' || kind == '"' || kind == '\\' || kind == '/' || kind == 't' || kind == 'r';
        if (!usual) return IsAllowedTextSlowly(text, size);
        next = at + 2;
      } else if (plan_.checks_characters && MayBeginForbidden(text[at]) &&
                 IsForbidden(plan_.stream.forbid_characters,
                             json::DecodeUtf8(ViewOf(text, size), at).value)) {
        return false;
      }
    }
  }
  return true;
}

bool ProveWalk::IsAllowedTextSlowly(const uint8_t* text, size_t size) const {
  bool ignored = false;
  const auto quote = static_cast<size_t>(text - 1 - bytes_);
  if (json::EndOfString(bytes_, quote, &ignored) != quote + size + 2) return false;
  return !plan_.checks_characters ||
         !FindForbidden(plan_.stream.forbid_characters, ViewOf(text, size)).found;
}

}  // namespace fracas::contract
