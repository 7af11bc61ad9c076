#include "app/live/state_service.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/connection.h"
#include "app/live/reader_look.h"
#include "app/live/record_times.h"
#include "core/limits.h"
#include "tools/cluster_facts.h"
#include "tools/state_digest.h"

namespace fracas::app {

namespace {

observability::StreamFacts FactsOf(const tools::StreamLive& stream, int64_t now_ms) {
  observability::StreamFacts facts;
  const state::Breaker& breaker = stream.breaker;
  facts.stream = stream.stream;
  facts.state = breaker.state;
  facts.since_ms = breaker.since_ms;
  facts.planned = breaker.planned && breaker.state == state::BreakerState::kRed &&
                  (breaker.planned_until_ms == 0 || breaker.planned_until_ms > now_ms);
  facts.pending = breaker.pending.size();
  facts.retry_exhausted = breaker.retry.exhausted;
  facts.diversion = !breaker.diversion.codes.empty();
  if (const tools::SourceRetention* first = tools::EarliestEnd(stream); first != nullptr) {
    facts.source_ends_ms = first->ends_ms;
    facts.source_kept_ms = first->kept_ms;
  }
  facts.lost = tools::LostOffsets(stream);
  facts.quarantined = stream.quarantine.entries;
  facts.quarantine_expired = stream.quarantine.expired;
  facts.quarantine_oldest_ms = stream.quarantine.oldest_ms;
  if (stream.letters.has_value()) {
    const tools::LetterCounts& letters = *stream.letters;
    facts.letters_end_ms = letters.ends_ms;
    if (letters.ends_ms != 0) facts.letters_kept_ms = letters.ends_ms - letters.oldest_ms;
    facts.letters = {.open = letters.open,
                     .open_masked = letters.open_masked,
                     .resolved = letters.resolved,
                     .discarded = letters.discarded,
                     .expired = letters.expired,
                     .oldest_ms = letters.oldest_ms};
  }
  return facts;
}

}  // namespace

observability::ControlFacts ControlFactsOf(const tools::LiveState& live, size_t tickets,
                                           const control::Authority* authority) {
  observability::ControlFacts facts;
  facts.now_ms = live.time_ms;
  if (live.lane.has_value()) {
    facts.restored = live.lane->restored;
    facts.restore_position = live.lane->restore_position;
    facts.restore_target = live.lane->restore_target;
    facts.lag_ms = live.lane->lag_ms;
  }
  if (authority == nullptr) return facts;
  const control::Authority::Counts counts = authority->counts();
  facts.active = authority->active();
  facts.applied = counts.applied;
  facts.refused = counts.refused;
  facts.repeated = counts.repeated;
  facts.transactions = counts.transactions;
  facts.transactions_failed = counts.failed;
  if (!facts.active) return facts;
  facts.tickets = tickets;
  for (const tools::StreamLive& stream : live.streams) facts.streams.push_back(FactsOf(stream, live.time_ms));
  return facts;
}

StateService::StateService(StateServiceOptions options) : options_(std::move(options)) {
  for (const config::Stream& stream : options_.config->streams) {
    streams_.push_back(config::QualifiedName(stream));
  }
}

StateService::~StateService() { Stop(); }

void StateService::Start() {
  thread_ = std::thread([asking = asking_, config = *options_.config, inputs = [this] { return Inputs(); }] {
    Run(asking, config, inputs);
    const std::lock_guard lock(asking->mutex);
    asking->done = true;
    asking->changed.notify_all();
  });
}

void StateService::Stop() {
  if (!thread_.joinable()) return;
  std::unique_lock lock(asking_->mutex);
  asking_->stopping = true;
  asking_->changed.notify_all();
  const bool done = asking_->changed.wait_for(lock, std::chrono::milliseconds(limits::kKafkaCloseMsMax),
                                              [this] { return asking_->done; });
  lock.unlock();
  done ? thread_.join() : thread_.detach();
}

// Since when each stream stands where it does goes on from look to look.
std::shared_ptr<const ClusterView> StateService::Kept(const std::shared_ptr<const ClusterView>& before,
                                                      const Status& asked, int64_t now_ms,
                                                      std::shared_ptr<ClusterView> view) {
  if (!asked.ok()) {
    auto kept = before == nullptr ? std::make_shared<ClusterView>() : std::make_shared<ClusterView>(*before);
    if (kept->unanswered_ms == 0) kept->unanswered_ms = now_ms;
    kept->unanswered = asked.message();
    return kept;
  }
  if (before == nullptr) return view;
  for (auto& [name, stream] : view->streams) {
    const auto found = before->streams.find(name);
    if (found != before->streams.end() && found->second.stands == stream.stands)
      stream.stands_ms = found->second.stands_ms;
  }
  return view;
}

// One question after the other. `inputs` belongs to the service: it is asked only under the lock under which
// nobody has stopped it. What could not be asked keeps its last answer: a broker that is away takes nothing
// off the screen.
void StateService::Run(const std::shared_ptr<Asking>& asking, const config::Config& config,
                       const std::function<std::optional<StateInputs>()>& inputs) {
  std::unique_ptr<Admin> admin;
  ReaderLook readers(&config);
  RecordTimes times(&config);
  for (;;) {
    if (admin == nullptr) {
      Result<std::unique_ptr<Admin>> connected = Connect(config, "", {});
      if (connected.ok()) admin = std::move(*connected);
    }
    std::unique_lock lock(asking->mutex);
    if (asking->stopping) return;
    const std::optional<StateInputs> now = inputs();
    lock.unlock();
    auto view = std::make_shared<ClusterView>();
    Status asked = admin == nullptr ? Status::Retry("no broker answers") : Status();
    if (now.has_value() && admin != nullptr) {
      tools::LiveState live = LiveStateOf(*now);
      tools::RecordLooks looks;
      looks.time_of = [&](const TopicPartition& source, Offset from, Offset to) {
        return times.Of(source, from, to, now->now_ms);
      };
      looks.any = [&](const TopicPartition& source, Offset from, Offset to) {
        return times.Any(source, from, to, now->now_ms);
      };
      asked = tools::AddClusterFacts(config, admin.get(), looks, &live);
      const bool stands = std::any_of(live.streams.begin(), live.streams.end(), [](const auto& stream) {
        return stream.breaker.state != state::BreakerState::kGreen;
      });
      if (!stands) times.Rest();
      for (tools::StreamLive& stream : live.streams) {
        view->streams[stream.stream] = {.lag = stream.lag,
                                        .stands = stream.stands,
                                        .stands_ms = now->now_ms,
                                        .retention = std::move(stream.retention)};
      }
      // Told by the authority alone: the others need no connections for it.
      if (now->lane->active) {
        readers.Take(admin.get(), now->now_ms, view.get());
      } else {
        readers.Rest();
      }
    }
    lock.lock();
    if (now.has_value()) asking->cluster = Kept(asking->cluster, asked, now->now_ms, std::move(view));
    asking->changed.wait_for(lock, std::chrono::milliseconds(kAskMs), [&] { return asking->stopping; });
  }
}

std::optional<StateInputs> StateService::Inputs() const {
  const ControlPlane* control = options_.control();
  if (control == nullptr) return std::nullopt;
  StateInputs inputs;
  inputs.group = options_.config->group;
  inputs.instance = options_.config->instance;
  inputs.now_ms = options_.clock->WallMs();
  inputs.snapshot = control->snapshot();
  inputs.lane = tools::ControlLane{
      .active = control->authority() != nullptr && control->authority()->active(),
      .restored = true,  // the control plane exists once it is
      .restore_position = control->tail().restored(),
      .restore_target = control->tail().restore_target(),
      .lag_ms = control->LagMs()};
  inputs.streams = streams_;
  inputs.meters = options_.meters;
  if (options_.board != nullptr) {
    inputs.view = options_.board->Current();
    inputs.holds = options_.board->Holds();
  }
  if (options_.letters) inputs.letters = options_.letters();
  return inputs;
}

std::optional<StateInputs> StateService::InputsWithCluster() const {
  std::optional<StateInputs> inputs = Inputs();
  if (!inputs.has_value()) return inputs;
  const std::lock_guard lock(asking_->mutex);
  inputs->cluster = asking_->cluster;
  return inputs;
}

// While the state is being restored only how far that is; nothing of it is true yet.
std::optional<observability::ControlFacts> StateService::Facts() const {
  const ControlPlane* control = options_.control();
  const std::optional<StateInputs> inputs = InputsWithCluster();
  if (control == nullptr || !inputs.has_value()) {
    const ControlPlane* restoring = options_.restoring();
    if (restoring == nullptr) return std::nullopt;
    observability::ControlFacts facts;
    facts.now_ms = options_.clock->WallMs();
    facts.restore_position = restoring->tail().restored();
    facts.restore_target = restoring->tail().restore_target();
    return facts;
  }
  observability::ControlFacts facts =
      ControlFactsOf(LiveStateOf(*inputs), inputs->snapshot->tickets.size(), control->authority());
  for (observability::StreamFacts& stream : facts.streams) {
    if (inputs->cluster == nullptr) continue;
    const auto asked = inputs->cluster->streams.find(stream.stream);
    if (asked != inputs->cluster->streams.end()) stream.held = asked->second.held;
  }
  return facts;
}

StateSources StateService::sources() {
  StateSources sources;
  sources.group = options_.config->group;
  sources.inputs = [this] { return InputsWithCluster(); };
  sources.store = [this] {
    const ControlPlane* control = options_.control();
    return control == nullptr ? nullptr : &control->store();
  };
  sources.dead_letters = options_.dead_letters;
  sources.digest = [this](Offset at_least) -> Result<std::string> {
    const ControlPlane* control = options_.control();
    if (control == nullptr) return Status::Retry("the state is still being read from its topic");
    return tools::StateDigestJson(control->store(), {options_.config->topics.state, 0}, at_least);
  };
  return sources;
}

observability::ControlFactsSource StateService::facts() {
  return [this] { return Facts(); };
}

}  // namespace fracas::app
