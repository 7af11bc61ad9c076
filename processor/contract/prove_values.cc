#include <algorithm>
#include <cmath>
#include <limits>

#include "contract/prove_builder.h"
#include "contract/prove_step.h"
#include "contract/prove_text.h"
#include "contract/stream_rules.h"
#include "core/limits.h"

// What scalars must fulfil. Enumerations are filtered here by everything else that is asked of the
// value, so that finding it in the list is all that is left to do.

namespace fracas::contract {
namespace {

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
// Bounds beyond are left to exact arithmetic, as are numbers of so many digits. A double holds it
// exactly.
constexpr double kFast = 1e15;

bool HasEnum(const std::vector<Step>& steps) {
  return std::any_of(steps.begin(), steps.end(),
                     [](const Step& step) { return step.op == Op::kEnum; });
}

// An integer from which on a lower bound is surely fulfilled, the smallest where it can be told.
int64_t LowOf(const NumberBound& bound, bool exclusive) {
  if (bound.real > kFast) return kHighest;
  if (bound.real < -kFast) return static_cast<int64_t>(-kFast);
  if (bound.is_int64) return bound.integer + (exclusive ? 1 : 0);
  return static_cast<int64_t>(std::ceil(bound.real)) + 1;
}

int64_t HighOf(const NumberBound& bound, bool exclusive) {
  if (bound.real < -kFast) return kLowest;
  if (bound.real > kFast) return static_cast<int64_t>(kFast);
  if (bound.is_int64) return bound.integer - (exclusive ? 1 : 0);
  return static_cast<int64_t>(std::floor(bound.real)) - 1;
}

// Digits that a magnitude of at most `limit` may have, whatever they are.
uint8_t SafeDigits(int64_t limit) {
  if (limit == kHighest) return kAnyDigits;
  uint8_t digits = 0;
  for (; limit >= 10; limit /= 10) ++digits;
  return digits;
}

bool AllowsNumber(const Plan& plan, const Step& step, const json::Decimal& number) {
  return step.op == Op::kEnum || FulfilsBound(step.op, number, plan.numbers[step.arg].value);
}

// A string whose token in a document can be nothing but the text between quotes, and whose other
// spellings (escapes) we leave to explain.
bool IsWrittenAsIs(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
  });
}

bool IsForbiddenSomewhere(const Plan& plan, std::string_view text) {
  return plan.checks_characters && FindForbidden(plan.stream.forbid_characters, text).found;
}

}  // namespace

ProveNode ProveBuilder::BuildNull(const Gathered& gathered) const {
  for (const Step& step : gathered.steps) {
    if ((plan_.value_sets[step.arg].types & kIsNull) == 0) return {};
  }
  ProveNode node;
  node.op = ProveOp::kNull;
  return node;
}

ProveNode ProveBuilder::BuildBoolean(const Gathered& gathered) const {
  ProveNode node;
  node.flags = kAllowTrue | kAllowFalse;
  for (const Step& step : gathered.steps) {
    uint8_t allowed = 0;
    const Range values = plan_.value_sets[step.arg].values;
    for (uint32_t i = values.begin; i < values.end; ++i) {
      if (plan_.values[i].kind == json::Kind::kTrue) allowed |= kAllowTrue;
      if (plan_.values[i].kind == json::Kind::kFalse) allowed |= kAllowFalse;
    }
    node.flags &= allowed;
  }
  node.op = node.flags == 0 ? ProveOp::kUnproven : ProveOp::kBoolean;
  return node;
}

// --- Numbers
// -------------------------------------------------------------------------------------------

ProveNode ProveBuilder::BuildNumber(const Gathered& gathered) {
  if (HasEnum(gathered.steps)) return BuildNumberEnum(gathered);
  ProveNode node;
  node.op = ProveOp::kNumber;
  node.low = kLowest;
  node.high = kHighest;
  if ((gathered.types & kIsFraction) == 0) node.flags |= kIntegerOnly;
  node.argument = static_cast<uint32_t>(out_->steps.size());
  for (const Step& step : gathered.steps) {
    out_->steps.push_back(step);
    const NumberBound& bound = plan_.numbers[step.arg];
    if (step.op == Op::kMinimum || step.op == Op::kExclusiveMinimum) {
      node.low = std::max(node.low, LowOf(bound, step.op == Op::kExclusiveMinimum));
    } else if (step.op == Op::kMaximum || step.op == Op::kExclusiveMaximum) {
      node.high = std::min(node.high, HighOf(bound, step.op == Op::kExclusiveMaximum));
    } else {
      node.flags |= kExactSteps;
    }
  }
  node.more = static_cast<uint32_t>(out_->steps.size());
  const bool exact = (node.flags & kExactSteps) != 0;
  if (!exact && node.low <= 0) node.safe_digits[0] = SafeDigits(node.high);
  if (!exact && node.high >= 0) {
    node.safe_digits[1] = SafeDigits(node.low == kLowest ? kHighest : -node.low);
  }
  return node;
}

bool ProveBuilder::InEverySet(const Gathered& gathered, const Value& value) const {
  for (const Step& step : gathered.steps) {
    if (step.op != Op::kEnum) continue;
    const Range values = plan_.value_sets[step.arg].values;
    const bool found = std::any_of(plan_.values.begin() + values.begin,
                                   plan_.values.begin() + values.end, [&](const Value& other) {
                                     if (other.kind != value.kind) return false;
                                     return value.kind == json::Kind::kString
                                                ? other.text == value.text
                                                : json::Compare(other.number, value.number) == 0;
                                   });
    if (!found) return false;
  }
  return true;
}

ProveNode ProveBuilder::BuildNumberEnum(const Gathered& gathered) {
  const Step& first = *std::find_if(gathered.steps.begin(), gathered.steps.end(),
                                    [](const Step& step) { return step.op == Op::kEnum; });
  const Range values = plan_.value_sets[first.arg].values;
  const auto begin = static_cast<uint32_t>(out_->number_values.size());
  for (uint32_t i = values.begin; i < values.end; ++i) {
    const Value& value = plan_.values[i];
    if (value.kind != json::Kind::kNumber || !InEverySet(gathered, value)) continue;
    const TypeMask type = json::IsInteger(value.number) ? kIsInteger : kIsFraction;
    const bool allowed =
        (gathered.types & type) != 0 &&
        std::all_of(gathered.steps.begin(), gathered.steps.end(),
                    [&](const Step& step) { return AllowsNumber(plan_, step, value.number); });
    if (allowed) out_->number_values.push_back(value);
  }
  ProveNode node;
  const auto end = static_cast<uint32_t>(out_->number_values.size());
  if (begin == end) return node;
  node.op = ProveOp::kNumberEnum;
  const std::string_view text = out_->number_values[begin].text;
  if (text.size() <= sizeof(node.low)) {
    uint64_t mask = 0;
    std::memcpy(&node.low, text.data(), text.size());
    std::memset(&mask, 0xFF, text.size());
    node.high = static_cast<int64_t>(mask);
    node.flags = static_cast<uint8_t>(text.size());
  } else {
    node.low = 1;  // with an empty mask: never
  }
  node.argument = static_cast<uint32_t>(out_->number_enums.size());
  out_->number_enums.push_back({begin, end});
  return node;
}

// --- Strings
// -------------------------------------------------------------------------------------------

ProveNode ProveBuilder::BuildString(const Gathered& gathered, PointerId pointer) {
  if (HasEnum(gathered.steps)) return BuildStringEnum(gathered, pointer);
  ProveNode node;
  node.op = ProveOp::kText;
  node.high = kHighest;
  std::vector<Step> text_steps;
  for (const Step& step : gathered.steps) {
    if (step.op == Op::kMinLength) {
      node.low = std::max(node.low, int64_t{step.arg});
    } else if (step.op == Op::kMaxLength && step.arg != UINT32_MAX) {
      node.high = std::min(node.high, int64_t{step.arg});
    } else if (step.op == Op::kFormat || step.op == Op::kPattern) {
      text_steps.push_back(step);
    }
  }
  UseTextSteps(text_steps, &node);
  return node;
}

// One pattern or format that has a check of its own gets it; everything else runs as the plan says.
void ProveBuilder::UseTextSteps(const std::vector<Step>& steps, ProveNode* node) {
  if (steps.empty()) return;
  if (steps.size() == 1 && steps[0].op == Op::kPattern) {
    std::optional<Matcher> matcher = CompileMatcher(plan_.patterns[steps[0].arg]->expression());
    if (matcher.has_value()) {
      node->op = ProveOp::kMatched;
      node->argument = static_cast<uint32_t>(out_->matchers.size());
      out_->matchers.push_back(*std::move(matcher));
      return;
    }
  }
  node->op = ProveOp::kTextSteps;
  node->argument = static_cast<uint32_t>(out_->steps.size());
  out_->steps.insert(out_->steps.end(), steps.begin(), steps.end());
  node->more = static_cast<uint32_t>(out_->steps.size());
  if (steps.size() != 1 || steps[0].op != Op::kFormat) return;
  switch (static_cast<Format>(steps[0].arg)) {
    case Format::kUuid: node->op = ProveOp::kUuid; break;
    case Format::kDate: node->op = ProveOp::kDate; break;
    case Format::kDateTime: node->op = ProveOp::kDateTime; break;
    case Format::kEmail:
    case Format::kIdnEmail: node->op = ProveOp::kEmail; break;
    case Format::kIpv4: node->op = ProveOp::kIpv4; break;
    case Format::kTime:
    case Format::kDuration:
    case Format::kHostname:
    case Format::kIpv6:
    case Format::kUri:
    case Format::kUriReference:
    case Format::kIri:
    case Format::kIriReference:
    case Format::kJsonPointer:
    case Format::kRelativeJsonPointer:
    case Format::kRegex:
    case Format::kUriTemplate: break;
  }
}

bool ProveBuilder::AllowsText(const Gathered& gathered, PointerId pointer,
                              std::string_view text) const {
  const PointerNode* rules = Rules(pointer);
  if (rules != nullptr && rules->critical != kNone &&
      (IsBlank(text) || IsSentinel(plan_.stream, text))) {
    return false;
  }
  if (!IsWrittenAsIs(text) || IsForbiddenSomewhere(plan_, text)) return false;
  const size_t count = CountCharacters(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  return std::all_of(gathered.steps.begin(), gathered.steps.end(), [&](const Step& step) {
    if (step.op == Op::kMinLength) return count >= step.arg;
    if (step.op == Op::kMaxLength) return count <= step.arg || step.arg == UINT32_MAX;
    return step.op == Op::kEnum || FulfilsText(plan_, step, text);
  });
}

ProveNode ProveBuilder::BuildStringEnum(const Gathered& gathered, PointerId pointer) {
  const Step& first = *std::find_if(gathered.steps.begin(), gathered.steps.end(),
                                    [](const Step& step) { return step.op == Op::kEnum; });
  const Range values = plan_.value_sets[first.arg].values;
  std::vector<std::string> texts;
  for (uint32_t i = values.begin; i < values.end; ++i) {
    const Value& value = plan_.values[i];
    if (value.kind != json::Kind::kString || !InEverySet(gathered, value)) continue;
    if (AllowsText(gathered, pointer, value.text)) texts.emplace_back(value.text);
  }
  ProveNode node;
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  if (texts.empty() || texts.size() > limits::kProveEnumMax) return node;
  node.op = ProveOp::kStringEnum;
  node.argument = static_cast<uint32_t>(out_->tables.size());
  out_->tables.push_back(AddTable(texts));
  return node;
}

}  // namespace fracas::contract
