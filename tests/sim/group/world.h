#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/broker.h"
#include "tests/sim/group/checker.h"
#include "tests/sim/group/control_source.h"
#include "tests/sim/group/crash_notes.h"
#include "tests/sim/group/defects.h"
#include "tests/sim/group/instance.h"
#include "tests/sim/group/operators.h"
#include "tests/sim/log_ports.h"
#include "tests/sim/ports.h"
#include "tests/sim/random.h"
#include "tests/sim/scene.h"

// Several instances on one broker, one seed = one schedule of turns and faults. Single-threaded:
// workers, publishers, tails, authorities and ledgers take turns, also in the middle of each
// other's commits.

namespace fracas::sim {

struct WorldOptions {
  uint64_t seed = 1;
  uint64_t holds = 0;  // per mille of the records of copied streams …
  uint64_t rejects = 50;
  uint64_t warnings = 30;
  uint64_t poison = 0;
  int records = 150;  // in all
  int steps = 900;    // of the phase with faults
  bool crashes = true;
  bool durable = true;     // tails and authorities
  bool operators = false;  // people do more than mend and reset
  bool losses = false;     // retention takes source records
  uint64_t ends = 0;      // per mille of the steps: somebody replays or discards a dead letter, too
  bool refusals = false;  // an output topic refuses for ever
  bool trace = false;     // tell on standard error what happens
  Defects defects{};      // that the checker must see
};

class World {
 public:
  explicit World(WorldOptions options);
  ~World();
  // The phase with faults, then one without until nothing moves any more.
  void Run();
  // What is not as the guarantees promise; empty: all hold.
  std::vector<std::string> Problems() const;

  const Broker& broker() const { return broker_; }
  const StateLog& state() const { return operators_.state(); }
  uint64_t rounds_committed() const { return rounds_committed_; }
  // How often something has happened, by name: a schedule that exercises nothing proves nothing.
  const std::map<std::string, int>& seen() const { return seen_; }

 private:
  struct Place {  // of an instance
    std::string name;
    Disk disk;
    std::unique_ptr<Instance> instance;  // null: it is down
    int64_t back_ms = 0;                 // not before this time
    int64_t tail_back_ms = 0;            // its tail stands still until then
  };
  void Trace(const std::string& text) const;
  void PlantFaults();
  void Start(Place* place);
  void Stop(Place* place);
  void Fail(Place* place, const Status& why);
  void Reap();
  void Step(bool nested);
  void Act(Place* place, bool nested);
  void InTheMiddle();
  void Disturb();
  void DisturbState(uint64_t kind, Place* place);
  void Crash(Place* place);
  void TurnLedgers();
  void RestartLedger(Place* place);
  void DisturbLedger(Place* place);
  void TakeLetters();
  void PutLedgerFolder(Place* place);
  void SettleLedgers();
  void CompactState();
  void MoveBeacon();
  void Govern();
  void TakeContracts();
  void AppendSource();
  void Sample();
  void Conclude();
  bool Done();
  size_t Volume() const;

  const WorldOptions options_;
  Random random_;
  SimClock clock_;
  Broker broker_;
  Faults faults_;
  LogFaults log_faults_;
  // Of the ledgers alone: nothing depends on them, so what else a seed does is the same without.
  Random ledger_random_;
  LogFaults ledger_faults_;
  int64_t topic_known_ms_ = 0;  // until then brokers do not know of ledger_faults_.unknown_topic
  std::vector<std::string> topics_{"a.dlq", "ledger", "b.dlq"};  // that they have always known
  Beacon beacon_;
  Scene scene_;
  control::StreamPolicy policy_;
  Operators operators_;
  Cluster cluster_;
  SimCrashLog* judging_ = nullptr;
  std::vector<std::unique_ptr<Place>> places_;
  std::vector<Trip> trips_;
  std::vector<std::string> failures_;                // that no fault explains
  std::vector<std::pair<int64_t, Offset>> samples_;  // the state topic's end over time
  std::map<std::string, int> seen_;
  int left_ = 0;  // records to append
  int incarnations_ = 0;
  int depth_ = 0;  // of nested turns
  bool done_ = false;
  uint64_t rounds_committed_ = 0;
};

}  // namespace fracas::sim
