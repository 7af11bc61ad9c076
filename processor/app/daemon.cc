#include "app/daemon.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "api/server.h"
#include "app/connection.h"
#include "app/instance_lock.h"
#include "app/plan_builder.h"
#include "app/routes.h"
#include "app/signals.h"
#include "app/system_clock.h"
#include "config/environment.h"
#include "config/problem.h"
#include "config/reader.h"
#include "config/show.h"
#include "core/sha256.h"
#include "core/text.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"
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
    if (Status s = StartEngine(); !s.ok()) return Refuse(s);
    const bool well = WaitForEnd();
    return Stop(well);
  }

 private:
  // Configuration, contracts, log, instance name.
  Status Configure() {
    config::Reading reading = config::ReadFile(request_.config_file, config::ProcessEnvironment());
    for (const config::Problem& problem : reading.problems) {
      std::fprintf(stderr, "%s\n", config::ToString(problem).c_str());
    }
    if (!reading.ok()) {
      return Status::Reject(Cat(request_.config_file, " cannot be run as it is; `fracas lint -c ",
                                request_.config_file, "` checks it again"));
    }
    config_ = std::move(reading.draft);
    observability::LogOptions options;
    if (!request_.log_level.empty()) {
      Result<LogLevel> level = observability::ParseLogLevel(request_.log_level);
      if (!level.ok()) return level.status();
      options.level = *level;
    }
    log_ = std::make_unique<observability::Log>(options, clock_);
    Result<BuiltPlan> built = BuildPlan(config_, program_version_,
                                        Sha256Hex(config::ShowJson(reading.effective)));
    if (!built.ok()) return built.status();
    built_ = std::move(*built);
    Result<std::unique_ptr<InstanceLock>> lock = InstanceLock::Take(config_.group, config_.instance);
    if (!lock.ok()) return lock.status();
    lock_ = std::move(*lock);
    return {};
  }

  Status Serve() {
    metrics_ = std::make_unique<observability::MetricsExporter>(
        meters_, clock_,
        observability::ProcessFacts{.version = program_version_,
                                    .config_sha256 = built_.plan->config_sha256,
                                    .group = config_.group,
                                    .libraries = {{"librdkafka", std::string(kafka::LibraryVersion())}}});
    server_ = std::make_unique<api::Server>(
        Routes({.engine = [this] { return running_.load(); }, .metrics = metrics_.get()}));
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

  Status StartEngine() {
    pipeline::EngineOptions options;
    options.plan = built_.plan;
    options.workers = static_cast<uint32_t>(config_.workers);
    options.make_ports = [this](uint32_t worker) { return MakePorts(worker); };
    options.clock = &clock_;
    options.meters = &meters_;
    options.admin = admin_.get();
    options.log = log_->sink();
    Announce();
    Result<std::unique_ptr<pipeline::Engine>> engine = pipeline::Engine::Start(std::move(options));
    if (!engine.ok()) return engine.status();
    engine_ = std::move(*engine);
    running_.store(engine_.get());
    return {};
  }

  Result<pipeline::WorkerPorts> MakePorts(uint32_t worker) {
    const std::string member = kafka::MemberName(config_.group, config_.instance, worker);
    kafka::SourceOptions source;
    source.connection = ConnectionOf(config_, "", log_->sink());
    source.group = config_.group;
    source.member = member;
    size_t record_bytes_max = 0;
    for (size_t index = 0; index < built_.streams.size(); ++index) {
      const StreamParts& parts = built_.streams[index];
      source.topics.insert(source.topics.end(), parts.topics.begin(), parts.topics.end());
      if (!parts.topics_pattern.empty()) source.topics.push_back(parts.topics_pattern);
      record_bytes_max = std::max(record_bytes_max, parts.plan->record_bytes_max);
    }
    source.start = [this](std::string_view topic) { return StartOf(topic); };
    Result<std::unique_ptr<Source>> opened = kafka::OpenSource(std::move(source));
    if (!opened.ok()) return opened.status();
    kafka::TransactionOptions transaction;
    transaction.connection = ConnectionOf(config_, "", log_->sink());
    transaction.transactional_id = member;
    transaction.record_bytes_max = record_bytes_max + limits::kDeadLetterOverheadBytes;
    return pipeline::WorkerPorts{.source = std::move(*opened),
                                 .transaction = kafka::NewTransaction(std::move(transaction))};
  }

  kafka::StartPolicy StartOf(std::string_view topic) const {
    using Kind = kafka::StartPolicy::Kind;
    const std::optional<StreamIndex> stream = built_.plan->stream_of(std::string(topic));
    if (!stream.has_value()) return {};
    const config::Start& start = config_.streams[ToInt(*stream)].start;
    switch (start.kind) {
      case config::Start::Kind::kEarliest: return {.kind = Kind::kEarliest, .time_ms = 0};
      case config::Start::Kind::kLatest: return {.kind = Kind::kLatest, .time_ms = 0};
      case config::Start::Kind::kTime: return {.kind = Kind::kTime, .time_ms = start.time_ms};
    }
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

  // True when it ended because somebody asked for it.
  bool WaitForEnd() {
    for (;;) {
      const Signals::Kind signal = Signals::Wait(kSignalWaitMs);
      if (signal == Signals::Kind::kStop) return true;
      if (signal == Signals::Kind::kReload) {
        log_->Write({.level = LogLevel::kWarning,
                     .event = "reload_ignored",
                     .message = "SIGHUP: contracts are read at start only; restart to take a new one",
                     .fields = {}});
      }
      if (engine_->Wait(0) != pipeline::Engine::Phase::kRunning) return false;
    }
  }

  int Stop(bool asked) {
    const Status why = engine_->status();
    if (!asked && !why.ok()) {
      log_->Write({.level = LogLevel::kError,
                   .event = "failed",
                   .message = std::string(why.message()),
                   .fields = {}});
    }
    log_->Write({.level = LogLevel::kInfo, .event = "stopping", .message = "stopping", .fields = {}});
    const Status stopped = engine_->Stop();
    if (!stopped.ok()) {
      // Offsets and records live in transactions: ending here leaves nothing half done.
      log_->Write({.level = LogLevel::kError,
                   .event = "stop_overdue",
                   .message = std::string(stopped.message()),
                   .fields = {}});
      std::fflush(nullptr);
      std::_Exit(cli::kExitFailed);
    }
    running_.store(nullptr);
    server_->Stop();
    log_->Write({.level = LogLevel::kInfo, .event = "stopped", .message = "stopped", .fields = {}});
    return asked && why.ok() ? cli::kExitDone : cli::kExitFailed;
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
  std::unique_ptr<observability::Log> log_;
  std::unique_ptr<InstanceLock> lock_;
  std::unique_ptr<observability::MetricsExporter> metrics_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<pipeline::Engine> engine_;
  std::atomic<const pipeline::Engine*> running_{nullptr};
  std::unique_ptr<api::Server> server_;  // last: its handlers use what is above
};

}  // namespace

int RunDaemon(const cli::RunRequest& request, const std::string& program_version) {
  return Daemon(request, program_version).Run();
}

}  // namespace fracas::app
