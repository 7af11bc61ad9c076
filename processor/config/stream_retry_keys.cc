// Policies of their own for classes of passing causes: everything is optional and else as in
// `retry`.

#include "config/keys.h"

namespace fracas::config {
namespace {

constexpr int64_t kDayMs = 86'400'000;

RetryOverride* Of(RetryClass kind, Stream* stream) {
  return &stream->retry_of[static_cast<size_t>(kind)];
}

constexpr StreamKey kKeys[] = {
    // --- transient ---
    {{"retry.transient.count",
      Type::kInteger,
      "",
      "retry.count for what passes by itself (time-outs, lost connections); as retry.count.",
      "10",
      {0, 1'000}},
     [](const Value& v, Stream* s) {
       Of(RetryClass::kTransient, s)->count = static_cast<int32_t>(v.integer);
     }},
    {{"retry.transient.initial", Type::kDuration, "", "As retry.initial.", "5s", {100, kDayMs}},
     [](const Value& v, Stream* s) { Of(RetryClass::kTransient, s)->initial_ms = v.integer; }},
    {{"retry.transient.max", Type::kDuration, "", "As retry.max.", "1m", {100, 7 * kDayMs}},
     [](const Value& v, Stream* s) { Of(RetryClass::kTransient, s)->max_ms = v.integer; }},
    {{"retry.transient.multiplier", Type::kFraction, "", "As retry.multiplier.", "1.5", {1, 100}},
     [](const Value& v, Stream* s) { Of(RetryClass::kTransient, s)->multiplier = v.number; }},
    // --- capacity ---
    {{"retry.capacity.count",
      Type::kInteger,
      "",
      "retry.count for quotas and throttling; as retry.count.",
      "5",
      {0, 1'000}},
     [](const Value& v, Stream* s) {
       Of(RetryClass::kCapacity, s)->count = static_cast<int32_t>(v.integer);
     }},
    {{"retry.capacity.initial", Type::kDuration, "", "As retry.initial.", "1m", {100, kDayMs}},
     [](const Value& v, Stream* s) { Of(RetryClass::kCapacity, s)->initial_ms = v.integer; }},
    {{"retry.capacity.max", Type::kDuration, "", "As retry.max.", "30m", {100, 7 * kDayMs}},
     [](const Value& v, Stream* s) { Of(RetryClass::kCapacity, s)->max_ms = v.integer; }},
    {{"retry.capacity.multiplier", Type::kFraction, "", "As retry.multiplier.", "3", {1, 100}},
     [](const Value& v, Stream* s) { Of(RetryClass::kCapacity, s)->multiplier = v.number; }},
    // --- system ---
    {{"retry.system.count",
      Type::kInteger,
      "",
      "retry.count for trouble of the machinery that a retry may outlast; as retry.count.",
      "2",
      {0, 1'000}},
     [](const Value& v, Stream* s) {
       Of(RetryClass::kSystem, s)->count = static_cast<int32_t>(v.integer);
     }},
    {{"retry.system.initial", Type::kDuration, "", "As retry.initial.", "1m", {100, kDayMs}},
     [](const Value& v, Stream* s) { Of(RetryClass::kSystem, s)->initial_ms = v.integer; }},
    {{"retry.system.max", Type::kDuration, "", "As retry.max.", "10m", {100, 7 * kDayMs}},
     [](const Value& v, Stream* s) { Of(RetryClass::kSystem, s)->max_ms = v.integer; }},
    {{"retry.system.multiplier", Type::kFraction, "", "As retry.multiplier.", "4", {1, 100}},
     [](const Value& v, Stream* s) { Of(RetryClass::kSystem, s)->multiplier = v.number; }},
};

}  // namespace

std::span<const StreamKey> RetryKeys() { return kKeys; }

}  // namespace fracas::config
