#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/authority.h"
#include "control/quarantine_view.h"
#include "control/state_tail.h"
#include "pipeline/control_view.h"
#include "pipeline/worker.h"
#include "ports/meter.h"
#include "tests/sim/broker.h"
#include "tests/sim/group/control_source.h"
#include "tests/sim/group/crash_notes.h"
#include "tests/sim/group/defects.h"
#include "tests/sim/group/instance_ledger.h"
#include "tests/sim/group/reading.h"
#include "tests/sim/log_ports.h"
#include "tests/sim/ports.h"
#include "tests/sim/scene.h"
#include "tests/sim/step_lane.h"

namespace fracas::sim {

// A clock of one process: its wall clock is off by a while.
class SkewedClock : public Clock {
 public:
  SkewedClock(const SimClock* base, int64_t skew_ms) : base_(base), skew_ms_(skew_ms) {}
  int64_t WallMs() const override { return base_->WallMs() + skew_ms_; }
  int64_t MonotonicMs() const override { return base_->MonotonicMs(); }
  void Jump(int64_t skew_ms) { skew_ms_ = skew_ms; }

 private:
  const SimClock* const base_;
  int64_t skew_ms_;
};

// What all instances share; outlives them.
struct Cluster {
  Broker* broker = nullptr;
  Random* random = nullptr;
  const SimClock* clock = nullptr;
  Faults* faults = nullptr;
  LogFaults* log_faults = nullptr;
  LogFaults* ledger_faults = nullptr;  // of what ledgers ask the brokers
  Beacon* beacon = nullptr;
  const Scene* scene = nullptr;
  const control::StreamPolicy* policy = nullptr;
  bool durable = true;              // a group's state: a tail and an authority in each instance
  int64_t delete_retention_ms = 0;  // of the state topic
  std::function<void()> in_the_middle;
  std::function<void(const std::string&)> trace;
  std::vector<Trip>* trips = nullptr;
  SimCrashLog** judging = nullptr;
  Defects defects;
};

// What of an instance survives its processes.
struct Disk {
  MemoryStore store;
  LedgerFolder ledger;
  LedgerFolder aside;             // a copy of the ledger's that somebody has kept
  std::vector<CrashNotes> notes;  // by worker
};

// Thrown where a record kills the process that examines it.
struct Death {};

// One process: workers, a tail, an authority and a ledger, as app/ puts them together. Who calls it
// gives it turns; a turn may be taken in the middle of another's commit, but never one of the same
// thread.
class Instance {
 public:
  struct Setup {
    std::string name;
    std::string version;
    uint32_t mended = 0;  // contracts that it has
    int64_t skew_ms = 0;
    Disk* disk = nullptr;
  };
  Instance(const Cluster* cluster, Setup setup);
  ~Instance();

  // Restores its state, then its workers join. `keep_going` as of StateTail::Restore.
  Status Start(const std::function<bool()>& keep_going);
  // A failure, also by Death, ends the process.
  Status TurnTail();
  Status TurnAuthority();
  Status TurnLedger() { return started_ ? ledger_->Turn() : Status(); }
  // The ledger alone ends and begins anew on its folder: it may be a process of its own.
  void RestartLedger() {
    ledger_ = std::make_unique<InstanceLedger>(cluster_, &clock_, &disk_->ledger);
  }
  Status TurnWorker(size_t index);
  void Publish(size_t index) { seats_[index].lane->Step(); }
  Status TakeContracts(uint32_t mended);

  size_t workers() const { return seats_.size(); }
  bool LaneRuns(size_t index) const { return seats_[index].lane->running(); }
  bool authority_runs() const { return authority_runs_; }
  // Somewhere below on the stack one of its threads is at work.
  bool Busy() const;
  void Crash() { crashed_ = true; }
  bool crashed() const { return crashed_; }
  bool active() const { return authority_ != nullptr && authority_->active(); }
  uint64_t member(size_t index) const { return seats_[index].source->member(); }
  Offset state_offset() const { return tail_ == nullptr ? 0 : tail_->snapshot()->offset; }
  uint32_t mended() const { return mended_; }
  SkewedClock& clock() { return clock_; }
  const std::string& name() const { return name_; }
  const MemoryStore& store() const { return disk_->store; }
  const InstanceLedger& ledger() const { return *ledger_; }
  const Meters& meters() const { return meters_; }

 private:
  struct Seat {  // one worker
    StepLane* lane = nullptr;
    SimSource* source = nullptr;
    std::unique_ptr<pipeline::Worker> worker;
  };
  void OpenTail();
  void OpenAuthority();
  void AddWorker(uint32_t index);
  void Changed(const control::Snapshot& snapshot);
  std::unique_ptr<SimTransaction> NewTransaction(const std::string& id);
  LogSink Sink(const std::string& who) const;

  const Cluster* const cluster_;
  const std::string name_;
  Disk* const disk_;
  uint32_t mended_;
  SkewedClock clock_;
  std::shared_ptr<const pipeline::Plan> plan_;
  pipeline::ControlBoard board_;
  Meters meters_;
  SimAdmin admin_;
  SimLogReader reader_;
  SimLogTail log_tail_;
  std::unique_ptr<InstanceLedger> ledger_ =
      std::make_unique<InstanceLedger>(cluster_, &clock_, &disk_->ledger);
  std::unique_ptr<control::StateTail> tail_;
  std::unique_ptr<control::QuarantineView> quarantine_;
  std::unique_ptr<control::Authority> authority_;
  std::vector<Seat> seats_;
  std::shared_ptr<pipeline::TicketsById> tickets_;
  bool started_ = false;
  bool crashed_ = false;
  bool authority_runs_ = false;
  bool tail_runs_ = false;
};

}  // namespace fracas::sim
