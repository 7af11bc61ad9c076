#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/check.h"
#include "core/text.h"

namespace fracas::sim {

namespace {

constexpr size_t kProcesses = 2;
constexpr size_t kWorkersOfProcess = 2;
constexpr uint64_t kMendsPerMille = 60;  // of the resets: the contract was changed first

}  // namespace

// --- World ----------------------------------------------------------------------------------------------

World::World(WorldOptions options)
    : options_(options), random_(options.seed), scene_(&broker_, &random_), left_(options.records) {
  faults_.not_committed = random_.Below(120);
  faults_.unknown_committed = random_.Below(80);
  faults_.unknown_aborted = random_.Below(80);
  faults_.fenced = random_.Below(20);
  faults_.seek_fails = random_.Below(30);
  faults_.interleave = random_.Below(400);
  faults_.fresh_metadata = options_.fresh_metadata;
  if (options_.refusals) {
    const std::vector<std::string> refusers = {"a.out", "a.dlq", "b.out"};
    faults_.refusing_topic = refusers[random_.Below(refusers.size())];
    faults_.refusing_partition = static_cast<int32_t>(random_.Below(3)) - 1;
  }
  processes_.resize(kProcesses);
  for (size_t i = 0; i < kProcesses; ++i) StartProcess(i);
}

World::~World() {
  for (size_t i = 0; i < processes_.size(); ++i) StopProcess(i);
}

void World::StartProcess(size_t index) {
  Process& process = processes_[index];
  process.crashed = false;
  process.mended = random_.Chance(500) ? mended_ : 0;
  process.plan = scene_.MakePlan(Cat("i", index), Cat("p", incarnations_++), process.mended);
  process.board = std::make_unique<pipeline::ControlBoard>(process.plan);
  process.state = 0;
  if (options_.durable) Follow(&process, authority_.end());  // restored before anything is fetched
  process.meters = std::make_unique<Meters>();
  for (uint32_t i = 0; i < kWorkersOfProcess; ++i) {
    Seat seat;
    const std::string name = Cat("g-", process.plan->instance, "-", i);
    auto source = std::make_unique<SimSource>(&broker_, &random_, &faults_, name,
                                              std::vector<std::string>{"a", "b", "c"});
    seat.source = source.get();
    pipeline::WorkerOptions worker;
    worker.worker = i;
    worker.source = std::move(source);
    worker.transaction = std::make_unique<SimTransaction>(SimTransaction::Options{
        &broker_, &random_, &faults_, name, &process.crashed, [this] { InTheMiddle(); },
        [this](const std::string& text) { Trace(text); }});
    worker.board = process.board.get();
    worker.clock = &clock_;
    worker.log = [this, name](const LogEntry& entry) {
      Trace(Cat(name, " ", entry.event, ": ", entry.message));
    };
    seat.cell = worker.meters.worker = process.meters->AddWorker(i);
    for (const auto& stream : scene_.streams()) {
      worker.meters.streams.push_back(process.meters->AddStream(stream->pipeline, stream->id));
    }
    const pipeline::ControlBoard* board = process.board.get();
    worker.tripped = [this, board, version = process.plan->program_version](
                         const pipeline::TripFact& fact) {
      trips_.push_back({version, scene_.streams()[ToInt(fact.batch.stream)]->id,
                        board->Current()->state_offset()});
    };
    worker.make_lane = [&seat](pipeline::Publisher* publisher) {
      auto lane = std::make_unique<StepLane>(publisher);
      seat.lane = lane.get();
      return lane;
    };
    seat.worker = std::make_unique<pipeline::Worker>(std::move(worker));
    process.seats.push_back(std::move(seat));
  }
}

void World::Follow(Process* process, Offset to) {
  process->state = to;
  process->board->SetState({.state_offset = to, .breakers = authority_.at(to), .tickets = nullptr,
                            .records = nullptr, .quarantine = nullptr});
}

// The authority works, operators reset what is RED, instances follow.
void World::Govern() {
  if (!options_.durable) return;
  if (random_.Chance(300)) authority_.Turn();
  if (resets_ && random_.Chance(60)) {
    const size_t stream = random_.Below(2);
    FakeAuthority::Reset reset;
    if (random_.Chance(kMendsPerMille)) {
      mended_ |= 1u << stream;
      reset.contract = scene_.mended_contract();
    }
    authority_.ResetStream(stream, reset);
  }
  for (Process& process : processes_) {
    if (process.crashed || process.seats.empty()) continue;
    if (process.state < authority_.end() && random_.Chance(200)) {
      const auto ahead = static_cast<uint64_t>(authority_.end() - process.state);
      Follow(&process, process.state + 1 + static_cast<Offset>(random_.Below(ahead)));
    }
    if (process.mended != mended_ && random_.Chance(50)) {
      process.mended = mended_;
      const Status taken = process.board->SetPlan(
          scene_.MakePlan(process.plan->instance, process.plan->program_version, mended_));
      FRACAS_CHECK(taken.ok(), taken.message());
    }
  }
}

void World::Trace(const std::string& text) const {
  if (!options_.trace) return;
  std::fprintf(stderr, "%8lld %s\n", static_cast<long long>(clock_.MonotonicMs()), text.c_str());
}

void World::StopProcess(size_t index) {
  Process& process = processes_[index];
  for (const Seat& seat : process.seats) {
    rounds_committed_ += seat.cell->rounds_committed.load();
    rounds_failed_ += seat.cell->rounds_failed.load();
  }
  process.seats.clear();  // without a word: the broker finds out by itself
}

bool World::Busy(const Process& process) const {
  for (const Seat& seat : process.seats) {
    if (seat.lane->running()) return true;
  }
  return false;
}

void World::Turn(Process* process, Seat* seat) {
  if (process->crashed || seat->failed) return;
  if (random_.Chance(400)) {
    seat->lane->Step();
    return;
  }
  const Status status = seat->worker->RunRound();
  if (status.ok()) return;
  // The program would end with this message and be started again.
  failures_.push_back(std::string(status.message()));
  process->crashed = true;
  process->back_ms = clock_.MonotonicMs() + 500;
}

void World::Act(bool nested) {
  Process& process = processes_[random_.Below(processes_.size())];
  if (process.seats.empty()) return;
  Seat& seat = process.seats[random_.Below(process.seats.size())];
  if (nested && seat.lane->running()) {
    // Its publisher is busy below us on the stack; its worker may run beside it.
    if (!process.crashed && seat.worker->RunRound().ok()) return;
    process.crashed = true;
    return;
  }
  Turn(&process, &seat);
}

void World::InTheMiddle() {
  if (depth_ >= 3) return;
  ++depth_;
  for (uint64_t i = 1 + random_.Below(8); i > 0; --i) {
    clock_.Advance(static_cast<int64_t>(random_.Below(10)));
    if (random_.Chance(60)) Disturb();
    Govern();
    Act(true);
  }
  --depth_;
}

// Something happens to the cluster or to a process.
void World::Disturb() {
  if (!faults_.on) return;
  const uint64_t kind = random_.Below(100);
  Trace(Cat("disturb ", kind));
  Process& process = processes_[random_.Below(processes_.size())];
  if (kind < 40) {
    AppendSource();
  } else if (kind < 60) {
    broker_.Rebalance();
  } else if (kind < 70) {
    if (!process.seats.empty()) {
      broker_.Kick(process.seats[random_.Below(process.seats.size())].source->member());
    }
  } else if (kind < 75) {
    broker_.TimeOut(Cat("g-i", random_.Below(kProcesses), "-", random_.Below(kWorkersOfProcess)));
  } else if (kind < 80 && options_.crashes && !process.seats.empty()) {
    process.crashed = true;
    ++crashes_;
    process.back_ms = clock_.MonotonicMs() + static_cast<int64_t>(random_.Below(400));
  } else {
    clock_.Advance(static_cast<int64_t>(random_.Below(2'000)));
  }
}

void World::AppendSource() {
  const int count = std::min(left_, static_cast<int>(1 + random_.Below(20)));
  scene_.Append({.held = options_.holds, .rejected = options_.rejects, .warned = options_.warnings},
                count);
  left_ -= count;
}

size_t World::Volume() const {
  size_t volume = broker_.history().size();
  for (const std::string topic :
       {"a.out", "b.out", "a.dlq", "b.dlq", "failures", "batches", "control"}) {
    for (int32_t i = 0; i < broker_.Partitions(topic); ++i) volume += broker_.log({topic, i}).size();
  }
  return volume;
}

void World::Run() {
  const auto reap = [this] {
    for (size_t i = 0; i < processes_.size(); ++i) {
      Process& process = processes_[i];
      if (!process.crashed || Busy(process)) continue;
      StopProcess(i);
      if (clock_.MonotonicMs() >= process.back_ms) StartProcess(i);
    }
  };
  for (int step = 0; step < options_.steps; ++step) {
    clock_.Advance(static_cast<int64_t>(random_.Below(15)));
    if (random_.Chance(30)) Disturb();
    Govern();
    Act(false);
    reap();
  }
  const bool refuses = !faults_.refusing_topic.empty();
  resets_ = !refuses;  // it would turn RED for ever
  while (left_ > 0) AppendSource();
  Faults calm;
  calm.on = refuses;  // what refuses goes on refusing
  calm.refusing_topic = faults_.refusing_topic;
  calm.refusing_partition = faults_.refusing_partition;
  faults_ = calm;
  size_t volume = 0;
  for (int quiet = 0; quiet < 1'500; ++quiet) {
    clock_.Advance(40);
    if (!refuses) mended_ = 3;  // in the end every contract is right
    Govern();
    Act(false);
    reap();
    if (Volume() != std::exchange(volume, Volume())) quiet = 0;
  }
}

}  // namespace fracas::sim
