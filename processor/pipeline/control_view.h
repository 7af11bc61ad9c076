#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/codes.h"
#include "core/ids.h"
#include "core/status.h"
#include "pipeline/stream_plan.h"
#include "ports/quarantine.h"
#include "state/format/entities.h"

// What workers obey: which streams are stopped or probed, who is quarantined, which tickets there are. The
// durable part comes from the group's state (SetState, by app/); trips that were committed here and are not
// yet in that state lie over it, so that a stream stops at once. Without any state (files, try) the trips are
// all there is, and RED lasts as long as the process.

namespace fracas::pipeline {

// A worker's report that a batch was abandoned: a fact without a version, merged idempotently by
// (topic, partition, from, attempt).
struct TripFact {
  BatchId batch;
  Code cause = Code::kNone;
  std::string reason;   // one sentence for people
  int64_t time_ms = 0;  // the round's wall clock
  // What the breaker had merged of the partition when the batch was judged. Behind the batch where somebody
  // has set the group's offsets back: then only a change shows that the authority has seen this trip.
  std::optional<state::MergedFact> merged_before = std::nullopt;
};

using TicketsById = std::map<std::string, std::shared_ptr<const state::Ticket>, std::less<>>;
using QuarantinedOffsets = std::map<Offset, std::shared_ptr<const state::QuarantineEntry>>;
using QuarantinedRecords = std::map<TopicPartition, std::shared_ptr<const QuarantinedOffsets>>;

// The group's state as the pipeline needs it; immutable, shared.
struct StateSnapshot {
  Offset state_offset = 0;  // of the changelog: everything below is in it
  std::vector<std::shared_ptr<const state::Breaker>> breakers;  // by StreamIndex; null: never tripped
  std::shared_ptr<const TicketsById> tickets;         // null: none
  std::shared_ptr<const QuarantinedRecords> records;  // null: none
  const Quarantine* quarantine = nullptr;             // by business id; outlives the board; null: none
  int64_t followed_ms = INT64_MAX;  // as ControlView's
};

// A trip that was committed and is not in the breaker yet.
struct LocalTrip {
  state::PendingRange range;
  std::optional<state::MergedFact> merged_before;
};

struct StreamControl {
  std::shared_ptr<const state::Breaker> breaker;  // null: GREEN and never tripped
  std::map<TopicPartition, LocalTrip> trips;
  uint64_t changed = 0;  // grows with every change of this stream, its plan included

  state::BreakerState state() const;  // RED while there is a local trip
  bool red() const { return state() == state::BreakerState::kRed; }
  // nullptr: none.
  const state::PendingRange* Pending(const TopicPartition& source) const;
  // The pending range if it is to be tried now: PROBE, and not passed yet.
  const state::PendingRange* Probed(const TopicPartition& source) const;
  const state::MergedFact* Merged(const TopicPartition& source) const;
  const state::AcceptedLoss* Loss(const TopicPartition& source) const;
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
  struct Parts {
    std::shared_ptr<const Plan> plan;
    std::shared_ptr<const StateSnapshot> state;  // null: there is no durable state
    std::vector<StreamControl> streams;          // by StreamIndex
    Offset changes = 0;                          // stands for the state offset where there is no state
    std::string lagging;
    int64_t followed_ms = INT64_MAX;
  };
  explicit ControlView(Parts parts) : parts_(std::move(parts)) {}

  const Plan& plan() const { return *parts_.plan; }
  const StreamPlan& stream(StreamIndex index) const { return *plan().streams[ToInt(index)]; }
  const StreamControl& control(StreamIndex index) const { return parts_.streams[ToInt(index)]; }
  const StateSnapshot* state() const { return parts_.state.get(); }
  // nullptr: there is none.
  std::shared_ptr<const state::Ticket> FindTicket(std::string_view id) const;
  // The records of a partition that are quarantined by their coordinates. nullptr: none.
  const QuarantinedOffsets* FindQuarantined(const TopicPartition& source) const;
  // Of the group's changelog; without one a number that grows when a stream turns RED. In summaries.
  Offset state_offset() const {
    return parts_.state == nullptr ? parts_.changes : parts_.state->state_offset;
  }
  // "": the state is followed. Else why not: everything holds (G4).
  const std::string& lagging() const { return parts_.lagging; }
  // Monotonic: everything that anybody had written into the group's state by then is in it. INT64_MAX: nobody
  // follows it.
  int64_t followed_ms() const { return parts_.followed_ms; }

  // Whether records of a partition may be taken from `position` on, and before which offset.
  struct Gate {
    bool open = false;
    Offset end = INT64_MAX;
  };
  Gate GateOf(StreamIndex index, const TopicPartition& source, Offset position) const;

 private:
  friend class ControlBoard;
  Parts parts_;
};

// Whether `next` may take the place of `running` without a restart: the same group, streams, modes, topics
// and outputs, no larger records; contracts, rules, dispositions, thresholds and batch limits may differ.
// kReject names what does not fit.
Status SameShape(const Plan& running, const Plan& next);

// One per process. Thread-safe; Current is a pointer copy.
class ControlBoard {
 public:
  explicit ControlBoard(std::shared_ptr<const Plan> plan);

  std::shared_ptr<const ControlView> Current() const;
  // The group's state has changed (or is known for the first time). REQUIRES: a breaker or null per stream.
  void SetState(StateSnapshot snapshot);
  // Contracts were read again. Held against the plan of the start: SameShape.
  Status SetPlan(std::shared_ptr<const Plan> plan);
  // Why the state cannot be followed; "" when it can again. While set, everything holds.
  void SetLagging(std::string why);
  // Somebody cannot judge before the state is followed up to `monotonic_ms`. Whoever follows it asks
  // `awaited`, looks at the end of the log at once, and tells how far it is.
  void Await(int64_t monotonic_ms);
  bool awaited() const;
  void SetFollowed(int64_t monotonic_ms);
  // A trip was committed: the stream is RED here from now on, until the state has merged the fact. True if
  // it was not RED before.
  bool Trip(const TripFact& fact);
  // As Trip, for one that somebody has committed before: the offset's metadata tells of it. Without durable
  // state it is ignored: a restart is the reset there. False: ignored, or the state shows it already.
  bool Recall(const TripFact& fact);

  // A ticket is good for one publication: false if somebody of this process has it in a round that is on its
  // way, or has used it and the state does not show that yet.
  bool ClaimTicket(const std::string& ticket);
  // The round that claimed it did not use it.
  void ReleaseTicket(const std::string& ticket);

  // Partitions that are stuck by themselves; for readiness only. `worker` clears what it set.
  void SetHolds(uint32_t worker, std::vector<PartitionHold> holds);
  std::vector<PartitionHold> Holds() const;

 private:
  ControlView::Parts CopyParts() const { return view_->parts_; }
  void Publish(ControlView::Parts parts);
  // False: the state shows it already.
  bool AddTrip(const TripFact& fact, bool* was_red);

  const std::shared_ptr<const Plan> first_plan_;
  mutable std::mutex mutex_;  // guards all below
  std::shared_ptr<const ControlView> view_;
  uint64_t changes_ = 0;
  int64_t awaited_ms_ = 0;
  std::map<uint32_t, std::vector<PartitionHold>> holds_;
  std::set<std::string, std::less<>> claimed_;
};

}  // namespace fracas::pipeline
