#include "app/connection.h"
#include "app/daemon.h"
#include "app/instance_lock.h"
#include "app/live/broker_watch.h"
#include "app/live/routes.h"
#include "app/live/state_service.h"
#include "app/live/stream_info.h"
#include "app/loaded_config.h"
#include "app/signals.h"
#include "app/state/control_plane.h"
#include "app/state/ledger_plane.h"
#include "app/system_clock.h"
#include "app/worker_ports.h"
#include "config/problem.h"
#include "core/text.h"
#include "observability/metrics.h"
#include "pipeline/engine.h"
#include "tools/topics.h"

// The composition root of the running program. Order: what is cheap to refuse comes first (configuration,
// contracts, instance name, ports), then the cluster, then the workers. Stopping is the reverse.

namespace fracas::app {

namespace {

constexpr int kSignalWaitMs = 200;

std::string AddressText(const config::ListenAddress& address) {
  if (address.port < 0) return "";
  const bool v6 = address.host.find(':') != std::string::npos;
  return Cat(v6 ? "[" : "", address.host, v6 ? "]" : "", ":", address.port);
}

class Daemon {
 public:
  Daemon(const cli::RunRequest& request, const std::string& program_version)
      : request_(request), program_version_(program_version) {}

  int Run() {
    if (Status s = Configure(); !s.ok()) return Refuse(s);
    if (Status s = Serve(); !s.ok()) return Refuse(s);
    if (Status s = CheckCluster(); !s.ok()) return Refuse(s);
    Announce();
    if (Status s = StartControl(); !s.ok()) return told_to_end_ ? EndEarly(s) : Refuse(s);
    if (Status s = StartLedger(); !s.ok()) return Refuse(s);
    if (Status s = StartEngine(); !s.ok()) return Refuse(s);
    const bool well = WaitForEnd();
    return Stop(well);
  }

 private:
  // Configuration, contracts, log, instance name.
  Status Configure() {
    std::string problems;
    Result<LoadedConfig> loaded =
        LoadConfig(request_.config_file, program_version_, &problems);
    std::fputs(problems.c_str(), stderr);
    if (!loaded.ok()) return loaded.status();
    config_ = std::move(loaded->config);
    built_ = std::move(loaded->built);
    observability::LogOptions options;
    if (!request_.log_level.empty()) {
      Result<LogLevel> level = observability::ParseLogLevel(request_.log_level);
      if (!level.ok()) return level.status();
      options.level = *level;
    }
    log_ = std::make_unique<observability::Log>(options, clock_);
    board_ = std::make_shared<pipeline::ControlBoard>(built_.plan);
    Result<std::unique_ptr<InstanceLock>> lock = InstanceLock::Take(config_.group, config_.instance);
    if (!lock.ok()) return lock.status();
    lock_ = std::move(*lock);
    return {};
  }

  Status Serve() {
    StateServiceOptions state;
    state.config = &config_;
    state.clock = &clock_;
    state.meters = &meters_;
    if (config_.roles.pipeline) state.board = board_;
    state.restoring = [this] { return restoring_.load(); };
    state.control = [this] { return following_.load(); };
    if (config_.roles.ledger) {
      state.letters = [this] {
        const LedgerPlane* ledger = remembering_.load();
        return ledger == nullptr ? decltype(ledger->Counts())() : ledger->Counts();
      };
      state.dead_letters = [this](const api::Request& request) -> Result<std::string> {
        const LedgerPlane* ledger = remembering_.load();
        if (ledger == nullptr) return Status::Retry("starting: the dead letters are not read yet");
        return ledger->Answer(request);
      };
    }
    state_ = std::make_unique<StateService>(std::move(state));
    metrics_ = std::make_unique<observability::MetricsExporter>(
        meters_, clock_,
        observability::ProcessFacts{.version = program_version_,
                                    .config_sha256 = built_.plan->config_sha256,
                                    .group = config_.group,
                                    .libraries = {{"librdkafka", std::string(kafka::LibraryVersion())}},
                                    .streams = StreamInfosOf(config_)},
        observability::MetricsSources{.control = state_->facts(),
                                      .brokers = [watch = brokers_] { return watch->Facts(); }});
    server_ = std::make_unique<api::Server>(Routes({.engine = [this] { return running_.load(); },
                                                    .metrics = metrics_.get(),
                                                    .state = state_->sources()}));
    return server_->Start({.listen = AddressText(config_.http.listen),
                           .metrics_listen = AddressText(config_.http.metrics_listen)});
  }

  // Topics must be in order before a transaction is opened: a dead letter without a place to go would
  // stop its stream at once.
  Status CheckCluster() {
    Result<std::unique_ptr<Admin>> admin = Connect(config_, "", log_->sink());
    if (!admin.ok()) return admin.status();
    admin_ = std::move(*admin);
    Result<tools::TopicPlan> topics = tools::PlanTopics(config_, admin_.get());
    if (!topics.ok()) return topics.status();
    Result<std::vector<config::Problem>> problems =
        tools::CheckTopics(config_, *topics, admin_.get());
    if (!problems.ok()) return problems.status();
    problems->insert(problems->end(), topics->problems.begin(), topics->problems.end());
    size_t errors = 0;
    for (const config::Problem& problem : *problems) {
      const bool error = problem.severity == config::Severity::kError;
      errors += error ? 1 : 0;
      log_->Write({.level = error ? LogLevel::kError : LogLevel::kWarning,
                   .event = "topic_problem",
                   .message = config::ToString(problem),
                   .fields = {}});
    }
    if (errors == 0) return {};
    return Status::Stop(Cat(errors, errors == 1 ? " topic is" : " topics are",
                            " not as needed: each line above ends with the command that mends it"));
  }

  // Before the first record: what is RED must be known.
  Status StartControl() {
    ControlPlaneOptions options;
    options.config = &config_;
    options.built = &built_;
    options.clock = &clock_;
    options.admin = admin_.get();
    options.log = log_->sink();
    options.board = board_;
    options.reload = [this] { reload_asked_.store(true); };
    Result<std::unique_ptr<ControlPlane>> control = ControlPlane::Open(std::move(options));
    if (!control.ok()) return control.status();
    control_ = std::move(*control);
    restoring_.store(control_.get());
    const Status started = control_->Start([this] {
      told_to_end_ = told_to_end_ || Signals::Wait(0) == Signals::Kind::kStop;
      return !told_to_end_;
    });
    if (!started.ok()) return started;
    following_.store(control_.get());
    state_->Start();
    return {};
  }

  Status StartLedger() {
    if (!config_.roles.ledger) return {};
    Result<std::unique_ptr<LedgerPlane>> ledger = LedgerPlane::Start({.config = &config_,
                                                                      .built = &built_,
                                                                      .clock = &clock_,
                                                                      .admin = admin_.get(),
                                                                      .log = log_->sink()});
    if (!ledger.ok()) return ledger.status();
    ledger_ = std::move(*ledger);
    remembering_.store(ledger_.get());
    return {};
  }

  Status StartEngine() {
    if (!config_.roles.pipeline) return {};
    pipeline::EngineOptions options;
    options.plan = built_.plan;
    options.board = board_;
    options.workers = static_cast<uint32_t>(config_.workers);
    options.make_ports = [this](uint32_t worker) {
      const auto take = [watch = brokers_](std::string_view json) { watch->Take(json); };
      return MakeWorkerPorts(config_, built_, worker, {log_->sink(), take});
    };
    options.clock = &clock_;
    options.meters = &meters_;
    options.admin = admin_.get();
    options.log = log_->sink();
    Result<std::unique_ptr<pipeline::Engine>> engine = pipeline::Engine::Start(std::move(options));
    if (!engine.ok()) return engine.status();
    engine_ = std::move(*engine);
    running_.store(engine_.get());
    return {};
  }

  // What runs, with which settings: the first thing that anybody looks for in a log.
  void Announce() {
    log_->Write({.level = LogLevel::kInfo,
                 .event = "starting",
                 .message = Cat("fracas ", program_version_, " starts"),
                 .fields = {{"group", config_.group},
                            {"instance", config_.instance},
                            {"workers", Cat(config_.workers)},
                            {"brokers", ConnectionOf(config_, "", {}).brokers()},
                            {"config", request_.config_file},
                            {"config_sha256", built_.plan->config_sha256},
                            {"http", server_->listen_address()},
                            {"metrics", server_->metrics_address()}}});
    for (const StreamParts& parts : built_.streams) AnnounceStream(parts);
  }

  void AnnounceStream(const StreamParts& parts) {
    const pipeline::StreamPlan& plan = *parts.plan;
    std::string topics = parts.topics_pattern;
    for (const std::string& topic : parts.topics) AppendTo(&topics, topics.empty() ? "" : ",", topic);
    const bool copies = plan.mode == pipeline::PublishMode::kCopy;
    log_->Write({.level = LogLevel::kInfo,
                 .event = "stream",
                 .message = Cat("stream ", pipeline::QualifiedName(plan),
                                copies ? " publishes what passes" : " only observes"),
                 .fields = {{"stream", pipeline::QualifiedName(plan)},
                            {"topics", topics},
                            {"mode", copies ? "copy" : "none"},
                            {"contract_sha256", plan.contract->sha256()},
                            {"batch_records", Cat(plan.batch.records)},
                            {"batch_bytes", Cat(plan.batch.bytes)},
                            {"batch_interval_ms", Cat(plan.batch.interval_ms)},
                            {"record_bytes_max", Cat(plan.record_bytes_max)}}});
  }

  // Contracts are read again; whatever is wrong with them, the old ones stay.
  void Reload() {
    std::string problems;
    Result<LoadedConfig> loaded =
        LoadConfig(request_.config_file, program_version_, &problems);
    Status status = loaded.ok() ? board_->SetPlan(loaded->built.plan) : loaded.status();
    if (!status.ok()) {
      log_->Write({.level = LogLevel::kError,
                   .event = "reload_refused",
                   .message = Cat("the configuration was read again and is refused; what runs stays: ",
                                  status.message(), problems.empty() ? "" : ": ", problems),
                   .fields = {{"config", request_.config_file}}});
      return;
    }
    for (const StreamParts& parts : loaded->built.streams) {
      log_->Write({.level = LogLevel::kInfo,
                   .event = "reloaded",
                   .message = Cat("stream ", pipeline::QualifiedName(*parts.plan), " was read again"),
                   .fields = {{"stream", pipeline::QualifiedName(*parts.plan)},
                              {"contract_sha256", parts.plan->contract->sha256()}}});
    }
  }

  // True when it ended because somebody asked for it.
  bool WaitForEnd() {
    for (;;) {
      const Signals::Kind signal = Signals::Wait(kSignalWaitMs);
      if (signal == Signals::Kind::kStop) return true;
      if (signal == Signals::Kind::kReload || reload_asked_.exchange(false)) Reload();
      if (engine_ != nullptr && engine_->Wait(0) != pipeline::Engine::Phase::kRunning) return false;
      if (!control_->status().ok()) return false;
      if (ledger_ != nullptr && !ledger_->status().ok()) return false;
    }
  }

  Status Failure() const {
    if (Status status = control_->status(); !status.ok()) return status;
    if (Status status = ledger_ == nullptr ? Status() : ledger_->status(); !status.ok()) return status;
    return engine_ == nullptr ? Status() : engine_->status();
  }

  void Say(LogLevel level, std::string_view event, std::string_view message) {
    log_->Write({.level = level, .event = event, .message = std::string(message), .fields = {}});
  }

  int Stop(bool asked) {
    const Status why = Failure();
    if (!asked && !why.ok()) Say(LogLevel::kError, "failed", why.message());
    Say(LogLevel::kInfo, "stopping", "stopping");
    const Status stopped = engine_ == nullptr ? Status() : engine_->Stop();
    if (!stopped.ok()) {
      // Offsets and records live in transactions: ending here leaves nothing half done.
      Say(LogLevel::kError, "stop_overdue", stopped.message());
      std::fflush(nullptr);
      std::_Exit(cli::kExitFailed);
    }
    running_.store(nullptr);
    restoring_.store(nullptr);
    following_.store(nullptr);
    server_->Stop();
    state_->Stop();
    control_->Stop();
    Say(LogLevel::kInfo, "stopped", "stopped");
    return asked && why.ok() ? cli::kExitDone : cli::kExitFailed;
  }

  // Nothing was consumed: there is nothing to finish.
  int EndEarly(const Status& why) {
    Say(LogLevel::kInfo, "stopped", why.message());
    return cli::kExitDone;
  }

  int Refuse(const Status& why) {
    if (log_ != nullptr) {
      log_->Write({.level = LogLevel::kError,
                   .event = "refused",
                   .message = std::string(why.message()),
                   .fields = {}});
    } else {
      std::fprintf(stderr, "error: %s\n", std::string(why.message()).c_str());
    }
    return why.action() == Action::kReject ? cli::kExitUsage : cli::kExitFailed;
  }

  const cli::RunRequest& request_;
  const std::string& program_version_;
  SystemClock clock_;
  config::Config config_;
  BuiltPlan built_;
  Meters meters_;
  const std::shared_ptr<BrokerWatch> brokers_ = std::make_shared<BrokerWatch>();
  std::unique_ptr<observability::Log> log_;
  std::unique_ptr<InstanceLock> lock_;
  std::unique_ptr<observability::MetricsExporter> metrics_;
  std::unique_ptr<Admin> admin_;
  std::shared_ptr<pipeline::ControlBoard> board_;
  bool told_to_end_ = false;  // before it had started
  std::atomic<bool> reload_asked_{false};
  std::unique_ptr<ControlPlane> control_;
  std::atomic<const ControlPlane*> restoring_{nullptr};  // from then on: how far it is
  std::atomic<const ControlPlane*> following_{nullptr};  // from then on: what it knows
  std::unique_ptr<LedgerPlane> ledger_;
  std::atomic<const LedgerPlane*> remembering_{nullptr};
  std::unique_ptr<pipeline::Engine> engine_;
  std::atomic<const pipeline::Engine*> running_{nullptr};
  std::unique_ptr<StateService> state_;  // its thread uses what is above
  std::unique_ptr<api::Server> server_;  // last: its handlers use what is above
};

}  // namespace

int RunDaemon(const cli::RunRequest& request, const std::string& program_version) {
  return Daemon(request, program_version).Run();
}

}  // namespace fracas::app
