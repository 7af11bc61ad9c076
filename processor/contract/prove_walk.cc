#include "contract/prove_walk.h"

#include <algorithm>

#include "contract/prove_text.h"
#include "core/limits.h"

// The walk over what ordinary records consist of. Nothing is trusted: every index must hold what
// JSON's grammar wants there, every scalar must end where the next index or white space begins.
// With that, a walk that gets through has seen a well-formed document.
//
// Instructions count here (bench/micro). Each value costs one dispatch; what is rare is out of
// line.

namespace fracas::contract {
namespace {

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

uint32_t LoadFour(const uint8_t* text) {
  uint32_t word;
  std::memcpy(&word, text, sizeof(word));
  return word;
}
constexpr uint32_t Four(const char (&text)[5]) {
  return static_cast<uint32_t>(text[0]) | static_cast<uint32_t>(text[1]) << 8 |
         static_cast<uint32_t>(text[2]) << 16 | static_cast<uint32_t>(text[3]) << 24;
}
bool IsNull(const uint8_t* text, const uint8_t* next) {
  return LoadFour(text) == Four("null") && EndOfToken(next) == text + 4;
}
bool IsBoolean(uint8_t flags, const uint8_t* text, const uint8_t* next) {
  if (*text == 't') {
    return (flags & kAllowTrue) != 0 && LoadFour(text) == Four("true") &&
           EndOfToken(next) == text + 4;
  }
  return (flags & kAllowFalse) != 0 && *text == 'f' && LoadFour(text + 1) == Four("alse") &&
         EndOfToken(next) == text + 5;
}

// The first value of an enumeration of numbers, as it is spelled in the schema.
bool IsFirstValue(const ProveNode& node, const uint8_t* text, const uint8_t* next) {
  uint64_t word;
  std::memcpy(&word, text, sizeof(word));
  return (static_cast<int64_t>(word) & node.high) == node.low &&
         text + node.flags == EndOfToken(next);
}

// The value of 1 to 8 digits: pairs, then fours, then all, each step with one multiplication.
uint64_t FewDigits(const uint8_t* digits, uint32_t count) {
  uint64_t word;
  std::memcpy(&word, digits, sizeof(word));
  word = (word << (64 - 8 * count)) & 0x0F0F0F0F0F0F0F0F;
  word = (word * 2561) >> 8;
  word = ((word & 0x00FF00FF00FF00FF) * 6'553'601) >> 16;
  return ((word & 0x0000FFFF0000FFFF) * 42'949'672'960'001) >> 32;
}
// The value of 1 to 15 digits.
int64_t Digits(const uint8_t* digits, uint32_t count) {
  if (count == 1) return *digits - '0';
  if (count <= 8) return static_cast<int64_t>(FewDigits(digits, count));
  return static_cast<int64_t>(FewDigits(digits, count - 8) * 100'000'000 +
                              FewDigits(digits + count - 8, 8));
}

}  // namespace

bool ProveWalk::Document() {
  const Place begin = input_.scan.indexes;
  return Value(nodes_ + fast_.root, begin, 0) == begin + input_.scan.count;
}

// --- Scalars
// -------------------------------------------------------------------------------------------

// Short numbers without an exponent, between bounds that are not near: nothing but the integer part
// is converted. Everything else takes the exact way.
[[gnu::always_inline]] inline bool ProveWalk::Number(const ProveNode& node, const uint8_t* text,
                                                     const uint8_t* next) const {
  const bool negative = *text == '-';
  const uint8_t* const digits = text + (negative ? 1 : 0);
  const uint32_t others = ~DigitMask(LoadBlock(digits));
  const auto whole = static_cast<uint32_t>(__builtin_ctz(others));
  if (whole == 0 || (*digits == '0' && whole > 1)) return false;
  uint32_t size = whole;
  if (digits[whole] == '.') {
    // The digits behind the point; a number that fills the block is looked at again.
    size = static_cast<uint32_t>(__builtin_ctz(others & (others - 1)));
    if (size == whole + 1 || (node.flags & kIntegerOnly) != 0) return ExactNumber(node, text);
  }
  const bool ends = digits + size == next || EndOfToken(next) == digits + size;
  if (!ends || size >= kBlock) return ExactNumber(node, text);
  if (whole <= node.safe_digits[negative ? 1 : 0]) return true;
  if ((node.flags & kExactSteps) != 0) return ExactNumber(node, text);
  const int64_t magnitude = Digits(digits, whole);
  // The integers on either side; the same one if it is an integer.
  const int64_t beyond = magnitude + (size != whole ? 1 : 0);
  const int64_t floor = negative ? -beyond : magnitude;
  const int64_t ceiling = negative ? -magnitude : beyond;
  return (floor >= node.low && ceiling <= node.high) || ExactNumber(node, text);
}

[[gnu::always_inline]] inline bool ProveWalk::String(const ProveNode& node, const uint8_t* text,
                                                     const uint8_t* next) const {
  if (*text != '"') return false;
  const uint8_t* quote = next - 1;
  if (*quote != '"') quote = EndOfToken(next) - 1;
  if (quote <= text++) return false;
  const auto size = static_cast<size_t>(quote - text);
  bool simple = false;
  if (node.op == ProveOp::kText) simple = IsPlainText(text, size);
  if (node.op == ProveOp::kUuid) simple = IsSimpleUuid(text, size);
  if (node.op == ProveOp::kDate) simple = IsSimpleDate(text, size);
  if (node.op == ProveOp::kDateTime) simple = IsSimpleTime(text, size);
  if (node.op == ProveOp::kEmail) simple = IsSimpleEmail(text, size);
  if (node.op == ProveOp::kIpv4) simple = IsSimpleIpv4(text, size);
  if (node.op == ProveOp::kMatched) {
    if (!Match(fast_.matchers[node.argument], text, size)) return false;
    simple = true;
  }
  if (!simple) return UnusualText(node, text, size);
  const auto length = static_cast<int64_t>(size);
  return length >= node.low && length <= node.high;
}

// Each case knows `node.op`, so that String is reduced to its check.
[[gnu::always_inline]] inline bool ProveWalk::Scalar(const ProveNode& node, const uint8_t* text,
                                                     const uint8_t* next) const {
  switch (node.op) {
    case ProveOp::kNull: return IsNull(text, next);
    case ProveOp::kBoolean: return IsBoolean(node.flags, text, next);
    case ProveOp::kNumber: return Number(node, text, next);
    case ProveOp::kNumberEnum:
      return IsFirstValue(node, text, next) || NumberEnum(node, text, next);
    case ProveOp::kText: return String(node, text, next);
    case ProveOp::kMatched: return String(node, text, next);
    case ProveOp::kUuid: return String(node, text, next);
    case ProveOp::kDate: return String(node, text, next);
    case ProveOp::kDateTime: return String(node, text, next);
    case ProveOp::kEmail: return String(node, text, next);
    case ProveOp::kIpv4: return String(node, text, next);
    case ProveOp::kTextSteps: return String(node, text, next);
    case ProveOp::kStringEnum: return StringEnum(node, text, next);
    case ProveOp::kArray:
    case ProveOp::kObject:
    case ProveOp::kMixed:
    case ProveOp::kRuled:
    case ProveOp::kUnproven: return false;
  }
  return false;
}

bool ProveWalk::ScalarOutOfLine(const ProveNode& node, const uint8_t* text,
                                const uint8_t* next) const {
  return Scalar(node, text, next);
}

[[gnu::always_inline]] inline ProveWalk::Place ProveWalk::Value(const ProveNode* node, Place at,
                                                                uint32_t depth) {
  const uint8_t* const text = bytes_ + at[0];
  const uint8_t* const next = bytes_ + at[1];
  if (node->op < ProveOp::kArray) return Scalar(*node, text, next) ? at + 1 : nullptr;
  if (node->op == ProveOp::kMixed) {
    node = nodes_ + fast_.mixed[node->argument][static_cast<size_t>(KindOf(*text))];
  }
  if (node->op == ProveOp::kRuled) return Ruled(*node, text, next) ? at + 1 : nullptr;
  if (node->op == ProveOp::kArray) {
    return *text == '[' ? Array(fast_.arrays[node->argument], at + 1, depth + 1) : nullptr;
  }
  if (node->op == ProveOp::kObject) {
    return *text == '{' ? Object(fast_.objects[node->argument], at + 1, depth + 1) : nullptr;
  }
  return ScalarOutOfLine(*node, text, next) ? at + 1 : nullptr;
}

// --- Containers

namespace {

// `"name":` stands at `token`; `next`, the next structural character, may be followed only once the
// token has turned out to be one. Where there is white space in front of the colon it is not found.
[[gnu::always_inline]] inline bool IsName(const ProveName& name, const uint8_t* token,
                                          const uint8_t* next) {
  const Block expected = LoadBlock(name.head.data());
  if ((EqualMask(LoadBlock(token), expected) & name.head_mask) != name.head_mask) return false;
  if (name.token_size < kBlock) return true;
  // Only what lies in front of the next structural character is sure to be readable.
  return static_cast<size_t>(next - token) == name.token_size && *next == ':' &&
         std::memcmp(token + kBlock, name.name + kBlock - 1, name.token_size - kBlock) == 0;
}

// Members begin … end - 1 were there, one after the other. False if one of them was there before.
bool Note(size_t begin, size_t end, std::array<uint64_t, kSeenWords>* seen) {
  while (begin < end) {
    const size_t word = begin / 64;
    const size_t here = std::min(end, (word + 1) * 64) - begin;
    const uint64_t bits = (~uint64_t{0} >> (64 - here)) << (begin % 64);
    if (((*seen)[word] & bits) != 0) return false;
    (*seen)[word] |= bits;
    begin += here;
  }
  return true;
}

}  // namespace

// Most producers write members in the order of the schema: then a member costs one comparison with
// the name that is expected, and what was seen is one range.
ProveWalk::Place ProveWalk::Object(const ProveObject& object, Place at, uint32_t depth) {
  if (depth > limits::kProveDepthMax) return nullptr;
  const uint8_t* const bytes = bytes_;
  const ProveMember* const members = fast_.members.data() + object.table.names.begin;
  const ProveMember* expected = members;
  const ProveMember* run = members;  // members run … expected - 1 were read and are not in `seen`
  const Place first = at;
  Seen seen{};
  bool more = bytes[at[0]] != '}';
  while (more) {
    const ProveNode* node = &expected->node;
    if (IsName(expected->name, bytes + at[0], bytes + at[1])) {
      ++expected;
    } else {
      const auto skipped = static_cast<size_t>(run - members);
      if (!Note(skipped, static_cast<size_t>(expected - members), &seen)) return nullptr;
      const uint32_t member = FindMemberAt(object, at);
      if (member == kNone) {
        node = Other(object, first, at);
        run = expected;
      } else {
        run = members + member;
        expected = run + 1;
        node = &run->node;
      }
    }
    at = Value(node, at + 2, depth);
    if (at == nullptr) return nullptr;
    more = bytes[*at] == ',';
    if (more) ++at;
  }
  if (bytes[*at++] != '}') return nullptr;
  const auto begin = static_cast<size_t>(run - members);
  if (!Note(begin, static_cast<size_t>(expected - members), &seen)) return nullptr;
  if (object.words != 0 && !Complete(object, seen)) return nullptr;
  if (!object.counted) return at;
  const uint32_t count = CountMembers(first, at);
  return count >= object.count_min && count <= object.count_max ? at : nullptr;
}

ProveWalk::Place ProveWalk::Array(const ProveArray& array, Place at, uint32_t depth) {
  if (depth > limits::kProveDepthMax) return nullptr;
  const uint8_t* const bytes = bytes_;
  const ProveNode* const rest = nodes_ + array.rest;
  const NodeIndex* const prefix = fast_.node_lists.data() + array.prefix.begin;
  const uint32_t prefix_size = array.prefix.size();
  const Place first = at;
  uint32_t count = 0;
  uint8_t separator = bytes[at[0]] == ']' ? ']' : ',';
  if (separator == ']') ++at;
  while (separator == ',') {
    const ProveNode* const node = count < prefix_size ? nodes_ + prefix[count] : rest;
    at = Value(node, at, depth);
    if (at == nullptr) return nullptr;
    ++count;
    separator = bytes[*at++];
  }
  if (separator != ']' || count < array.count_min || count > array.count_max) return nullptr;
  return !array.unique || Distinct(first, count) ? at : nullptr;
}

}  // namespace fracas::contract
