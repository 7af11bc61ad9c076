#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/header.h"
#include "core/ids.h"
#include "core/status.h"

namespace fracas {

// Sends single records for tools: commands, replays. Idempotent, acknowledged by all replicas, no
// transaction. One thread.
class Outbox {
 public:
  virtual ~Outbox() = default;
  // Returns when the broker has it: its coordinates. Bounded in time; a failure in doubt says so.
  virtual Result<Offset> Send(const TopicPartition& to, std::string_view key, std::string_view value,
                              std::span<const HeaderView> headers, int64_t timestamp_ms) = 0;
  // Queues without waiting; Flush tells whether all of them arrived. For imports.
  virtual Status Queue(const TopicPartition& to, std::string_view key, std::string_view value,
                       std::span<const HeaderView> headers, int64_t timestamp_ms) = 0;
  virtual Status Flush() = 0;
};

}  // namespace fracas
