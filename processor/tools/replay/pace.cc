#include "tools/replay/pace.h"

#include <algorithm>
#include <cmath>

namespace fracas::tools {

namespace {

constexpr double kStepsPerSecond = 5;
constexpr double kCreditMs = 1'000 / kStepsPerSecond;

size_t AtOnce(double per_second, size_t most) {
  if (per_second <= 0 || per_second / kStepsPerSecond >= static_cast<double>(most)) return most;
  return std::max<size_t>(1, static_cast<size_t>(per_second / kStepsPerSecond));
}

double DurationMs(uint64_t count, double per_second) {
  return per_second <= 0 ? 0 : static_cast<double>(count) / per_second * 1'000;
}

}  // namespace

size_t Pace::RecordsAtOnce(size_t most) const { return AtOnce(rates_.records_per_second, most); }
size_t Pace::BytesAtOnce(size_t most) const { return AtOnce(rates_.bytes_per_second, most); }

void Pace::Sent(uint64_t records, uint64_t bytes, int64_t now_ms) {
  due_ms_ = std::max(due_ms_, static_cast<double>(now_ms) - kCreditMs) +
            std::max(DurationMs(records, rates_.records_per_second),
                     DurationMs(bytes, rates_.bytes_per_second));
}

int64_t Pace::WaitMs(int64_t now_ms) const {
  return std::max<int64_t>(0,
                           static_cast<int64_t>(std::ceil(due_ms_ - static_cast<double>(now_ms))));
}

}  // namespace fracas::tools
