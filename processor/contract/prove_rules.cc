#include "contract/prove_text.h"
#include "contract/prove_walk.h"
#include "contract/stream_rules.h"
#include "core/limits.h"

// The stream's rules about a text or number that the schema allows.

namespace fracas::contract {

bool ProveWalk::Ruled(const ProveNode& node, const uint8_t* text, const uint8_t* next) {
  const ProveNode& inner = nodes_[node.argument];
  const PointerNode& rules = plan_.pointer_nodes[node.pointer];
  if (!ScalarOutOfLine(inner, text, next)) return false;
  const bool is_string = *text == '"';
  const uint8_t* const begin = text + (is_string ? 1 : 0);
  const auto size = static_cast<size_t>(EndOfToken(next) - begin) - (is_string ? 1 : 0);
  const std::string_view view = ViewOf(begin, size);
  // What was checked as something simpler than these has no escapes.
  const bool may_be_escaped = inner.op == ProveOp::kText || inner.op == ProveOp::kTextSteps;
  if (may_be_escaped && view.find('\\') != view.npos) return false;
  if (rules.critical != kNone && is_string && !Critical(view)) return false;
  if (rules.captures != 0) {
    if (size > limits::kIdBytesMax) return false;
    CaptureText(rules.captures, begin, size);
  }
  return !rules.event_time || EventTime(inner, is_string, view);
}

bool ProveWalk::Critical(std::string_view text) const {
  const bool surely_not_blank = !text.empty() && text[0] > ' ' && text[0] < 0x7F;
  if (!surely_not_blank && IsBlank(text)) return false;
  return plan_.stream.sentinels.empty() || !IsSentinel(plan_.stream, text);
}

void ProveWalk::CaptureText(uint32_t captures, const uint8_t* text, size_t size) {
  const std::string_view view(input_.document.data() + (text - bytes_), size);
  for (; captures != 0; captures &= captures - 1) {
    captured_->values[static_cast<size_t>(__builtin_ctz(captures))] = {true, view};
  }
}

// What ParseSimpleTime reads has an offset, so that the rule's zone does not matter.
bool ProveWalk::EventTime(const ProveNode& inner, bool is_string, std::string_view text) {
  const EventTimeRule& rule = plan_.stream.event_time;
  const bool simple = rule.format == TimeFormat::kRfc3339 && inner.op == ProveOp::kDateTime;
  int64_t time_ms = 0;
  if (!(simple &&
        ParseSimpleTime(reinterpret_cast<const uint8_t*>(text.data()), text.size(), &time_ms)) &&
      !ParseEventTime(rule, is_string, text, &time_ms)) {
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
