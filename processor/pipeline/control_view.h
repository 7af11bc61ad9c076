#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/codes.h"
#include "core/ids.h"
#include "pipeline/stream_plan.h"

// What workers obey: which streams are RED, and why. Today the board lives in the process and RED lasts
// as long as it does; a durable breaker replaces who writes the board, not who reads it.

namespace fracas::pipeline {

// A worker's report that a batch was abandoned: a fact without a version, merged idempotently by
// (topic, partition, from, attempt).
struct TripFact {
  BatchId batch;
  Code cause = Code::kNone;
  std::string reason;   // one sentence for people
  int64_t time_ms = 0;  // the round's wall clock
};

// A range that was abandoned and waits for a person.
struct PendingRange {
  Offset from = 0;
  Offset to = 0;
  int32_t attempt = 1;  // that failed
  Code cause = Code::kNone;
};

struct StreamControl {
  bool red = false;
  int64_t since_ms = 0;       // wall clock
  Code cause = Code::kNone;   // of the first trip
  std::string reason;
  std::map<TopicPartition, PendingRange> pending;
};

// A partition that is stuck by itself, its stream untouched: no counterpart in an output topic, no stream.
struct PartitionHold {
  TopicPartition partition;
  Code code = Code::kNone;
  std::string reason;  // with the next step
};

// Immutable: what a worker obeys during one round.
class ControlView {
 public:
  ControlView(std::shared_ptr<const Plan> plan, uint64_t state_offset,
              std::vector<StreamControl> streams)
      : plan_(std::move(plan)), state_offset_(state_offset), streams_(std::move(streams)) {}

  const Plan& plan() const { return *plan_; }
  const StreamPlan& stream(StreamIndex index) const { return *plan_->streams[ToInt(index)]; }
  const StreamControl& control(StreamIndex index) const { return streams_[ToInt(index)]; }
  const std::vector<StreamControl>& controls() const { return streams_; }
  // Grows with every change of what workers obey; summaries carry it.
  uint64_t state_offset() const { return state_offset_; }

 private:
  std::shared_ptr<const Plan> plan_;
  uint64_t state_offset_;
  std::vector<StreamControl> streams_;
};

// One per process. Thread-safe; Current is a pointer copy.
class ControlBoard {
 public:
  explicit ControlBoard(std::shared_ptr<const Plan> plan);

  std::shared_ptr<const ControlView> Current() const;
  // The stream becomes RED (or, already RED, gets one more pending range). True if it was GREEN.
  bool Trip(const TripFact& fact);

  // Partitions that are stuck by themselves; for readiness only. `worker` clears what it set.
  void SetHolds(uint32_t worker, std::vector<PartitionHold> holds);
  std::vector<PartitionHold> Holds() const;

 private:
  const std::shared_ptr<const Plan> plan_;
  mutable std::mutex mutex_;
  std::shared_ptr<const ControlView> view_;
  std::map<uint32_t, std::vector<PartitionHold>> holds_;
};

}  // namespace fracas::pipeline
