#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace fracas::kafka {

// A point on the steady clock by which a call must have answered. Inside kafka/ only.
class Deadline {
 public:
  explicit Deadline(int64_t wait_ms)
      : end_(std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms)) {}

  bool passed() const { return RemainingMs() <= 0; }
  int64_t RemainingMs() const {
    return std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now())
        .count();
  }
  // What is left, at least 1 (librdkafka takes 0 for "do not wait"), at most `slice_ms`.
  int SliceMs(int64_t slice_ms) const {
    return static_cast<int>(std::clamp<int64_t>(RemainingMs(), 1, std::max<int64_t>(slice_ms, 1)));
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

}  // namespace fracas::kafka
