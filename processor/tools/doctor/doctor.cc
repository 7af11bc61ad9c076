#include "tools/doctor/doctor.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "core/limits_tools.h"
#include "core/text.h"
#include "tools/cluster_facts.h"
#include "tools/doctor/access_look.h"
#include "tools/doctor/brokers.h"
#include "tools/doctor/certificates.h"
#include "tools/doctor/lag.h"
#include "tools/doctor/lingering.h"
#include "tools/doctor/two_looks.h"
#include "tools/topics.h"

namespace fracas::tools {

namespace {

// Nobody answers: neither a broker nor, after it took the connection, the instance.
static_assert(limits::kDoctorConnectMsMax + 2'000 * limits::kHttpTimeoutSeconds < limits::kDoctorAwayMsMax);

class Doctor {
 public:
  Doctor(const DoctorQuestion& question, const DoctorPorts& ports)
      : question_(question), ports_(ports), config_(*question.config), away_(ports.connected),
        looks_({.inspector = ports.inspector, .clock = ports.clock, .wait = ports.wait}) {
    for (const config::KafkaSetting& setting : config_.kafka.common) {
      if (setting.name == "bootstrap.servers") brokers_ = setting.value;
    }
  }

  Diagnosis Run();

 private:
  // Areas of the cluster: `looked` false and why when nobody answers (any more).
  AreaReport Begin(Area area, std::string_view what);
  bool Failed(const Status& status, AreaReport* report);
  void Finish(AreaReport report) { diagnosis_.areas.push_back(std::move(report)); }

  void LookAtBrokers();
  void LookAtStreams();
  void MakePlan();
  void LookAtAccess();
  void LookAtTopics();
  void LookTwice();
  void LookAtTransactions();
  void NameHolders(const HoldersQuestion& question, AreaReport* report);
  void FindMarkers(std::vector<SourceSeen>* sources);
  void LookAtLag();
  void LookAtState();
  void LookAtClock();
  bool Wanted(const PlannedTopic& topic) const {
    return question_.stream.empty() || topic.stream.empty() || topic.stream == question_.stream;
  }

  const DoctorQuestion& question_;
  const DoctorPorts& ports_;
  const config::Config& config_;
  std::string brokers_;
  Status away_;  // not OK: the cluster does not answer
  Diagnosis diagnosis_;

  Privileges privileges_;
  std::optional<LiveState> live_;
  Status live_status_;
  std::optional<Skew> instance_skew_;
  std::vector<PlannedTopic> topics_;  // wanted ones
  Status plan_status_;
  std::vector<config::Problem> plan_problems_;
  std::map<std::string, TopicSeen> seen_;
  TwoLooks looks_;
};

AreaReport Doctor::Begin(Area area, std::string_view what) {
  AreaReport report;
  report.area = area;
  if (!away_.ok()) {
    report.looked = false;
    report.about = "not looked at: the brokers do not answer";
  } else if (ports_.progress) {
    ports_.progress(what);
  }
  return report;
}

// A refusal is a finding, and the examination goes on; silence ends the cluster's part of it.
bool Doctor::Failed(const Status& status, AreaReport* report) {
  if (status.ok()) return false;
  const bool silent = status.action() == Action::kRetry;
  if (silent) {
    away_ = status;
    report->looked = false;
  }
  report->findings.push_back({.grade = silent ? Grade::kError : Grade::kWarning,
                              .what = std::string(status.message()),
                              .means = "",
                              .next = ""});
  return true;
}

void Doctor::LookAtBrokers() {
  AreaReport report;
  report.area = Area::kBrokers;
  if (!away_.ok()) {
    report.looked = false;
    report.about = Cat("no answer from ", brokers_);
    report.findings.push_back(
        {.grade = Grade::kError,
         .what = std::string(away_.message()),
         .means = "nothing of the cluster could be looked at",
         .next = Cat("kafka-broker-api-versions.sh --bootstrap-server ", brokers_)});
    return Finish(std::move(report));
  }
  report = Begin(Area::kBrokers, "the brokers");
  Result<ClusterSeen> cluster = ports_.inspector->Brokers();
  if (!cluster.ok()) {
    Failed(cluster.status(), &report);
    return Finish(std::move(report));
  }
  privileges_ = PrivilegesOf(*cluster);
  Finish(CheckBrokers(*cluster));
}

// The instance on this machine first; its answer also shows its clock.
void Doctor::LookAtStreams() {
  const int64_t before_ms = ports_.clock->WallMs();
  Result<LiveState> live = ports_.live->Streams();
  const int64_t after_ms = ports_.clock->WallMs();
  if (!live.ok()) {
    live_status_ = live.status();
    return;
  }
  if (!live->instance.empty()) instance_skew_ = SkewOf(live->time_ms, before_ms, after_ms);
  live_ = std::move(*live);
}

void Doctor::MakePlan() {
  Result<TopicPlan> plan = Status::Stop("the brokers do not answer");
  if (away_.ok()) {
    Result<Admin*> admin = ports_.admin();
    plan = admin.ok() ? PlanTopics(config_, *admin) : Result<TopicPlan>(admin.status());
    if (!plan.ok()) plan_status_ = plan.status();
  }
  std::vector<PlannedTopic> all = plan.ok() ? std::move(plan->topics) : NamedTopics(config_);
  if (plan.ok()) plan_problems_ = std::move(plan->problems);
  for (PlannedTopic& topic : all) {
    if (Wanted(topic)) topics_.push_back(std::move(topic));
  }
}

void Doctor::LookAtAccess() {
  AreaReport report = Begin(Area::kAccess, "access");
  if (!report.looked) return Finish(std::move(report));
  const AccessQuestion question{.config = &config_,
                                .topics = &topics_,
                                .work = question_.work,
                                .principal = question_.principal,
                                .brokers = brokers_,
                                .privileges = privileges_};
  Failed(tools::LookAtAccess(question, ports_.inspector, &seen_, &report), &report);
  Finish(std::move(report));
}

void Doctor::LookAtTopics() {
  AreaReport report = Begin(Area::kTopics, "topics");
  if (!report.looked) return Finish(std::move(report));
  if (!plan_status_.ok()) {
    Failed(plan_status_, &report);
    return Finish(std::move(report));
  }
  TopicPlan visible;
  for (const PlannedTopic& topic : topics_) {
    if (seen_[topic.name].status.ok()) visible.topics.push_back(topic);
  }
  Result<Admin*> admin = ports_.admin();
  Result<std::vector<config::Problem>> problems =
      admin.ok() ? CheckTopics(config_, visible, *admin)
                 : Result<std::vector<config::Problem>>(admin.status());
  if (Failed(problems.ok() ? Status() : problems.status(), &report)) {
    return Finish(std::move(report));
  }
  for (const std::vector<config::Problem>* list : {&plan_problems_, &*problems}) {
    for (const config::Problem& problem : *list) {
      const bool error = problem.severity == config::Severity::kError;
      report.findings.push_back({.grade = error ? Grade::kError : Grade::kWarning,
                                 .what = problem.message,
                                 .means = "",
                                 .next = problem.next_step});
    }
  }
  report.about = Cat(visible.topics.size(), " of ", topics_.size(), " topics looked at");
  Finish(std::move(report));
}

void Doctor::LookTwice() {
  if (!away_.ok()) return;
  if (ports_.progress) ports_.progress("what moves");
  looks_.First(config_.group, topics_, seen_);
  if (looks_.status().ok()) looks_.Second();
}

void Doctor::NameHolders(const HoldersQuestion& question, AreaReport* report) {
  const Result<TransactionLog> log = ReadTransactionLog(ports_.inspector);
  if (!log.ok()) {
    if (log.status().action() == Action::kRetry) Failed(log.status(), report);
    for (DoctorFinding& finding : UnknownHolders(question)) {
      report->findings.push_back(std::move(finding));
    }
    return;
  }
  if (log->unknown > 0) {
    report->findings.push_back(
        {.grade = Grade::kWarning,
         .what = Cat(log->unknown, " records could not be read: ", log->unknown_why),
         .means = "whose transaction it is may be among them",
         .next = Cat("kafka-transactions.sh --bootstrap-server ", brokers_, " list")});
  }
  Holders holders = FindHolders(question, *log);
  for (DoctorFinding& finding : holders.findings) report->findings.push_back(std::move(finding));
  diagnosis_.transactions = std::move(holders.transactions);
}

void Doctor::LookAtTransactions() {
  AreaReport report = Begin(Area::kTransactions, "transactions");
  if (!report.looked || Failed(looks_.status(), &report)) return Finish(std::move(report));
  size_t unknown = 0;
  for (const auto& [partition, ends] : looks_.ends()) {
    if (ends.status.ok()) continue;
    if (unknown++ == 0) {
      report.findings.push_back({.grade = Grade::kWarning,
                                 .what = std::string(ends.status.message()),
                                 .means = "whether readers of it stand still is not known",
                                 .next = ""});
    }
  }
  const size_t looked_at = looks_.ends().size() - unknown;
  report.about = looks_.held().empty() ? Cat(looked_at, " partitions, nobody waits for one")
                                       : Cat(looked_at, " partitions, readers of ",
                                             looks_.held().size(), " stand still");
  if (!looks_.held().empty()) {
    NameHolders({.group = config_.group,
                 .brokers = brokers_,
                 .now_ms = ports_.clock->WallMs(),
                 .held = looks_.held()},
                &report);
  }
  Finish(std::move(report));
}

// What stands still behind nothing but markers is not behind. Readable to its end, so nobody waits for it.
void Doctor::FindMarkers(std::vector<SourceSeen>* sources) {
  std::unique_ptr<LogReader> reader;
  for (SourceSeen& source : *sources) {
    const Offset from = std::max(source.now, source.low);
    const bool still = source.now != kNoOffset && source.now == source.before && from < source.high;
    const auto ends = looks_.ends().find(source.partition);
    const bool readable = ends != looks_.ends().end() && ends->second.stable >= source.high;
    if (!still || !readable || source.high - from > kMarkersMax) continue;
    if (reader == nullptr) {
      Result<std::unique_ptr<LogReader>> opened = ports_.reader();
      if (!opened.ok()) return;
      reader = std::move(*opened);
    }
    source.only_markers = !HasRecord(reader.get(), source.partition, from, source.high);
  }
}

void Doctor::LookAtLag() {
  AreaReport report = Begin(Area::kLag, "lag");
  if (!report.looked) return Finish(std::move(report));
  std::vector<SourceSeen> sources = looks_.sources();
  FindMarkers(&sources);
  if (sources.empty()) {
    const Status& refused = looks_.offsets_status();
    report.about = refused.ok() ? std::string("no source partition could be looked at")
                                : Cat("not looked at: ", refused.message());
    return Finish(std::move(report));
  }
  const LagQuestion question{.group = config_.group,
                             .config_file = question_.config_file,
                             .address = live_.has_value() && !live_->instance.empty()
                                            ? AddressOf(config_.http.listen)
                                            : "",
                             .members = ports_.inspector->Group(config_.group),
                             .live = live_.has_value() ? &*live_ : nullptr,
                             .now_ms = ports_.clock->WallMs(),
                             .watched_ms = looks_.watched_ms(),
                             .sources = sources};
  report = CheckLag(question);
  if (!live_.has_value()) {
    report.findings.push_back(
        {.grade = Grade::kNote,
         .what = Cat("whether a stream is stopped is not known: ", live_status_.message()),
         .means = "",
         .next = ""});
  }
  Finish(std::move(report));
}

void Doctor::LookAtState() {
  if (ports_.progress) ports_.progress("the state");
  const std::string& topic = config_.topics.state;
  StateQuestion question{.config = &config_,
                         .why_not = "",
                         .config_file = question_.config_file,
                         .instance_answers = live_.has_value() && !live_->instance.empty(),
                         .get = ports_.get,
                         .open_folder = ports_.open_folder,
                         .wait = ports_.wait,
                         .clock = ports_.clock};
  const auto is_state = [&](const HeldPartitionEnd& each) { return each.partition.topic == topic; };
  const bool held = std::any_of(looks_.held().begin(), looks_.held().end(), is_state);
  Result<Admin*> admin = away_.ok() ? ports_.admin() : Result<Admin*>(away_);
  Result<std::unique_ptr<LogReader>> reader =
      admin.ok() ? ports_.reader() : Result<std::unique_ptr<LogReader>>(admin.status());
  FoldPorts fold;
  if (!reader.ok()) {
    question.why_not = away_.ok() ? std::string(reader.status().message())
                                  : std::string("the brokers do not answer");
  } else if (held) {
    question.why_not = Cat("an open transaction holds ", topic, "/0");
  } else if (!looks_.ends().contains({topic, 0})) {
    question.why_not = Cat("topic ", topic, " is not there, or may not be read");
  } else {
    fold = {.admin = *admin, .reader = reader->get(), .progress = {}};
    question.fold = &fold;
  }
  Finish(CheckState(question));
  Finish(CheckDisk(ports_.disk()));
}

void Doctor::LookAtClock() {
  AreaReport report;
  report.area = Area::kClock;
  const auto add = [&](const std::string& whose, const std::optional<Skew>& skew) {
    if (!skew.has_value()) return;
    AppendTo(&report.about, report.about.empty() ? "" : "; ", SkewText(whose, *skew));
    JudgeSkew(whose, *skew, &report);
  };
  add("the instance's clock", instance_skew_);
  add("a broker's clock", looks_.broker_skew());
  if (!looks_.broker_skew().has_value()) {
    const Status& refused = looks_.coordinators_status();
    const std::string why =
        !away_.ok() ? std::string("they do not answer")
        : !refused.ok()
            ? Cat("it takes Read on ", formats::kTransactionLogTopic, " (", refused.message(), ")")
            : std::string("no transaction ended while it was looked for");
    AppendTo(&report.about, report.about.empty() ? "" : "; ", "the brokers' not compared: ", why);
  }
  Finish(std::move(report));
}

Diagnosis Doctor::Run() {
  diagnosis_.group = config_.group;
  diagnosis_.time_ms = ports_.clock->WallMs();
  LookAtBrokers();
  LookAtStreams();
  MakePlan();
  LookAtAccess();
  LookAtTopics();
  LookTwice();
  LookAtTransactions();
  LookAtLag();
  LookAtState();
  LookAtClock();
  Finish(CheckCertificates(config_,
                           ports_.inspector == nullptr ? std::vector<PresentedCertificate>()
                                                       : ports_.inspector->Certificates(),
                           ports_.clock->WallMs()));
  std::stable_sort(diagnosis_.areas.begin(), diagnosis_.areas.end(),
                   [](const AreaReport& a, const AreaReport& b) { return a.area < b.area; });
  return std::move(diagnosis_);
}

}  // namespace

Diagnosis Examine(const DoctorQuestion& question, const DoctorPorts& ports) {
  return Doctor(question, ports).Run();
}

}  // namespace fracas::tools
