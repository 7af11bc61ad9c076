#include "pipeline/engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "pipeline/lag.h"
#include "pipeline/lane.h"
#include "pipeline/worker.h"

// Step: threads around workers. It decides nothing about records.

namespace fracas::pipeline {

namespace {

constexpr int64_t kLagEveryMs = 5'000;
// Of limits::kShutdownMsMax: for the transaction in flight; the rest is for closing.
constexpr int64_t kDrainMs = 6'000;

}  // namespace

// Shared with the threads, so that one that hangs in a library may outlive the engine.
struct Engine::State : std::enable_shared_from_this<Engine::State> {
  explicit State(EngineOptions engine_options)
      : options(std::move(engine_options)),
        board(options.board != nullptr ? options.board
                                       : std::make_shared<ControlBoard>(options.plan)) {}

  Result<std::unique_ptr<Worker>> MakeWorker(uint32_t index);
  void RunWorker(size_t index);
  void RunLag();
  void Tripped(const TripFact& fact);
  void Ended(size_t index, const Status& status, bool finished);
  bool WaitStopping(int64_t ms);

  EngineOptions options;
  const std::shared_ptr<ControlBoard> board;
  JudgingGate judging;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<WorkerMeters> meters;
  std::vector<std::thread> threads;
  std::thread lag_thread;
  std::atomic<bool> stopping{false};

  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  std::vector<bool> ended;
  size_t running = 0;
  size_t finished = 0;
  bool stopped = false;
  Status failure;  // the first
};

Result<std::unique_ptr<Worker>> Engine::State::MakeWorker(uint32_t index) {
  auto ports = options.make_ports(index);
  if (!ports.ok()) return ports.status();
  WorkerMeters cells;
  cells.worker = options.meters->AddWorker(index);
  cells.worker->progress_ms.store(options.clock->MonotonicMs(), std::memory_order_relaxed);
  for (const auto& stream : options.plan->streams) {
    cells.streams.push_back(options.meters->AddStream(stream->pipeline, stream->id));
  }
  meters.push_back(cells);
  WorkerOptions worker;
  worker.worker = index;
  worker.source = std::move(ports->source);
  worker.transaction = std::move(ports->transaction);
  worker.crash_logs = std::move(ports->crash_logs);
  worker.judging = &judging;
  worker.board = board.get();
  worker.clock = options.clock;
  worker.meters = cells;
  worker.log = options.log;
  worker.tripped = [this](const TripFact& fact) { Tripped(fact); };
  worker.stop_at_end = options.stop_at_end;
  worker.make_lane = [](Publisher* publisher) { return std::make_unique<ThreadLane>(publisher); };
  return std::make_unique<Worker>(std::move(worker));
}

void Engine::State::Tripped(const TripFact& fact) {
  const StreamPlan& stream = *options.plan->streams[ToInt(fact.batch.stream)];
  const std::string name = QualifiedName(stream);
  const std::string next = options.plan->control_topic.empty()
                               ? std::string("restart")
                               : Cat("`fracas breaker reset --stream ", name, "`");
  if (options.log) {
    options.log({LogLevel::kError, "stream_red",
                 Cat("stream ", name, " is RED, ", ToString(fact.batch), " was abandoned: ",
                     fact.reason, ". Its partitions stand at their committed offsets; mend the "
                     "cause, then ", next),
                 {{"pipeline", stream.pipeline},
                  {"stream", stream.id},
                  {"code", std::string(Info(fact.cause).name)},
                  {"batch", ToString(fact.batch)}}});
  }
  if (options.on_trip) options.on_trip(fact);
}

void Engine::State::RunWorker(size_t index) {
  Worker& worker = *workers[index];
  Status status;
  while (status.ok() && !stopping.load(std::memory_order_acquire) && !worker.finished()) {
    status = worker.RunRound();
  }
  const bool finished_here = worker.finished();
  worker.Shutdown(kDrainMs);
  Ended(index, status, finished_here);
}

void Engine::State::Ended(size_t index, const Status& why, bool finished_here) {
  const std::lock_guard lock(mutex);
  ended[index] = true;
  --running;
  finished += finished_here ? 1 : 0;
  if (!why.ok() && failure.ok()) failure = why;
  // One worker cannot go on: the others end cleanly, so that the process can.
  if (!why.ok()) stopping.store(true, std::memory_order_release);
  changed.notify_all();
}

bool Engine::State::WaitStopping(int64_t ms) {
  std::unique_lock lock(mutex);
  changed.wait_for(lock, std::chrono::milliseconds(ms), [this] {
    return stopping.load(std::memory_order_acquire) || running == 0;
  });
  return stopping.load(std::memory_order_acquire) || running == 0;
}

void Engine::State::RunLag() {
  std::vector<LagGauge> gauges;
  for (const WorkerMeters& cells : meters) gauges.emplace_back(options.admin, cells.streams);
  while (!WaitStopping(kLagEveryMs)) {
    for (size_t i = 0; i < workers.size(); ++i) {
      gauges[i].Refresh(workers[i]->Positions(), [this] { return stopping.load(); });
    }
  }
}

Result<std::unique_ptr<Engine>> Engine::Start(EngineOptions options) {
  if (options.workers < 1 || options.workers > limits::kWorkersMax) {
    return Status::Reject(Cat("workers must be 1 to ", limits::kWorkersMax, ", not ",
                              options.workers));
  }
  auto state = std::make_shared<State>(std::move(options));
  for (uint32_t i = 0; i < state->options.workers; ++i) {
    auto worker = state->MakeWorker(i);
    if (!worker.ok()) return worker.status();
    state->workers.push_back(std::move(*worker));
  }
  state->running = state->workers.size();
  state->ended.assign(state->workers.size(), false);
  for (size_t i = 0; i < state->workers.size(); ++i) {
    state->threads.emplace_back([state, i] { state->RunWorker(i); });
  }
  if (state->options.admin != nullptr) {
    state->lag_thread = std::thread([state] { state->RunLag(); });
  }
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

Engine::Engine(std::shared_ptr<State> state) : state_(std::move(state)) {}

Engine::~Engine() { (void)Stop(); }

Engine::Phase Engine::Wait(int64_t ms) {
  std::unique_lock lock(state_->mutex);
  const auto over = [this] {
    return state_->stopped || !state_->failure.ok() || state_->running == 0;
  };
  state_->changed.wait_for(lock, std::chrono::milliseconds(ms), over);
  if (!state_->failure.ok()) return Phase::kFailed;
  if (state_->stopped) return Phase::kStopped;
  if (state_->running == 0 && state_->finished == state_->workers.size()) return Phase::kFinished;
  return state_->running == 0 ? Phase::kStopped : Phase::kRunning;
}

Status Engine::status() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failure;
}

Status Engine::Stop() {
  std::unique_lock lock(state_->mutex);
  if (state_->stopped) return {};
  state_->stopping.store(true, std::memory_order_release);
  state_->changed.notify_all();
  const bool over = state_->changed.wait_for(lock, std::chrono::milliseconds(limits::kShutdownMsMax),
                                             [this] { return state_->running == 0; });
  state_->stopped = true;
  std::string hanging;
  for (size_t i = 0; i < state_->ended.size(); ++i) {
    if (!state_->ended[i]) AppendTo(&hanging, hanging.empty() ? "" : ", ", i);
  }
  lock.unlock();
  for (std::thread& thread : state_->threads) over ? thread.join() : thread.detach();
  if (state_->lag_thread.joinable()) {
    over ? state_->lag_thread.join() : state_->lag_thread.detach();
  }
  if (over) return {};
  return Status::Stop(Cat("worker ", hanging, " did not stop within ", limits::kShutdownMsMax / 1000,
                          " s; the process ends without it, offsets are safe in their transactions"));
}

StreamState StateOf(const ControlView& view, StreamIndex stream) {
  const StreamPlan& plan = view.stream(stream);
  const StreamControl& control = view.control(stream);
  StreamState told;
  told.pipeline = plan.pipeline;
  told.stream = plan.id;
  told.state = control.state();
  if (control.breaker != nullptr) {
    told.since_ms = control.breaker->since_ms;
    told.cause = control.breaker->cause;
    told.reason = control.breaker->reason;
    told.planned = control.breaker->planned;
    told.planned_until_ms = control.breaker->planned_until_ms;
    told.pending = control.breaker->pending;
  }
  // The breaker does not know of these yet: on a stream that it has GREEN they are the cause.
  const bool first = control.breaker == nullptr ||
                     control.breaker->state == state::BreakerState::kGreen;
  for (const auto& [source, trip] : control.trips) {
    std::erase_if(told.pending, [&](const auto& range) { return range.source == source; });
    if (first && told.pending.empty()) {
      told.since_ms = trip.range.since_ms;
      told.cause = trip.range.cause;
      told.reason = trip.range.reason;
    }
    told.pending.push_back(trip.range);
  }
  std::sort(told.pending.begin(), told.pending.end(),
            [](const auto& left, const auto& right) { return left.source < right.source; });
  return told;
}

Readiness Engine::readiness() const {
  Readiness readiness;
  for (size_t i = 0; i < state_->workers.size(); ++i) {
    const std::string waiting = state_->workers[i]->WaitingFor();
    if (!waiting.empty()) readiness.waiting_for.push_back(Cat("worker ", i, ": ", waiting));
  }
  readiness.ready = readiness.waiting_for.empty();
  const std::shared_ptr<const ControlView> view = state_->board->Current();
  if (!view->lagging().empty()) {
    readiness.ready = false;
    readiness.waiting_for.push_back(Cat("everything is held: ", view->lagging()));
  }
  for (const auto& stream : view->plan().streams) {
    if (view->control(stream->index).state() == state::BreakerState::kGreen) continue;
    readiness.red.push_back(StateOf(*view, stream->index));
  }
  readiness.held = state_->board->Holds();
  return readiness;
}

int64_t Engine::StalledMs() const {
  int64_t oldest_ms = INT64_MAX;
  for (const WorkerMeters& cells : state_->meters) {
    oldest_ms = std::min(oldest_ms, cells.worker->progress_ms.load(std::memory_order_relaxed));
  }
  return std::max<int64_t>(0, state_->options.clock->MonotonicMs() - oldest_ms);
}

}  // namespace fracas::pipeline
