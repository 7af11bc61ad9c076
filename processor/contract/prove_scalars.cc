#include "contract/prove_step.h"
#include "contract/prove_text.h"
#include "contract/prove_walk.h"
#include "contract/stream_rules.h"
#include "core/limits.h"

// Scalars and the stream's rules about them.

namespace fracas::contract {
namespace {

std::string_view View(const uint8_t* text, size_t size) {
  return {reinterpret_cast<const char*>(text), size};
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
  if (count <= 8) return static_cast<int64_t>(FewDigits(digits, count));
  return static_cast<int64_t>(FewDigits(digits, count - 8) * 100'000'000 +
                              FewDigits(digits + count - 8, 8));
}

}  // namespace

bool ProveWalk::Null(const uint8_t* text, const uint8_t* next) const {
  return LoadFour(text) == Four("null") && EndOfToken(next) == text + 4;
}

bool ProveWalk::Boolean(const ProveNode& node, const uint8_t* text, const uint8_t* next) const {
  if (*text == 't') {
    return (node.flags & kAllowTrue) != 0 && LoadFour(text) == Four("true") &&
           EndOfToken(next) == text + 4;
  }
  return (node.flags & kAllowFalse) != 0 && *text == 'f' && LoadFour(text + 1) == Four("alse") &&
         EndOfToken(next) == text + 5;
}

// --- Numbers
// ---------------------------------------------------------------------------------------------

// Short numbers without an exponent, between bounds that are not near: nothing but the integer part
// is converted. Everything else takes the exact way.
bool ProveWalk::Number(const ProveNode& node, const uint8_t* text, const uint8_t* next) const {
  const bool negative = *text == '-';
  const uint8_t* const digits = text + (negative ? 1 : 0);
  const uint32_t mask = DigitMask(LoadBlock(digits));
  const auto whole = static_cast<uint32_t>(__builtin_ctz(~mask));
  if (whole == 0 || (whole > 1 && *digits == '0')) return false;
  uint32_t size = whole;
  uint32_t fraction = 0;
  if (whole < kBlock && digits[whole] == '.') {
    fraction = static_cast<uint32_t>(__builtin_ctz(~(mask >> (whole + 1))));
    size = whole + 1 + fraction;
    if (fraction == 0 || (node.flags & kIntegerOnly) != 0) return ExactNumber(node, text);
  }
  if (size >= kBlock || EndOfToken(next) != digits + size || (node.flags & kExactSteps) != 0) {
    return ExactNumber(node, text);
  }
  if ((node.flags & kBounded) == 0 || ((node.flags & kNonNegative) != 0 && !negative)) return true;
  const int64_t magnitude = Digits(digits, whole);
  // The integers on either side; the same one if it is an integer.
  const int64_t beyond = fraction == 0 ? magnitude : magnitude + 1;
  const int64_t floor = negative ? -beyond : magnitude;
  const int64_t ceiling = negative ? -magnitude : beyond;
  return (floor >= node.low && ceiling <= node.high) || ExactNumber(node, text);
}

bool ProveWalk::ExactNumber(const ProveNode& node, const uint8_t* text) const {
  const auto begin = static_cast<size_t>(text - bytes_);
  const size_t end = json::EndOfNumber(bytes_, begin);
  if (end == json::kNotAToken) return false;
  const json::Decimal number = json::ParseDecimal(View(text, end - begin));
  if ((node.flags & kIntegerOnly) != 0 && !json::IsInteger(number)) return false;
  for (uint32_t i = node.argument; i < node.more; ++i) {
    const Step& step = fast_.steps[i];
    if (!FulfilsBound(step.op, number, plan_.numbers[step.arg].value)) return false;
  }
  return true;
}

bool ProveWalk::NumberEnum(const ProveNode& node, const uint8_t* text, const uint8_t* next) const {
  if (*text != '-' && !json::IsDigit(*text)) return false;
  const std::string_view token = View(text, static_cast<size_t>(EndOfToken(next) - text));
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
  const uint8_t* const end = EndOfToken(next);
  if (end - text < 2) return false;
  return FindName(fast_.tables[node.argument], text + 1, static_cast<size_t>(end - text - 2)) !=
         kNone;
}

bool ProveWalk::String(const ProveNode& node, const uint8_t* text, const uint8_t* next) {
  if (*text != '"') return false;
  const uint8_t* const end = EndOfToken(next);
  if (end - text < 2) return false;
  ++text;
  const auto size = static_cast<size_t>(end - text - 1);
  bool simple = false;
  switch (node.check) {
    case TextCheck::kAnyText: simple = IsPlainText(text, size); break;
    case TextCheck::kMatcher:
      if (!Match(fast_.matchers[node.argument], text, size)) return false;
      simple = true;
      break;
    case TextCheck::kUuid: simple = IsSimpleUuid(text, size); break;
    case TextCheck::kDate: simple = IsSimpleDate(text, size); break;
    case TextCheck::kDateTime: simple = ParseSimpleTime(text, size, &simple_time_ms_); break;
    case TextCheck::kEmail: simple = IsSimpleEmail(text, size); break;
    case TextCheck::kIpv4: simple = IsSimpleIpv4(text, size); break;
    case TextCheck::kSteps: break;
  }
  if (!simple) return UnusualText(node, text, size);
  const auto length = static_cast<int64_t>(size);
  return length >= node.low && length <= node.high;
}

bool ProveWalk::UnusualText(const ProveNode& node, const uint8_t* text, size_t size) {
  simple_time_ms_ = kNoTime;
  bool escaped = false;
  const auto quote = static_cast<size_t>(text - 1 - bytes_);
  if (json::EndOfString(bytes_, quote, &escaped) != quote + size + 2) return false;
  if (plan_.checks_characters &&
      FindForbidden(plan_.stream.forbid_characters, View(text, size)).found) {
    return false;
  }
  const auto length = static_cast<int64_t>(CountCharacters(text, size));
  if (length < node.low || length > node.high) return false;
  if (node.check == TextCheck::kAnyText) return true;
  return !escaped && TextSteps(node, text, size);
}

bool ProveWalk::TextSteps(const ProveNode& node, const uint8_t* text, size_t size) const {
  for (uint32_t i = node.argument; i < node.more; ++i) {
    if (!FulfilsText(plan_, fast_.steps[i], View(text, size))) return false;
  }
  return true;
}

// --- The stream's rules
// ----------------------------------------------------------------------------------

bool ProveWalk::Rules(const ProveNode& node, const uint8_t* text, const uint8_t* next) {
  const PointerNode& rules = plan_.pointer_nodes[node.pointer];
  const bool is_string = *text == '"';
  const uint8_t* end = EndOfToken(next);
  if (is_string) {
    ++text;
    --end;
  }
  const std::string_view view = View(text, static_cast<size_t>(end - text));
  if (is_string && std::memchr(text, '\\', view.size()) != nullptr) return false;
  if (rules.critical != kNone && is_string) {
    const bool surely_not_blank = *text > ' ' && *text < 0x7F && !view.empty();
    if (!surely_not_blank && IsBlank(view)) return false;
    if (!plan_.stream.sentinels.empty() && IsSentinel(plan_.stream, view)) return false;
  }
  if (rules.captures != 0) {
    if (view.size() > limits::kIdBytesMax) return false;
    const char* const begin = input_.document.data() + (text - bytes_);
    for (uint32_t left = rules.captures; left != 0; left &= left - 1) {
      captured_->values[static_cast<size_t>(__builtin_ctz(left))] = {true, {begin, view.size()}};
    }
  }
  return !rules.event_time || EventTime(node, is_string, view);
}

// What ParseSimpleTime reads has an offset, so that the rule's zone does not matter.
bool ProveWalk::EventTime(const ProveNode& node, bool is_string, std::string_view text) {
  const EventTimeRule& rule = plan_.stream.event_time;
  int64_t time_ms = 0;
  if (rule.format == TimeFormat::kRfc3339 && node.op == ProveOp::kString &&
      node.check == TextCheck::kDateTime && simple_time_ms_ != kNoTime) {
    time_ms = simple_time_ms_;
  } else if (!ParseEventTime(rule, is_string, text, &time_ms)) {
    return false;
  }
  const RecordContext& context = input_.context;
  const int64_t record_ms = context.timestamp_ms == kNoTime ? context.now_ms : context.timestamp_ms;
  int64_t age_ms = 0;
  if (__builtin_sub_overflow(record_ms, time_ms, &age_ms) || age_ms == kNoTime) return false;
  if (rule.max_age_ms >= 0 && age_ms > rule.max_age_ms) return false;
  if (rule.max_future_ms >= 0 && -age_ms > rule.max_future_ms) return false;
  captured_->event_time_ms = time_ms;
  return true;
}

}  // namespace fracas::contract
