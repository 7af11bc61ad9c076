#pragma once

#include <cstdint>

namespace fracas::app {

// SIGTERM, SIGINT and SIGHUP as values instead of handlers: Block is called before any thread is started
// (threads inherit the mask), Wait by the main thread alone. SIGPIPE is ignored.
class Signals {
 public:
  enum class Kind : uint8_t { kNone, kStop, kReload };

  static void Block();
  // The next signal, or kNone after `timeout_ms`.
  static Kind Wait(int timeout_ms);
};

}  // namespace fracas::app
