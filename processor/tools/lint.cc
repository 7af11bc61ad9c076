// Three layers, each on top of the one before: what the reader found, what contracts and policies
// say without a cluster, what the cluster says.

#include "tools/lint.h"

#include <fstream>
#include <memory>

#include "config/topic_template.h"
#include "contract/topic_pattern.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/tree.h"
#include "tools/contract_rules.h"
#include "tools/schema_lookup.h"
#include "tools/topics.h"

namespace fracas::tools {
namespace {

using config::Mark;
using config::Problem;
using config::Severity;
using config::Stream;

void Add(Severity severity, const Mark& mark, std::string message, std::string next_step,
         std::vector<Problem>* problems) {
  problems->push_back({severity, mark, std::move(message), std::move(next_step)});
}

// --- Contracts
// --------------------------------------------------------------------------------------------

// Trouble in a rule that the stream declares has no file of its own: it belongs to the stream.
void AddContractProblems(const Stream& stream, const std::vector<contract::Problem>& found,
                         std::vector<Problem>* problems) {
  for (const contract::Problem& problem : found) {
    Mark mark = MarkOf(stream, "contract");
    if (!problem.file.empty() && problem.line > 0) {
      mark = {problem.file, static_cast<int>(problem.line), static_cast<int>(problem.column)};
    }
    std::string message = problem.message;
    if (!problem.location.empty()) AppendTo(&message, " (at ", problem.location, ")");
    if (mark.file != problem.file && !problem.file.empty())
      message = Cat(problem.file, ": ", message);
    Add(Severity::kError, mark, std::move(message), "", problems);
  }
}

std::unique_ptr<json::OwnedDocument> ReadSchema(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string bytes(limits::kSchemaFileBytesMax + 1, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(stream.gcount()));
  std::string ignored;  // compiling has told already
  if (bytes.size() > limits::kSchemaFileBytesMax) return nullptr;
  return json::ParseOwned(std::move(bytes), &ignored);
}

// --- Policies
// ---------------------------------------------------------------------------------------------

class StreamPolicies {
 public:
  StreamPolicies(const Stream& stream, std::vector<Problem>* problems)
      : stream_(stream), problems_(problems) {}

  void CheckPointers(const json::Tree& schema);
  void CheckThresholds();
  void CheckDispositions();
  void CheckPattern();

 private:
  void CheckPresence(const json::Tree& schema, const std::string& pointer, const Mark& mark,
                     std::string_view what);
  void Warn(const std::string& path, std::string message, std::string next_step) {
    Add(Severity::kWarning, MarkOf(stream_, path), std::move(message), std::move(next_step),
        problems_);
  }

  const Stream& stream_;
  std::vector<Problem>* problems_;
};

void StreamPolicies::CheckPresence(const json::Tree& schema, const std::string& pointer,
                                   const Mark& mark, std::string_view what) {
  switch (LookUp(schema, pointer)) {
    case Presence::kDeclared:
    case Presence::kUnknown: return;
    case Presence::kImpossible:
      return Add(Severity::kError, mark,
                 Cat(what, " ", pointer, " cannot be in a record that fulfils the contract ",
                     stream_.contract.value),
                 "correct the pointer, or declare the field in the contract", problems_);
    case Presence::kPermitted:
      return Add(
          Severity::kWarning, mark,
          Cat("the contract ", stream_.contract.value, " does not declare ", what, " ", pointer),
          "check the spelling, or declare the field in the contract", problems_);
  }
}

void StreamPolicies::CheckPointers(const json::Tree& schema) {
  for (const config::Text& pointer : stream_.critical) {
    CheckPresence(schema, pointer.value, pointer.mark, "the critical element");
  }
  for (const config::Text& pointer : stream_.sensitive) {
    CheckPresence(schema, pointer.value, pointer.mark, "the sensitive field");
  }
  if (stream_.event_time.on) {
    CheckPresence(schema, stream_.event_time.pointer.value, stream_.event_time.pointer.mark,
                  "the event time");
  }
  const config::Identity& identity = stream_.identity;
  for (const config::IdSource* source :
       {&identity.business_id, &identity.message_id, &identity.idempotency_key}) {
    if (source->kind != config::IdSource::Kind::kPointer) continue;
    CheckPresence(schema, source->name, source->mark, "the identity");
  }
}

void StreamPolicies::CheckThresholds() {
  const config::AuditLimits& audit = stream_.audit;
  if (audit.max_failed_ratio >= 1) {
    Warn("audit.max_failed_ratio",
         "audit.max_failed_ratio: 1 can never trip: a share cannot exceed it",
         "write less than 1, or off");
  }
  if (audit.max_failed_ratio < 0 && audit.max_failed_records == config::kOff) {
    Warn("audit",
         Cat("stream ", QualifiedName(stream_),
             " has no audit limit: any number of dead letters passes"),
         "write max_failed_ratio or max_failed_records");
  }
  // The ratio speaks from min_records on; by then the count has spoken.
  const bool count_first = audit.max_failed_records != config::kOff &&
                           audit.max_failed_ratio >= 0 &&
                           static_cast<double>(audit.max_failed_records) + 1 <=
                               audit.max_failed_ratio * static_cast<double>(audit.min_records);
  if (count_first) {
    Warn("audit.min_records",
         "audit.max_failed_ratio can never trip: with so many min_records, max_failed_records is "
         "first",
         "lower min_records, raise max_failed_records, or switch one of the two off");
  }
  if (stream_.alerts.pass_ratio == 0) {
    Warn("alerts.pass_ratio", "alerts.pass_ratio: 0 can never warn", "write more than 0, or off");
  }
  const bool critical_without = stream_.sentinels.size() > 0 && stream_.critical.empty();
  if (critical_without) {
    Warn("sentinels", "sentinels are looked for in critical elements only, and there are none",
         "write critical: [/POINTER]");
  }
}

void StreamPolicies::CheckDispositions() {
  for (const auto& [code, disposition] : stream_.dispositions) {
    const CodeInfo& info = Info(code);
    const std::string path = Cat("dispositions.", info.name);
    if (disposition == info.disposition) {
      Warn(path, Cat("dispositions: ", info.name, " is ", Name(disposition), " anyway"),
           "remove it");
    }
    const bool times = code == Code::kTsStale || code == Code::kTsFuture;
    if (times && !stream_.event_time.on) {
      Warn(path, Cat("dispositions: ", info.name, " cannot happen without event_time"),
           "remove it");
    }
  }
}

void StreamPolicies::CheckPattern() {
  if (stream_.topics_pattern.value.empty()) return;
  const auto pattern = contract::TopicPattern::Compile(stream_.topics_pattern.value);
  if (!pattern.ok()) {
    return Add(Severity::kError, stream_.topics_pattern.mark,
               Cat("topics_pattern: ", pattern.status().message()), "", problems_);
  }
  const int groups = (*pattern)->groups();
  const config::Text* templates[] = {&stream_.publish_topic, &stream_.dead_letter_topic};
  for (const config::Text* text : templates) {
    const int highest = config::HighestCapture(text->value);
    if (highest <= groups) continue;
    Add(Severity::kError, text->mark,
        Cat("'", text->value, "' uses {", highest, "}, but topics_pattern has ", groups, " groups"),
        "add a group in ( ), or use a smaller number", problems_);
  }
}

// --- Settings and cluster
// -----------------------------------------------------------------------------------

void CheckSettings(const config::Config& config, const LintOptions& options,
                   std::vector<Problem>* problems) {
  if (!options.check_kafka_setting) return;
  const std::pair<const char*, const std::vector<config::KafkaSetting>*> sections[] = {
      {"common", &config.kafka.common},
      {"consumer", &config.kafka.consumer},
      {"producer", &config.kafka.producer}};
  for (const auto& [name, settings] : sections) {
    for (const config::KafkaSetting& setting : *settings) {
      const Status status = options.check_kafka_setting(name, setting.name, setting.value);
      if (status.ok()) continue;
      Add(Severity::kError, setting.mark, std::string(status.message()), "", problems);
    }
  }
}

void CheckCluster(const config::Config& config, Admin* admin, std::vector<Problem>* problems) {
  Result<TopicPlan> plan = PlanTopics(config, admin);
  if (!plan.ok()) {
    return Add(Severity::kError, MarkOf(config, "kafka"), std::string(plan.status().message()), "",
               problems);
  }
  problems->insert(problems->end(), plan->problems.begin(), plan->problems.end());
  Result<std::vector<Problem>> found = CheckTopics(config, *plan, admin);
  if (!found.ok()) {
    return Add(Severity::kError, MarkOf(config, "kafka"), std::string(found.status().message()), "",
               problems);
  }
  problems->insert(problems->end(), found->begin(), found->end());
}

// Only the instance that holds the authority speaks for the whole group.
void CheckRoles(const config::Config& config, std::vector<Problem>* problems) {
  if (!config.roles.control || config.roles.ledger) return;
  Add(Severity::kWarning, MarkOf(config, "roles"),
      "roles: control without ledger: whenever this instance holds the group's authority, nobody exports "
      "the dead-letter metrics (fracas_dead_letters…), and the alerts on them stay silent",
      "add ledger, or leave control to instances that have both", problems);
}

void CheckStream(const Stream& stream, LintReport* report) {
  std::vector<Problem>* problems = &report->problems;
  StreamPolicies policies(stream, problems);
  const contract::Compiled compiled = CompileContract(stream);
  AddContractProblems(stream, compiled.problems, problems);
  if (compiled.contract != nullptr && !stream.contract.value.empty()) {
    ++report->contracts;
    const auto schema = ReadSchema(stream.contract.value);
    if (schema != nullptr) policies.CheckPointers(schema->tree);
  }
  policies.CheckThresholds();
  policies.CheckDispositions();
  policies.CheckPattern();
}

}  // namespace

LintReport LintReading(config::Reading reading, const LintOptions& options) {
  LintReport report;
  report.reading = std::move(reading);
  report.problems = report.reading.problems;
  const config::Config& config = report.reading.draft;
  for (const Stream& stream : config.streams) CheckStream(stream, &report);
  CheckRoles(config, &report.problems);
  CheckSettings(config, options, &report.problems);
  // A draft with errors would be asked for topics that nobody meant.
  if (options.admin != nullptr && report.reading.ok()) {
    CheckCluster(config, options.admin, &report.problems);
  }
  config::SortByPlace(&report.problems);
  return report;
}

LintReport LintFile(const std::string& file, const config::Environment& environment,
                    const LintOptions& options) {
  return LintReading(config::ReadFile(file, environment), options);
}

}  // namespace fracas::tools
