#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/status.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/log_tail.h"
#include "state/format/entities.h"

namespace fracas::tools {

struct WatchPorts {
  LogTail* tail = nullptr;
  Admin* admin = nullptr;
  const Clock* clock = nullptr;
};

// Follows one stream's breaker on <group>.state. One thread; the ports outlive it.
class BreakerWatch {
 public:
  BreakerWatch(const WatchPorts& ports, std::string state_topic, std::string stream)
      : ports_(ports), state_topic_(std::move(state_topic)), stream_(std::move(stream)) {}

  // From now on: before the command is sent whose effect is waited for.
  Status Begin();
  // Waits until a breaker of at least `version` satisfies `wanted`; nullopt: it did not within `ms`.
  // `waiting` is called a few times a second with what was seen last (nullptr: nothing yet).
  Result<std::optional<state::Breaker>> Wait(
      uint64_t version, int64_t ms, const std::function<bool(const state::Breaker&)>& wanted,
      const std::function<void(int64_t elapsed_ms, const state::Breaker* last)>& waiting);

 private:
  const WatchPorts ports_;
  const std::string state_topic_;
  const std::string stream_;
  std::optional<state::Breaker> last_;
};

}  // namespace fracas::tools
