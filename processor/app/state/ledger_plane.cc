#include "app/state/ledger_plane.h"

#include <chrono>
#include <set>
#include <utility>

#include "app/connection.h"
#include "app/dead_letter_list.h"
#include "app/state/letter_identity.h"
#include "app/state/store_options.h"
#include "core/text.h"
#include "kafka/log_tail.h"
#include "ledger/counts_json.h"
#include "state/store/rocks_store.h"
#include "tools/topics.h"

// A thread around the ledger. It decides nothing about dead letters.

namespace fracas::app {

namespace {

constexpr int kWaitMs = 200;

}  // namespace

Result<std::unique_ptr<LedgerPlane>> LedgerPlane::Start(LedgerPlaneOptions options) {
  std::unique_ptr<LedgerPlane> plane(new LedgerPlane(std::move(options)));
  if (Status opened = plane->Open(); !opened.ok()) return opened;
  plane->thread_ = std::thread([p = plane.get()] { p->Run(); });
  return plane;
}

LedgerPlane::~LedgerPlane() { Stop(); }

Status LedgerPlane::Open() {
  const config::Config& config = *options_.config;
  const state::StoreOptions store = StoreOptionsOf(config, config.topics.ledger, options_.clock->WallMs());
  Result<state::OpenedStore> opened = state::OpenStore(store);
  if (!opened.ok()) return opened.status();
  options_.log({.level = LogLevel::kInfo,
                .event = "ledger_opened",
                .message = opened->story,
                .fields = {{"dir", store.dir}}});
  store_ = std::move(opened->store);
  tail_ = kafka::NewLogTail(ConnectionOf(config, "", options_.log), Cat(config.group, "-ledger"));
  ledger::LedgerOptions ledger;
  ledger.ledger_topic = config.topics.ledger;
  ledger.letter_topics = [this] { return LetterTopics(); };
  for (const StreamParts& parts : options_.built->streams) {
    streams_.push_back(pipeline::QualifiedName(*parts.plan));
  }
  ledger.streams = {streams_.begin(), streams_.end()};
  ledger.store = store_.get();
  ledger.tail = tail_.get();
  ledger.admin = options_.admin;
  ledger.clock = options_.clock;
  ledger.pause = [this](int ms) { Pause(ms); };
  ledger.log = options_.log;
  ledger.business_id = LetterIdentity(*options_.built);
  ledger_ = std::make_unique<ledger::Ledger>(std::move(ledger));
  return {};
}

Result<std::vector<ledger::LetterTopic>> LedgerPlane::LetterTopics() const {
  const Result<tools::TopicPlan> plan = tools::PlanTopics(*options_.config, options_.admin);
  if (!plan.ok()) return plan.status();
  std::vector<ledger::LetterTopic> topics;
  for (const tools::PlannedTopic& topic : plan->topics) {
    if (topic.role == tools::TopicRole::kDeadLetters) topics.push_back({topic.name, topic.stream});
  }
  return topics;
}

void LedgerPlane::Run() {
  Status status = ledger_->Restore([this] { return !stopping(); });
  while (status.ok() && !stopping()) status = ledger_->Turn(kWaitMs);
  const std::lock_guard lock(mutex_);
  if (!status.ok() && !stopping_) failure_ = status;
}

bool LedgerPlane::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void LedgerPlane::Pause(int ms) {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
}

void LedgerPlane::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status LedgerPlane::status() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::map<std::string, tools::LetterCounts, std::less<>> LedgerPlane::Counts() const {
  const ledger::LedgerFacts facts = ledger_->facts();
  if (!facts.complete) return {};
  return LetterCountsOf(facts, streams_);
}

Result<std::string> LedgerPlane::Answer(const api::Request& request) const {
  // A part of the letters would be taken for all of them: an id for free, an alert for resolved.
  const ledger::LedgerFacts facts = ledger_->facts();
  if (!facts.complete) {
    return Status::Retry(Cat("starting: of the dead letters' ", facts.restore_target, " offsets ",
                             facts.restored, " are read; ask again when it is through"));
  }
  for (const auto& [name, value] : request.query) {
    if (name == "counts" && value == "true") return ledger::CountsJson(facts);
  }
  return DeadLetterList(ledger_->index(), request);
}

}  // namespace fracas::app
