#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/status.h"
#include "pipeline/control_view.h"
#include "pipeline/stream_plan.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/crash_log.h"
#include "ports/log.h"
#include "ports/meter.h"
#include "ports/source.h"
#include "ports/transaction.h"

// The pipeline as the application sees it: W workers, each with a source, a transaction and two threads
// (judge the next round while the previous one commits).

namespace fracas::pipeline {

struct WorkerPorts {
  std::unique_ptr<Source> source;
  std::unique_ptr<Transaction> transaction;
  CrashLogs crash_logs = {};
};

struct EngineOptions {
  std::shared_ptr<const Plan> plan;
  // What the workers obey, shared with whoever follows the group's state; null: a board of its own.
  std::shared_ptr<ControlBoard> board;
  uint32_t workers = 1;  // 1 … limits::kWorkersMax
  // Makes the ports of worker 0 … workers - 1; called by Start, on its thread.
  std::function<Result<WorkerPorts>(uint32_t worker)> make_ports;
  // These outlive the engine.
  Clock* clock = nullptr;
  Meters* meters = nullptr;
  Admin* admin = nullptr;  // for lag (StreamCell::lag); nullptr: lag stays 0
  LogSink log;
  std::function<void(const TripFact&)> on_trip;  // after the trip was committed; any thread; may be empty
  bool stop_at_end = false;  // a finite source: finish when everything was read and committed
};

// A stream that is not GREEN, as this instance sees it.
struct StreamState {
  std::string pipeline;
  std::string stream;
  state::BreakerState state = state::BreakerState::kGreen;
  int64_t since_ms = 0;      // wall clock
  Code cause = Code::kNone;  // of the first trip; kNone: a person's
  std::string reason;
  bool planned = false;      // maintenance: pages nobody …
  int64_t planned_until_ms = 0;  // … until then
  std::vector<state::PendingRange> pending;  // by source, ascending
};
// As above; also of a GREEN stream.
StreamState StateOf(const ControlView& view, StreamIndex stream);

// For /readyz and status.
struct Readiness {
  bool ready = false;                  // every worker has joined and can write its topics
  std::vector<std::string> waiting_for;  // why not, a sentence each
  std::vector<StreamState> red;        // RED or PROBE; does not make it unready: people work on that
  std::vector<PartitionHold> held;
};

class Engine {
 public:
  enum class Phase : uint8_t {
    kRunning,
    kFinished,  // stop_at_end: all read, all committed (or held)
    kFailed,    // status() says why; the application stops
    kStopped,   // Stop was called and everything ended well
  };

  // Makes the ports and starts the threads. They claim transactional ids and look topics up by
  // themselves: what is wrong there shows as kFailed within limits::kStartMsMax.
  static Result<std::unique_ptr<Engine>> Start(EngineOptions options);
  // Stops if Stop was not called.
  ~Engine();

  // Waits until the phase is not kRunning any more, at most `ms`.
  Phase Wait(int64_t ms);
  // The first failure that stopped a worker; OK while there is none.
  Status status() const;
  // Stops taking records, lets what is in flight finish or aborts it, closes. Returns within
  // limits::kShutdownMsMax; a failure says which worker hangs: the caller then ends the process without
  // running destructors (nothing half done: offsets live in transactions). Idempotent; not for signal
  // handlers.
  Status Stop();

  Readiness readiness() const;
  // Milliseconds since the slowest worker's last turn: the watchdog's figure.
  int64_t StalledMs() const;

 private:
  struct State;
  explicit Engine(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace fracas::pipeline
