#pragma once

#include <cstdint>

namespace fracas {

// The only source of time outside kafka/ and files/. Tests replace it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since the Unix epoch, UTC.
  virtual int64_t WallMs() const = 0;
  // Milliseconds of a clock that never goes back; only differences mean something.
  virtual int64_t MonotonicMs() const = 0;
};

}  // namespace fracas
