#include <cstdio>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "config/environment.h"
#include "config/problem.h"
#include "config/reader.h"
#include "core/text.h"
#include "json/writer.h"
#include "tools/topics.h"

// `fracas topics --create|--check`.

namespace fracas::cli {

namespace {

struct TopicArguments {
  std::string config_file;
  std::string brokers;
  std::string output = "table";
  bool create = false;
};

void PrintProblems(const std::vector<config::Problem>& problems) {
  for (const config::Problem& problem : problems) {
    std::fprintf(stderr, "%s\n", config::ToString(problem).c_str());
  }
}

struct TopicOutcome {
  std::string result;  // "created", "failed: …", "in order"
  bool failed = false;
};

void PrintTopics(const TopicArguments& arguments, const tools::TopicPlan& plan,
                 const std::map<std::string, TopicOutcome>& outcomes) {
  if (arguments.output == "json") {
    std::string text;
    json::Writer writer(&text);
    writer.BeginArray();
    for (const tools::PlannedTopic& topic : plan.topics) {
      const auto found = outcomes.find(topic.name);
      writer.BeginObject().Member("topic", topic.name).Member("role", tools::Name(topic.role));
      writer.Member("stream", topic.stream).Member("partitions_min", topic.partitions_min);
      writer.Member("result", found == outcomes.end() ? "in order" : found->second.result).EndObject();
    }
    writer.EndArray();
    std::printf("%s\n", text.c_str());
    return;
  }
  Table table({"TOPIC", "ROLE", "STREAM", "PARTITIONS", "RESULT"});
  for (const tools::PlannedTopic& topic : plan.topics) {
    const auto found = outcomes.find(topic.name);
    table.Add({topic.name, std::string(tools::Name(topic.role)), topic.stream,
               topic.partitions_max > 0 ? Cat(topic.partitions_max) : Cat(">= ", topic.partitions_min),
               found == outcomes.end() ? "in order" : found->second.result});
  }
  table.Print(stdout);
}

// Creates what is missing; false when something could not be made.
Result<bool> CreateMissing(const config::Config& config, const tools::TopicPlan& plan, Admin* admin,
                           std::map<std::string, TopicOutcome>* outcomes) {
  Result<std::vector<tools::CreatedTopic>> created = tools::CreateTopics(config, plan, admin);
  if (!created.ok()) return created.status();
  bool all = true;
  for (const tools::CreatedTopic& topic : *created) {
    if (!topic.status.ok()) {
      all = false;
      PrintError(topic.status.message());
    }
    (*outcomes)[topic.name] = {topic.status.ok() ? "created" : "failed", !topic.status.ok()};
  }
  return all;
}

int Topics(const TopicArguments& arguments, const Services& services) {
  const config::Reading reading = config::ReadFile(arguments.config_file, config::ProcessEnvironment());
  PrintProblems(reading.problems);
  if (!reading.ok()) return kExitUsage;
  const config::Config& config = reading.draft;
  Result<std::unique_ptr<Admin>> admin = services.connect(config, arguments.brokers);
  if (!admin.ok()) return Fail(admin.status());
  Result<tools::TopicPlan> plan = tools::PlanTopics(config, admin->get());
  if (!plan.ok()) return Fail(plan.status());
  PrintProblems(plan->problems);
  std::map<std::string, TopicOutcome> outcomes;
  if (arguments.create) {
    if (config::HasErrors(plan->problems)) return kExitFailed;
    Result<bool> created = CreateMissing(config, *plan, admin->get(), &outcomes);
    if (!created.ok()) return Fail(created.status());
    if (!*created) {
      PrintTopics(arguments, *plan, outcomes);
      return kExitFailed;
    }
  }
  Result<std::vector<config::Problem>> problems = tools::CheckTopics(config, *plan, admin->get());
  if (!problems.ok()) return Fail(problems.status());
  PrintProblems(*problems);
  const bool in_order = !config::HasErrors(*problems) && !config::HasErrors(plan->problems);
  if (in_order || arguments.create) PrintTopics(arguments, *plan, outcomes);
  return in_order ? kExitDone : kExitFindings;
}

}  // namespace

void AddTopics(const Parser& parser) {
  CLI::App* command =
      parser.app->add_subcommand("topics", "Create or check the topics that a configuration needs");
  auto arguments = std::make_shared<TopicArguments>();
  AddConfigFile(command, &arguments->config_file)->required();
  auto check = std::make_shared<bool>(false);
  CLI::Option_group* mode = command->add_option_group("mode");
  mode->add_flag("--create", arguments->create, "Create what is missing; never changes what is there");
  mode->add_flag("--check", *check, "Only look; exit code 3 when something is not in order");
  mode->require_option(1);
  command->add_option("--brokers", arguments->brokers, "Instead of the configuration's bootstrap.servers")
      ->type_name("HOST:PORT,…");
  AddOutput(command, &arguments->output);
  AddExamples(command, "  fracas topics -c fracas.yaml --create\n  fracas topics -c fracas.yaml --check");
  command->callback(
      [parser, arguments, check] { *parser.exit_code = Topics(*arguments, *parser.services); });
}

}  // namespace fracas::cli
