#include "tools/breaker_watch.h"

#include <utility>

#include "core/text.h"
#include "state/format/codec.h"

namespace fracas::tools {

namespace {

constexpr int kPollMs = 200;
constexpr size_t kPollRecords = 1'000;

}  // namespace

Status BreakerWatch::Begin() {
  const TopicPartition partition{state_topic_, 0};
  Result<Watermarks> ends = ports_.admin->Query(partition);
  if (!ends.ok()) return ends.status();
  return ports_.tail->Follow({{.partition = partition, .from = ends->high}});
}

Result<std::optional<state::Breaker>> BreakerWatch::Wait(
    uint64_t version, int64_t ms, const std::function<bool(const state::Breaker&)>& wanted,
    const std::function<void(int64_t elapsed_ms, const state::Breaker* last)>& waiting) {
  const std::string key = state::BreakerKey(stream_);
  const int64_t begin_ms = ports_.clock->MonotonicMs();
  std::optional<state::Breaker> found;
  for (;;) {
    Status broken;
    Status polled = ports_.tail->Poll(
        kPollMs, kPollRecords, [&](const ConsumedRecord& record, const PayloadLease&) {
          if (record.key != key || record.value.empty() || found.has_value()) return;
          Result<state::Breaker> breaker = state::DecodeBreaker(record.value);
          if (!breaker.ok()) {
            broken = breaker.status().WithPrefix(Cat(state_topic_, "/0/", record.offset, ": "));
            return;
          }
          if (breaker->stamp.version >= version && wanted(*breaker)) found = *breaker;
          last_ = std::move(*breaker);
        });
    if (found.has_value()) return found;
    if (!broken.ok()) return broken;
    if (!polled.ok()) return polled;
    const int64_t elapsed_ms = ports_.clock->MonotonicMs() - begin_ms;
    if (waiting) waiting(elapsed_ms, last_.has_value() ? &*last_ : nullptr);
    if (elapsed_ms >= ms) return std::optional<state::Breaker>();
  }
}

}  // namespace fracas::tools
