#pragma once

#include <cstddef>
#include <cstdint>

// How fast a replay may go: records and bytes a second. Time that was lost is not made up for, so
// that a target which was waited for is not flooded afterwards.

namespace fracas::tools {

struct Rates {
  double records_per_second = 0;  // 0: as fast as it goes
  double bytes_per_second = 0;
};

class Pace {
 public:
  // Monotonic time.
  Pace(const Rates& rates, int64_t now_ms) : rates_(rates), due_ms_(static_cast<double>(now_ms)) {}

  // What may be sent at once, at most `most`: about a fifth of a second's worth, at least one.
  size_t RecordsAtOnce(size_t most) const;
  size_t BytesAtOnce(size_t most) const;
  void Sent(uint64_t records, uint64_t bytes, int64_t now_ms);
  // Until more may be sent; 0: now.
  int64_t WaitMs(int64_t now_ms) const;

 private:
  const Rates rates_;
  double due_ms_;
};

}  // namespace fracas::tools
