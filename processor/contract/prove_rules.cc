#include "contract/prove_text.h"
#include "contract/prove_walk.h"
#include "contract/stream_rules.h"
#include "core/limits.h"

// The stream's rules about a text or number that the schema allows.

namespace fracas::contract {

bool ProveWalk::Rules(const ProveNode& node, const uint8_t* text, const uint8_t* next) {
  const PointerNode& rules = plan_.pointer_nodes[node.pointer];
  const bool is_string = *text == '"';
  const uint8_t* end = EndOfToken(next);
  if (is_string) {
    ++text;
    --end;
  }
  const std::string_view view = ViewOf(text, static_cast<size_t>(end - text));
  // What was checked as something simpler than any text has no escapes.
  const bool may_be_escaped =
      is_string && node.op == ProveOp::kString &&
      (node.check == TextCheck::kAnyText || node.check == TextCheck::kSteps);
  if (may_be_escaped && view.find('\\') != view.npos) return false;
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
