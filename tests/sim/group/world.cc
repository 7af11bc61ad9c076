#include "tests/sim/group/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/check.h"
#include "core/text.h"

namespace fracas::sim {

namespace {

constexpr int64_t kDeleteRetentionMs = 20'000;
constexpr int64_t kLettersKeptMs = 30LL * 24 * 3'600'000;
constexpr int kConcludeTurnsMax = 12'000;
constexpr int kRefusalTurns = 3'000;
constexpr int kRestoreTurnsMax = 40;

}  // namespace

World::World(WorldOptions options)
    : options_(options),
      random_(options.seed),
      ledger_random_(~options.seed),
      scene_(&broker_, &random_, options.operators),
      operators_({&broker_, &random_, &clock_, &scene_, options.operators}),
      left_(options.records) {
  PlantFaults();
  policy_.retry.count = static_cast<int32_t>(random_.Below(3));
  policy_.retry.initial_ms = 300;
  policy_.retry.max_ms = 2'000;
  if (options_.operators && random_.Chance(500)) {
    policy_.quarantine_after = 1 + static_cast<int64_t>(random_.Below(3));
    policy_.quarantine_max = static_cast<int64_t>(random_.Below(4));
  }
  beacon_.seats = random_.Chance(500);
  beacon_.holder = "i0";
  cluster_ = {&broker_,
              &random_,
              &clock_,
              &faults_,
              &log_faults_,
              &ledger_faults_,
              &beacon_,
              &scene_,
              &policy_,
              options_.durable,
              kDeleteRetentionMs,
              [this] { InTheMiddle(); },
              [this](const std::string& text) { Trace(text); },
              &trips_,
              &judging_,
              options_.defects};
  broker_.Configure(kLedgerLog.topic, {{"delete.retention.ms", Cat(kDeleteRetentionMs)}});
  for (const char* topic : kLetterTopics) {
    broker_.Configure(topic, {{"retention.ms", Cat(kLettersKeptMs)}});
  }
  broker_.set_fences("g.authority", !options_.defects.two_authorities);
  const size_t instances = options_.operators ? 2 + random_.Below(2) : 2;
  for (size_t i = 0; i < instances; ++i) {
    auto place = std::make_unique<Place>();
    place->name = Cat("i", i);
    place->disk.notes.resize(options_.operators ? 1 + random_.Below(2) : 2);
    places_.push_back(std::move(place));
  }
  for (auto& place : places_) Start(place.get());
}

void World::PlantFaults() {
  faults_.not_committed = random_.Below(120);
  faults_.unknown_committed = random_.Below(80);
  faults_.unknown_aborted = random_.Below(80);
  faults_.fenced = random_.Below(20);
  faults_.seek_fails = random_.Below(30);
  faults_.interleave = random_.Below(300);
  faults_.retries = random_.Below(40);
  faults_.joins_anew = random_.Below(20);
  faults_.hasty = options_.defects.hasty;
  faults_.fresh_metadata = options_.defects.fresh_metadata;
  faults_.forgets_notes = options_.defects.forgets_notes;
  log_faults_.random = &random_;
  log_faults_.retries = random_.Below(40);
  log_faults_.short_polls = random_.Below(400);
  ledger_faults_.random = &ledger_random_;
  ledger_faults_.retries = ledger_random_.Below(40);
  ledger_faults_.short_polls = ledger_random_.Below(400);
  ledger_faults_.reads_aborted = options_.defects.ledger_reads_aborted;
  faults_.headers_read = [this](const Record& record) {
    if (judging_ == nullptr || record.headers.empty()) return;
    if (record.headers.back().name != kPoisonHeader) return;
    judging_->Die();
    ++seen_["death"];
    throw Death();
  };
  if (options_.refusals) {
    const std::vector<std::string> refusers = {"a.out", "a.dlq", "b.out"};
    faults_.refusing_topic = refusers[random_.Below(refusers.size())];
    faults_.refusing_partition = static_cast<int32_t>(random_.Below(3)) - 1;
  }
}

World::~World() {
  for (auto& place : places_) Stop(place.get());
}

void World::Trace(const std::string& text) const {
  if (!options_.trace) return;
  std::fprintf(stderr, "%8lld %s\n", static_cast<long long>(clock_.MonotonicMs()), text.c_str());
}

// --- Processes
// ------------------------------------------------------------------------------------------

void World::Start(Place* place) {
  place->disk.store.Mend();
  PutLedgerFolder(place);
  Instance::Setup setup;
  setup.name = place->name;
  setup.version = Cat("p", incarnations_++);
  setup.mended = random_.Chance(500) ? operators_.mended() : 0;
  setup.skew_ms = static_cast<int64_t>(random_.Below(4'000)) - 2'000;
  setup.disk = &place->disk;
  place->instance = std::make_unique<Instance>(&cluster_, setup);
  int turns = 0;
  const Status started = place->instance->Start([&] {
    clock_.Advance(5);
    // Others go on while it restores.
    if (faults_.on && random_.Chance(200)) InTheMiddle();
    return ++turns < kRestoreTurnsMax;
  });
  if (started.ok()) return;
  Trace(Cat(place->name, " does not start: ", started.message()));
  // Somebody's transaction is open in the state topic: the broker ends it after a while.
  if (random_.Chance(300)) broker_.TimeOut("g.authority");
  const bool told = started.message().find("told to end") != std::string_view::npos;
  if (!told && started.action() != Action::kRetry)
    failures_.push_back(std::string(started.message()));
  place->instance->Crash();
  place->back_ms = clock_.MonotonicMs() + 100;
}

void World::Stop(Place* place) {
  if (place->instance == nullptr) return;
  place->instance->meters().Visit(
      [](const StreamCell&) {},
      [this](const WorkerCell& cell) { rounds_committed_ += cell.rounds_committed.load(); });
  place->instance = nullptr;  // without a word: the broker finds out by itself
}

// The program ends with this message and is started again.
void World::Fail(Place* place, const Status& why) {
  Trace(Cat(place->name, " ends: ", why.message()));
  const std::string_view message = why.message();
  const auto says = [&](std::string_view what) {
    return message.find(what) != std::string_view::npos;
  };
  const bool expected = says("disk is full") || says("fenced twice") ||
                        says("killed by a record") || says("was not followed for") ||
                        // It could not begin within limits::kStartMsMax.
                        says("no coordinator answers") || says("no metadata in time");
  if (!expected) failures_.push_back(Cat(place->name, " stopped: ", message));
  place->instance->Crash();
  place->back_ms = clock_.MonotonicMs() + 500;
}

void World::Reap() {
  for (auto& place : places_) {
    if (place->instance != nullptr && place->instance->crashed() && !place->instance->Busy()) {
      Stop(place.get());
    }
    if (place->instance == nullptr && clock_.MonotonicMs() >= place->back_ms) Start(place.get());
  }
}

// --- Turns
// ----------------------------------------------------------------------------------------------

void World::Step(bool nested) {
  TurnLedgers();
  Place* place = places_[random_.Below(places_.size())].get();
  if (place->instance == nullptr || place->instance->crashed()) return;
  Act(place, nested);
}

void World::Act(Place* place, bool nested) {
  Instance& instance = *place->instance;
  Status status;
  const uint64_t who = random_.Below(100);
  if (options_.durable && who < 20) {
    if (clock_.MonotonicMs() >= place->tail_back_ms) status = instance.TurnTail();
  } else if (options_.durable && who < 40) {
    status = instance.TurnAuthority();
  } else if (instance.workers() > 0) {
    const size_t index = random_.Below(instance.workers());
    // Its publisher may be busy below us on the stack; its worker may run beside it.
    const bool delivers = random_.Chance(400) && !(nested && instance.LaneRuns(index));
    if (delivers) {
      instance.Publish(index);
    } else {
      status = instance.TurnWorker(index);
    }
  }
  if (!status.ok()) Fail(place, status);
}

void World::InTheMiddle() {
  if (depth_ >= 3) return;
  ++depth_;
  for (uint64_t i = 1 + random_.Below(8); i > 0; --i) {
    clock_.Advance(static_cast<int64_t>(random_.Below(10)));
    if (random_.Chance(60)) Disturb();
    Govern();
    Step(true);
  }
  --depth_;
}

// Operators work, contracts arrive.
void World::Govern() {
  if (!options_.durable || !faults_.on) return;
  if (options_.operators) {
    if (random_.Chance(25)) operators_.Act();
    if (options_.ends > 0 && random_.Chance(options_.ends)) operators_.EndLetter();
    operators_.Deliver(false);
  } else if (random_.Chance(20)) {
    if (random_.Chance(60)) operators_.set_mended(operators_.mended() | 1u << random_.Below(2));
    operators_.Conclude();
  }
  TakeContracts();
}

void World::TakeContracts() {
  for (auto& place : places_) {
    Instance* instance = place->instance.get();
    if (instance == nullptr || instance->crashed() || instance->mended() == operators_.mended())
      continue;
    if (!random_.Chance(50)) continue;
    const Status taken = instance->TakeContracts(operators_.mended());
    FRACAS_CHECK(taken.ok(), taken.message());
  }
}

void World::AppendSource() {
  const int count = std::min(left_, static_cast<int>(1 + random_.Below(20)));
  scene_.Append({.held = options_.holds,
                 .rejected = options_.rejects,
                 .warned = options_.warnings,
                 .poison = options_.poison},
                count);
  left_ -= count;
}

size_t World::Volume() const {
  size_t volume = broker_.history().size();
  for (const std::string topic :
       {"a.out", "b.out", "a.dlq", "b.dlq", "failures", "batches", "control", "state"}) {
    for (int32_t i = 0; i < broker_.Partitions(topic); ++i)
      volume += broker_.log({topic, i}).size();
  }
  return volume;
}

// --- The run
// --------------------------------------------------------------------------------------------

void World::Run() {
  for (int step = 0; step < options_.steps; ++step) {
    clock_.Advance(static_cast<int64_t>(random_.Below(15)));
    if (random_.Chance(30)) Disturb();
    Govern();
    Step(false);
    Reap();
    Sample();
  }
  while (left_ > 0) AppendSource();
  Conclude();
}

// Faults end, contracts are mended, somebody looks after every stream.
void World::Conclude() {
  const bool refuses = !faults_.refusing_topic.empty();
  Faults calm;
  calm.on = refuses;  // what refuses goes on refusing
  calm.refusing_topic = faults_.refusing_topic;
  calm.refusing_partition = faults_.refusing_partition;
  calm.headers_read = faults_.headers_read;
  faults_ = calm;
  log_faults_.retries = log_faults_.short_polls = 0;
  ledger_faults_.retries = ledger_faults_.short_polls = 0;
  if (!refuses && options_.durable) operators_.set_mended(3);  // in the end every contract is right
  for (auto& place : places_) {
    place->tail_back_ms = 0;
    place->disk.ledger.store.Mend();
  }
  operators_.Deliver(true);
  size_t volume = 0;
  // What refuses is tried again for ever.
  const int most = refuses ? kRefusalTurns : kConcludeTurnsMax;
  for (int turn = 0, quiet = 0; turn < most && quiet < 1'500; ++turn, ++quiet) {
    clock_.Advance(40);
    TakeContracts();
    MoveBeacon();
    operators_.Deliver(false);
    Step(false);
    Reap();
    if (!options_.durable || refuses) {
      if (Volume() != std::exchange(volume, Volume())) quiet = 0;
      continue;
    }
    quiet = 0;
    if (turn % 10 == 0 && operators_.Conclude() && Done()) {
      done_ = true;
      return SettleLedgers();
    }
  }
}

bool World::Done() {
  if (operators_.waiting()) return false;
  for (const auto& [partition, plants] : scene_.planted()) {
    const auto at = broker_.Committed(partition);
    if (!at || at->offset <= plants.rbegin()->first) return false;
  }
  const auto& cursors = operators_.state().cursors();
  if (cursors.empty() || cursors.back().value == nullptr) return false;
  const PartitionLog& control = broker_.log(kControlLog);
  auto last = static_cast<Offset>(control.size()) - 1;
  while (last >= 0 && control[static_cast<size_t>(last)].state != Entry::State::kCommitted) --last;
  const Offset seen = cursors.back().value->control_offset;
  if (seen < last) return false;
  for (const auto& place : places_) {
    if (place->instance == nullptr || place->instance->crashed()) return false;
    if (place->instance->state_offset() < static_cast<Offset>(broker_.log(kStateLog).size()))
      return false;
  }
  return true;
}

std::vector<std::string> World::Problems() const {
  Evidence evidence;
  evidence.broker = &broker_;
  evidence.planted = &scene_.planted();
  evidence.trips = &trips_;
  evidence.durable = options_.durable;
  evidence.letters_kept_ms = kLettersKeptMs;
  evidence.contract = scene_.contract();
  evidence.mended_contract = scene_.mended_contract();
  const bool ends = options_.durable && faults_.refusing_topic.empty();
  for (const auto& place : places_) {
    if (ends && done_) {
      evidence.stores.push_back({place->name, &place->instance->store()});
      const InstanceLedger& ledger = place->instance->ledger();
      evidence.ledgers.push_back(
          {place->name, &ledger.ledger(), ledger.CaughtUp(), ledger.folder().Taken()});
    }
  }
  std::vector<std::string> problems = Check(evidence);
  for (const std::string& failure : failures_) problems.push_back(failure);
  if (ends && !done_) problems.push_back("not done: something stands still");
  return problems;
}

}  // namespace fracas::sim
