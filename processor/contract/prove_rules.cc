#include "contract/prove_text.h"
#include "contract/prove_walk.h"
#include "contract/stream_rules.h"
#include "core/limits.h"

// The stream's rules about a text or number that the schema allows.

namespace fracas::contract {
namespace {

// Of what ParseSimpleTime reads. It has an offset, so that the rule's zone does not matter; a
// critical element that is such a time is neither blank nor, unless somebody lists one, a sentinel.
constexpr int64_t kSimpleTimeBytesMax = 24;

}  // namespace

bool ProveWalk::Ruled(const ProveNode& node, const uint8_t* text, const uint8_t* next) {
  const ProveNode& inner = nodes_[node.argument];
  const PointerNode& rules = plan_.pointer_nodes[node.pointer];
  // The event time as it is usually written: checked and read at once.
  const bool timed = rules.event_time && inner.op == ProveOp::kDateTime &&
                     plan_.stream.event_time.format == TimeFormat::kRfc3339;
  const uint8_t* const quote = next - 1;
  int64_t time_ms = 0;
  const bool simple = timed && *text == '"' && *quote == '"' && inner.low == 0 &&
                      ParseSimpleTime(text + 1, static_cast<size_t>(quote - text - 1), &time_ms) &&
                      inner.high >= kSimpleTimeBytesMax;
  if (simple && rules.captures == 0 && plan_.stream.sentinels.empty()) return InTime(time_ms);
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
  if (!rules.event_time) return true;
  if (!simple && !ParseEventTime(plan_.stream.event_time, is_string, view, &time_ms)) return false;
  return InTime(time_ms);
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

bool ProveWalk::InTime(int64_t time_ms) {
  const EventTimeRule& rule = plan_.stream.event_time;
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
