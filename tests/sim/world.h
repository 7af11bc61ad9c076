#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/control_view.h"
#include "pipeline/stream_plan.h"
#include "pipeline/worker.h"
#include "ports/meter.h"
#include "tests/sim/broker.h"
#include "tests/sim/checker.h"
#include "tests/sim/fake_authority.h"
#include "tests/sim/ports.h"
#include "tests/sim/random.h"
#include "tests/sim/scene.h"
#include "tests/sim/step_lane.h"

// Several processes on one broker, one seed = one schedule of turns and faults. Single-threaded: workers and
// publishers take turns, also in the middle of each other's commits.

namespace fracas::sim {

struct WorldOptions {
  uint64_t seed = 1;
  uint64_t holds = 0;      // per mille of the records of copied streams …
  uint64_t rejects = 50;
  uint64_t warnings = 30;
  int records = 400;       // in all
  int steps = 3000;        // of the phase with faults
  bool crashes = true;
  bool durable = true;     // an authority folds the facts and resets streams
  bool refusals = false;   // an output topic refuses for ever
  bool fresh_metadata = false;  // a planted defect that the checker must see
  bool trace = false;      // tell on standard error what happens
};

class World {
 public:
  explicit World(WorldOptions options);
  ~World();
  // The phase with faults, then one without until nothing moves any more.
  void Run();

  const Broker& broker() const { return broker_; }
  const Planted& planted() const { return scene_.planted(); }
  const std::vector<Trip>& trips() const { return trips_; }
  Evidence evidence() const {
    return {&broker_, &scene_.planted(), &trips_, options_.durable ? &authority_ : nullptr,
            scene_.mended_contract()};
  }
  const FakeAuthority& authority() const { return authority_; }
  const Faults& faults() const { return faults_; }
  const std::vector<std::string>& failures() const { return failures_; }
  uint64_t rounds_committed() const { return rounds_committed_; }
  uint64_t rounds_failed() const { return rounds_failed_; }
  uint64_t crashes() const { return crashes_; }

 private:
  struct Seat {  // one worker
    StepLane* lane = nullptr;
    SimSource* source = nullptr;
    std::unique_ptr<pipeline::Worker> worker;
    WorkerCell* cell = nullptr;
    bool failed = false;
  };
  struct Process {
    std::shared_ptr<const pipeline::Plan> plan;
    std::unique_ptr<pipeline::ControlBoard> board;
    Offset state = 0;      // followed up to here
    uint32_t mended = 0;   // contracts that it has
    std::unique_ptr<Meters> meters;
    std::vector<Seat> seats;
    bool crashed = false;
    int64_t back_ms = 0;  // not before this time
  };
  void Trace(const std::string& text) const;
  void StartProcess(size_t index);
  void StopProcess(size_t index);
  void Act(bool nested);
  void Turn(Process* process, Seat* seat);
  void InTheMiddle();
  void Disturb();
  void Follow(Process* process, Offset to);
  void Govern();
  void AppendSource();
  bool Busy(const Process& process) const;
  size_t Volume() const;

  const WorldOptions options_;
  Random random_;
  SimClock clock_;
  Broker broker_;
  Faults faults_;
  Scene scene_;
  FakeAuthority authority_{&broker_, {"p/a", "p/b", "p/c"}};
  uint32_t mended_ = 0;    // streams whose contract was changed
  bool resets_ = true;     // an operator is there
  std::vector<Process> processes_;
  std::vector<Trip> trips_;
  std::vector<std::string> failures_;
  int left_ = 0;           // records to append
  int incarnations_ = 0;
  int depth_ = 0;          // of nested turns
  uint64_t rounds_committed_ = 0;
  uint64_t rounds_failed_ = 0;
  uint64_t crashes_ = 0;
};

}  // namespace fracas::sim
