#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/audit.h"
#include "core/ids.h"
#include "core/status.h"
#include "pipeline/control_view.h"
#include "pipeline/round.h"
#include "pipeline/slot.h"
#include "pipeline/stream_plan.h"
#include "ports/clock.h"
#include "ports/source.h"

namespace fracas::pipeline {

// Where partitions stand, for the lag gauge; shared with another thread.
struct PartitionPosition {
  TopicPartition partition;
  StreamIndex stream{};
  Offset done = 0;  // the committed offset, or behind it the end of what has no record
};

// Takes records into rounds: grouped by partition, bounded by records, bytes and time. Owns what the
// worker knows of its partitions. One per worker, its thread only (but Positions).
//
// Every offset that it takes is accounted for: a batch begins where the partition stood, offsets without
// a record are counted as gaps, anything below the position is dropped as a duplicate delivery.
class Intake {
 public:
  // Pointers outlive it.
  Intake(ControlBoard* board, Source* source, const Clock* clock, RoundPool* pool);

  // --- Assignment (events of the source) ---
  // REQUIRES: nothing assigned (Revoke came before).
  void Assign(const SourceEvent& event);
  // Everything is gone: the filling round, positions, isolation.
  void Revoke();
  // The partition is held from now on. `report`: its stream shall be told (TakeStuck).
  struct Trouble {
    Code code = Code::kNone;
    std::string reason;
    bool report = false;
    bool lacks_output = false;  // it ends when the output topic is there: OutputFound
  };
  void MarkStuck(PartitionSlot slot, const Trouble& trouble);
  // Its counterparts are there: ends a trouble that said otherwise.
  void OutputFound(PartitionSlot slot);
  uint64_t epoch_number() const { return epoch_ == nullptr ? 0 : epoch_->number(); }
  bool is_current(const Round& round) const {
    return epoch_ != nullptr && round.epoch != nullptr && round.epoch->number() == epoch_->number();
  }
  const std::vector<Slot>& slots() const { return slots_; }

  // --- Taking ---
  // Holds the partitions that `view`, trouble or isolation stop, releases the others. Drops the filling
  // round when something in it was stopped. Before each Poll that takes. A failure: the source's handle is
  // in an unknown state.
  Status Follow(std::shared_ptr<const ControlView> view);
  // One look at the source: at most `wait_ms`. Records go into the filling round (none do while
  // `take` is false, but membership is served). Appends the source's events.
  void Poll(bool take, int wait_ms, std::vector<SourceEvent>* events);
  // The round that was filled, once it is due: a batch or the round is full, its time has come, the input
  // is at its end, or `flush`; and, where a record names a ticket that is not known here, once the state is
  // followed up to now. nullptr: not yet.
  std::unique_ptr<Round> TakeDue(bool flush);
  // Before a taken round is judged: do its partitions still belong to the topics that were read? Who
  // deletes a topic deletes the group's offsets of it, so after a silence the group is asked. A partition
  // whose offset has vanished is stuck (OFFSET_OUT_OF_RANGE); then, and when the group does not answer, the
  // records are taken again and `round` is null. A failure: the source's handle is in an unknown state.
  Status Confirm(std::unique_ptr<Round>* round);
  // A round that only reports: stuck partitions whose streams have not been told, probed ranges that were
  // passed already, accepted losses. nullptr if there are none. REQUIRES: no round is on its way.
  std::unique_ptr<Round> TakeReports();
  bool filling() const { return filling_ != nullptr && !filling_->empty(); }
  // There is something to report, as Follow has seen it: that comes before more is taken.
  bool reports_due() const { return reports_due_; }
  bool full() const { return full_; }
  bool isolating() const { return !isolated_.empty(); }

  // --- What became of rounds ---
  // Judged: counts published batches in their windows, marks abandoned partitions as tripping and stops
  // them (seek first, then pause).
  Status Stop(Round* round);
  // Its transaction has committed: positions move if its assignment is still the current one. A failure:
  // the source's handle is in an unknown state.
  Status Commit(const Round& round);
  // It was dropped or its transaction has not committed: its counts leave the windows.
  void Forget(const Round& round);
  // Back to the committed offsets, on every partition.
  Status Rewind();
  // From now on the ranges of `round` are taken one at a time, nothing else beside them.
  void Isolate(const Round& round);

  std::vector<PartitionHold> Stuck() const;
  // Grows when the answer of Stuck changes.
  uint64_t stuck_changes() const { return stuck_changes_; }
  // Thread-safe.
  std::vector<PartitionPosition> Positions() const;

 private:
  struct Range {
    PartitionSlot slot = 0;
    Offset to = 0;
  };
  const StreamPlan& plan_of(const Slot& slot) const { return view_->stream(*slot.stream); }
  bool MustHold(PartitionSlot index) const { return MustHoldAt(index, slots_[index].position); }
  bool MustHoldAt(PartitionSlot index, Offset position) const;
  // The offset at which a batch of the slot that begins now must end.
  Offset CutOf(PartitionSlot index) const;
  // What the newest view says of the slot: attempts, the probed range.
  void Learn(Slot* slot) const;
  // Thresholds may have another window.
  void AdoptPlan();
  BatchKind DueReport(const Slot& slot) const;
  void AddReport(PartitionSlot index, BatchKind kind, Round* round);
  void Unstick(Slot* slot);
  void LetGo(Slot* slot);
  Status CommitReport(const Batch& batch, const Round& round);
  // The batch ends the probed range of its partition: that was reported with it.
  void NotePassed(const Batch& batch, const Round& round);
  PollLimits LimitsOf(int wait_ms) const;
  void ReadMetadata(const AssignedPartition& assigned);
  // REQUIRES: the group has no offset of it, and a stream reads it. True: it had one, and is held.
  bool FindLostOffset(PartitionSlot index);
  void StartFilling();
  void Take(const ConsumedRecord& record);
  Batch* BatchOf(PartitionSlot index);
  void EndAtCut();
  void Overrun(PartitionSlot index);
  void PopIsolated();
  bool AwaitsTickets(int64_t now_ms);
  Status DropFilling();
  Status GiveBack(std::unique_ptr<Round> round);
  void NoteSilence(Slot* slot) const;
  Status MoveTo(PartitionSlot index, Offset offset);
  void SharePosition(PartitionSlot index, Offset done);
  // Nothing came: what lies behind the committed offsets may have no record.
  void SharePassed();

  ControlBoard* const board_;
  Source* const source_;
  const Clock* const clock_;
  RoundPool* const pool_;

  std::shared_ptr<const AssignmentEpoch> epoch_;
  std::vector<Slot> slots_;
  std::deque<Range> isolated_;
  int64_t isolated_since_ms_ = 0;
  std::shared_ptr<const ControlView> view_;  // the newest that was followed
  bool changed_ = true;   // Follow has something to do though the view is the same
  bool reports_due_ = false;
  uint64_t stuck_changes_ = 0;

  std::unique_ptr<Round> filling_;
  size_t filling_bytes_ = 0;
  size_t filling_records_ = 0;
  int64_t filling_since_ms_ = 0;
  int64_t filling_interval_ms_ = 0;
  size_t records_room_ = 0;  // until the fullest batch is full
  size_t bytes_room_ = 0;
  bool full_ = false;
  std::optional<int64_t> awaits_ms_;  // the filling round is judged when the state is followed up to then
  std::vector<PartitionSlot> overrun_;  // records behind the cut were dropped: seek back

  mutable std::mutex positions_mutex_;
  int64_t passed_ms_ = 0;  // monotonic: when SharePassed looked last
  std::vector<PartitionPosition> positions_;  // parallel to slots_; an empty topic: not assigned
};

}  // namespace fracas::pipeline
