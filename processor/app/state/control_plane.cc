#include "app/state/control_plane.h"

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

#include "app/connection.h"
#include "app/entropy.h"
#include "app/state/store_options.h"
#include "core/limits.h"
#include "core/text.h"
#include "kafka/control_source.h"
#include "kafka/log_reader.h"
#include "kafka/log_tail.h"
#include "kafka/producer.h"
#include "state/store/rocks_store.h"

// Threads around the tail and the authority. It decides nothing about state.

namespace fracas::app {

namespace {

constexpr int kTailWaitMs = 50;
constexpr int kAuthorityWaitMs = 50;
constexpr int64_t kReloadEveryMs = 5'000;
constexpr int64_t kReloadGreenMs = 600'000;

control::RetryPolicy RetryOf(const config::RetryPolicy& retry) {
  return {.count = retry.count,
          .initial_ms = retry.initial_ms,
          .max_ms = retry.max_ms,
          .multiplier = retry.multiplier};
}

control::StreamPolicy PolicyOf(const config::Stream& stream) {
  using config::RetryClass;
  control::StreamPolicy policy;
  policy.retry = RetryOf(stream.retry);
  policy.retry_of = {
      {FailureType::kTransient, RetryOf(config::RetryOf(stream, RetryClass::kTransient))},
      {FailureType::kCapacity, RetryOf(config::RetryOf(stream, RetryClass::kCapacity))},
      {FailureType::kSystem, RetryOf(config::RetryOf(stream, RetryClass::kSystem))}};
  policy.quarantine_after = stream.quarantine.auto_after;
  policy.quarantine_max = stream.quarantine.auto_max_count;
  policy.quarantine_per_ms = stream.quarantine.auto_max_per_ms;
  return policy;
}

}  // namespace

ControlPlane::ControlPlane(ControlPlaneOptions options) : options_(std::move(options)) {
  for (const config::Stream& stream : options_.config->streams) {
    policies_[config::QualifiedName(stream)] = app::PolicyOf(stream);
  }
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::Open(ControlPlaneOptions options) {
  std::unique_ptr<ControlPlane> plane(new ControlPlane(std::move(options)));
  if (Status s = plane->OpenStore(); !s.ok()) return s;
  if (Status s = plane->OpenTail(); !s.ok()) return s;
  return plane;
}

Status ControlPlane::Start(const std::function<bool()>& keep_going) {
  if (Status s = tail_->Restore(keep_going); !s.ok()) return s;
  if (options_.config->roles.control) {
    if (Status s = OpenAuthority(); !s.ok()) return s;
  }
  tail_thread_ = std::thread([this] { RunTail(); });
  if (authority_ != nullptr) authority_thread_ = std::thread([this] { RunAuthority(); });
  return {};
}

ControlPlane::~ControlPlane() { Stop(); }

void ControlPlane::Stop() {
  stopping_.store(true);
  if (authority_thread_.joinable()) authority_thread_.join();
  if (tail_thread_.joinable()) tail_thread_.join();
}

Status ControlPlane::status() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

int64_t ControlPlane::LagMs() const {
  return std::max<int64_t>(0, options_.clock->MonotonicMs() - tail_->followed_ms());
}

// --- Opening --------------------------------------------------------------------------------------------

Status ControlPlane::OpenStore() {
  const config::Config& config = *options_.config;
  const state::StoreOptions store = StoreOptionsOf(config, config.topics.state, options_.clock->WallMs());
  Result<state::OpenedStore> opened = state::OpenStore(store);
  if (!opened.ok()) return opened.status();
  const bool as_left = opened->found == state::FolderState::kContinued;
  options_.log({.level = as_left || opened->found == state::FolderState::kFresh ? LogLevel::kInfo
                                                                               : LogLevel::kWarning,
                .event = "state_opened",
                .message = opened->story,
                .fields = {{"dir", store.dir}, {"found", std::string(state::Name(opened->found))}}});
  store_ = std::move(opened->store);
  return {};
}

Status ControlPlane::OpenTail() {
  const config::Config& config = *options_.config;
  log_tail_ = kafka::NewLogTail(ConnectionOf(config, "", options_.log), Cat(config.group, "-state"));
  control::StateTailOptions tail;
  tail.group = config.group;
  tail.state_topic = config.topics.state;
  tail.store = store_.get();
  tail.tail = log_tail_.get();
  tail.admin = options_.admin;
  tail.clock = options_.clock;
  tail.log = options_.log;
  tail.delete_retention_ms = DeleteRetentionMs();
  tail.changed = [this](const std::shared_ptr<const control::Snapshot>& next) { Changed(next); };
  tail_ = std::make_unique<control::StateTail>(std::move(tail));
  quarantine_ = std::make_unique<control::QuarantineView>(tail_.get(), store_.get());
  return {};
}

// Kafka's own default where the topic cannot be asked: too short costs a rebuild, too long the truth.
int64_t ControlPlane::DeleteRetentionMs() const {
  constexpr int64_t kDefaultMs = 24 * 3'600'000;
  const auto described = options_.admin->Describe({options_.config->topics.state});
  if (!described.ok() || described->empty()) return kDefaultMs;
  const auto found = described->front().config.find("delete.retention.ms");
  int64_t ms = kDefaultMs;
  if (found == described->front().config.end()) return kDefaultMs;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), ms);
  return ms;
}

Status ControlPlane::OpenAuthority() {
  const config::Config& config = *options_.config;
  const std::string name = Cat(config.group, "-control");
  Result<std::unique_ptr<LogReader>> reader =
      kafka::OpenLogReader(ConnectionOf(config, "", options_.log), name);
  if (!reader.ok()) return reader.status();
  log_reader_ = std::move(*reader);
  kafka::TransactionOptions transaction;
  transaction.connection = ConnectionOf(config, "", options_.log);
  transaction.transactional_id = Cat(config.group, ".authority");
  transaction.record_bytes_max = limits::kControlBytesMax + limits::kDeadLetterOverheadBytes;
  control::AuthorityOptions authority;
  authority.group = config.group;
  authority.control_topic = config.topics.control;
  authority.state_topic = config.topics.state;
  authority.ledger_topic = config.topics.ledger;
  authority.journal_topic = config.topics.journal;
  authority.source = kafka::NewControlSource({.connection = ConnectionOf(config, "", options_.log),
                                              .group = config.group,
                                              .topic = config.topics.control,
                                              .instance = config.instance});
  authority.transaction = kafka::NewTransaction(std::move(transaction));
  authority.admin = options_.admin;
  authority.reader = log_reader_.get();
  authority.clock = options_.clock;
  authority.store = store_.get();
  authority.snapshot = [this] { return tail_->snapshot(); };
  authority.policy = [this](std::string_view stream) { return PolicyOf(stream); };
  authority.random = [engine = std::make_shared<std::mt19937_64>(RandomSeed())] {
    return std::uniform_real_distribution<double>(0, 1)(*engine);
  };
  authority.new_uuid = RandomId;
  authority.log = options_.log;
  authority_ = std::make_unique<control::Authority>(std::move(authority));
  return {};
}

const control::StreamPolicy* ControlPlane::PolicyOf(std::string_view stream) const {
  const auto found = policies_.find(stream);
  return found == policies_.end() ? nullptr : &found->second;
}

// --- Following ------------------------------------------------------------------------------------------

// The workers' share of a snapshot.
void ControlPlane::Changed(const std::shared_ptr<const control::Snapshot>& snapshot) {
  pipeline::StateSnapshot next;
  next.state_offset = snapshot->offset;
  for (const StreamParts& parts : options_.built->streams) {
    const auto found = snapshot->breakers.find(pipeline::QualifiedName(*parts.plan));
    next.breakers.push_back(found == snapshot->breakers.end() ? nullptr : found->second);
  }
  if (tickets_ == nullptr || !tickets_of_.SameAs(snapshot->tickets)) {
    auto tickets = std::make_shared<pipeline::TicketsById>();
    snapshot->tickets.Visit(
        [&](const control::TicketTable::Pointer& ticket) { (*tickets)[ticket->id] = ticket; });
    tickets_ = std::move(tickets);
    tickets_of_ = snapshot->tickets;
  }
  next.tickets = tickets_;
  next.records = snapshot->records;
  next.quarantine = quarantine_.get();
  next.followed_ms = tail_->followed_ms();
  options_.board->SetState(std::move(next));
}

// A file comes to the instances one after the other, and may be read while it is written: as long as the
// stream waits for a contract that is not here (a GREEN one for a while), it is read again now and then.
void ControlPlane::AskForReload(const control::Snapshot& snapshot) {
  const std::shared_ptr<const pipeline::ControlView> view = options_.board->Current();
  for (const auto& stream : view->plan().streams) {
    const std::string name = pipeline::QualifiedName(*stream);
    const auto found = snapshot.breakers.find(name);
    if (found == snapshot.breakers.end()) continue;
    const state::Breaker& breaker = *found->second;
    const bool green = breaker.state == state::BreakerState::kGreen;
    if (breaker.state == state::BreakerState::kRed || !breaker.reload) continue;
    // Nothing waits for it: an order of long ago is not carried out against what was loaded since.
    if (green && options_.clock->WallMs() > breaker.stamp.time_ms + kReloadGreenMs) continue;
    if (breaker.contract.empty() || breaker.contract == stream->contract->sha256()) continue;
    ReloadAsked& asked = reload_asked_[name];
    const int64_t now_ms = options_.clock->MonotonicMs();
    if (asked.version == breaker.stamp.version && now_ms < asked.next_ms) continue;
    asked = {.version = breaker.stamp.version, .next_ms = now_ms + kReloadEveryMs};
    options_.reload();
  }
}

void ControlPlane::RunTail() {
  bool lagging = false;
  while (!stopping_.load()) {
    if (options_.board->awaited()) tail_->AskEnd();
    if (Status turned = tail_->Turn(kTailWaitMs); !turned.ok()) return Fail(turned);
    options_.board->SetFollowed(tail_->followed_ms());
    AskForReload(*tail_->snapshot());
    const bool lags = LagMs() > limits::kStateLagMsMax;
    if (lags == lagging) continue;
    lagging = lags;
    const std::string why = Cat("the state's changelog ", options_.config->topics.state,
                                " could not be followed for ", LagMs() / 1000,
                                " s: every stream holds until it can; ", log_tail_->trouble());
    options_.board->SetLagging(lags ? why : "");
    options_.log({.level = lags ? LogLevel::kError : LogLevel::kInfo,
                  .event = lags ? "state_lagging" : "state_followed",
                  .message = lags ? why : "the state's changelog is followed again",
                  .fields = {}});
  }
}

void ControlPlane::RunAuthority() {
  while (!stopping_.load()) {
    if (Status turned = authority_->Turn(kAuthorityWaitMs); !turned.ok()) {
      Fail(turned);
      break;
    }
  }
  authority_->Close();
}

// An instance that cannot follow the state any more must not judge records by an old one.
void ControlPlane::Fail(const Status& why) {
  options_.board->SetLagging(std::string(why.message()));
  const std::lock_guard lock(mutex_);
  if (failure_.ok()) failure_ = why;
}

}  // namespace fracas::app
