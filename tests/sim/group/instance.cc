#include "tests/sim/group/instance.h"

#include <utility>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::sim {

Instance::Instance(const Cluster* cluster, Setup setup)
    : cluster_(cluster),
      name_(setup.name),
      disk_(setup.disk),
      mended_(setup.mended),
      clock_(cluster->clock, setup.skew_ms),
      plan_(cluster->scene->MakePlan(setup.name, setup.version, setup.mended)),
      board_(plan_),
      admin_(cluster->broker, cluster->log_faults),
      reader_(cluster->broker, cluster->log_faults),
      log_tail_(cluster->broker, cluster->log_faults) {}

Instance::~Instance() = default;

Status Instance::Start(const std::function<bool()>& keep_going) {
  if (cluster_->durable) {
    OpenTail();
    if (Status restored = tail_->Restore(keep_going); !restored.ok()) return restored;
    OpenAuthority();
  }
  seats_.reserve(disk_->notes.size());
  for (uint32_t i = 0; i < disk_->notes.size(); ++i) AddWorker(i);
  started_ = true;
  return {};
}

LogSink Instance::Sink(const std::string& who) const {
  return [this, who](const LogEntry& entry) {
    cluster_->trace(Cat(who, " ", entry.event, ": ", entry.message));
  };
}

std::unique_ptr<SimTransaction> Instance::NewTransaction(const std::string& id) {
  return std::make_unique<SimTransaction>(
      SimTransaction::Options{cluster_->broker, cluster_->random, cluster_->faults, id, &crashed_,
                              cluster_->in_the_middle, cluster_->trace});
}

void Instance::OpenTail() {
  control::StateTailOptions tail;
  tail.group = "g";
  tail.state_topic = kStateLog.topic;
  tail.store = &disk_->store;
  tail.tail = &log_tail_;
  tail.admin = &admin_;
  tail.clock = &clock_;
  tail.log = Sink(name_);
  tail.delete_retention_ms = cluster_->delete_retention_ms;
  tail.changed = [this](const std::shared_ptr<const control::Snapshot>& next) { Changed(*next); };
  tail_ = std::make_unique<control::StateTail>(std::move(tail));
  quarantine_ = std::make_unique<control::QuarantineView>(tail_.get(), &disk_->store);
}

void Instance::OpenAuthority() {
  control::AuthorityOptions authority;
  authority.group = "g";
  authority.control_topic = kControlLog.topic;
  authority.state_topic = kStateLog.topic;
  authority.ledger_topic = kLedgerLog.topic;
  authority.journal_topic = kJournalLog.topic;
  authority.source = std::make_unique<SimControlSource>(SimControlSource::Options{
      cluster_->broker, cluster_->random, cluster_->faults, cluster_->beacon, name_, kControlLog});
  authority.transaction = NewTransaction("g.authority");
  authority.admin = &admin_;
  authority.reader = &reader_;
  authority.clock = &clock_;
  authority.store = &disk_->store;
  authority.snapshot = [this] { return tail_->snapshot(); };
  authority.policy = [this](std::string_view stream) {
    return stream.starts_with("p/") ? cluster_->policy : nullptr;
  };
  authority.random = [this] { return static_cast<double>(cluster_->random->Below(1000)) / 1000; };
  authority.new_uuid = [this] {
    return Cat("0000000000000000", 1'000'000'000'000'000 + cluster_->random->Below(1'000'000'000));
  };
  authority.log = Sink(name_);
  authority_ = std::make_unique<control::Authority>(std::move(authority));
}

void Instance::AddWorker(uint32_t index) {
  const std::string id = Cat("g-", name_, "-", index);
  Seat& seat = seats_.emplace_back();
  auto source = std::make_unique<SimSource>(cluster_->broker, cluster_->random, cluster_->faults,
                                            id, std::vector<std::string>{"a", "b", "c"});
  seat.source = source.get();
  pipeline::WorkerOptions worker;
  worker.worker = index;
  worker.source = std::move(source);
  worker.transaction = NewTransaction(id);
  worker.board = &board_;
  worker.clock = &clock_;
  worker.crash_logs.judging = std::make_unique<SimCrashLog>(&disk_->notes[index], cluster_->judging);
  worker.log = Sink(id);
  worker.meters.worker = meters_.AddWorker(index);
  for (const auto& stream : plan_->streams) {
    worker.meters.streams.push_back(meters_.AddStream(stream->pipeline, stream->id));
  }
  worker.tripped = [this](const pipeline::TripFact& fact) {
    cluster_->trips->push_back({plan_->program_version,
                                plan_->streams[ToInt(fact.batch.stream)]->id,
                                board_.Current()->state_offset()});
  };
  worker.make_lane = [&seat](pipeline::Publisher* publisher) {
    auto lane = std::make_unique<StepLane>(publisher);
    seat.lane = lane.get();
    return lane;
  };
  seat.worker = std::make_unique<pipeline::Worker>(std::move(worker));
}

// As app/control_plane.cc: the workers' share of a snapshot.
void Instance::Changed(const control::Snapshot& snapshot) {
  pipeline::StateSnapshot next;
  next.state_offset = snapshot.offset;
  for (const auto& stream : plan_->streams) {
    const auto found = snapshot.breakers.find(pipeline::QualifiedName(*stream));
    const bool told = found != snapshot.breakers.end() && !cluster_->defects.ignores_red;
    next.breakers.push_back(told ? found->second : nullptr);
  }
  const bool keeps = cluster_->defects.keeps_tickets && tickets_ != nullptr;
  auto tickets = keeps ? std::make_shared<pipeline::TicketsById>(*tickets_)
                       : std::make_shared<pipeline::TicketsById>();
  snapshot.tickets.Visit(
      [&](const control::TicketTable::Pointer& ticket) { (*tickets)[ticket->id] = ticket; });
  next.tickets = tickets_ = std::move(tickets);
  if (!cluster_->defects.ignores_quarantine) {
    next.records = snapshot.records;
    next.quarantine = quarantine_.get();
  }
  next.followed_ms = tail_->followed_ms();
  board_.SetState(std::move(next));
}

Status Instance::TurnTail() {
  if (!started_ || tail_ == nullptr || tail_runs_) return {};
  tail_runs_ = true;
  if (board_.awaited()) tail_->AskEnd();
  const Status turned = tail_->Turn(0);
  if (turned.ok()) board_.SetFollowed(tail_->followed_ms());
  tail_runs_ = false;
  return turned;
}

Status Instance::TurnAuthority() {
  if (!started_ || authority_ == nullptr || authority_runs_) return {};
  authority_runs_ = true;
  const Status turned = authority_->Turn(0);
  authority_runs_ = false;
  return turned;
}

Status Instance::TurnWorker(size_t index) {
  if (tail_ != nullptr && !cluster_->defects.ignores_lag) {
    const bool lags = clock_.MonotonicMs() - tail_->followed_ms() > limits::kStateLagMsMax;
    board_.SetLagging(lags ? "the state is not followed" : "");
  }
  try {
    return seats_[index].worker->RunRound();
  } catch (const Death&) {
    return Status::Stop("killed by a record");
  }
}

Status Instance::TakeContracts(uint32_t mended) {
  mended_ = mended;
  return board_.SetPlan(cluster_->scene->MakePlan(plan_->instance, plan_->program_version, mended));
}

bool Instance::Busy() const {
  if (authority_runs_ || tail_runs_) return true;
  for (const Seat& seat : seats_) {
    if (seat.lane->running()) return true;
  }
  return false;
}

}  // namespace fracas::sim
