#include <cstdio>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "config/environment.h"
#include "config/problem.h"
#include "config/reader.h"
#include "config/show.h"
#include "core/text.h"
#include "json/writer.h"
#include "tools/lint.h"

// `fracas lint` and `fracas config show`.

namespace fracas::cli {

namespace {

struct LintArguments {
  std::string config_file;
  std::string brokers;
  std::string output = "table";
  bool ask_cluster = false;
};

std::string_view NameOf(config::Severity severity) {
  switch (severity) {
    case config::Severity::kError: return "error";
    case config::Severity::kWarning: return "warning";
  }
  return "error";
}

void PrintProblemsJson(const tools::LintReport& report) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject().Member("ok", report.ok());
  writer.Member("streams", static_cast<uint64_t>(report.reading.draft.streams.size()));
  writer.Member("contracts", static_cast<uint64_t>(report.contracts));
  writer.Key("problems").BeginArray();
  for (const config::Problem& problem : report.problems) {
    writer.BeginObject()
        .Member("severity", NameOf(problem.severity))
        .Member("file", problem.mark.file)
        .Member("line", problem.mark.line)
        .Member("column", problem.mark.column)
        .Member("message", problem.message)
        .Member("next_step", problem.next_step)
        .EndObject();
  }
  writer.EndArray().EndObject();
  std::printf("%s\n", text.c_str());
}

void PrintProblemsText(const LintArguments& arguments, const tools::LintReport& report) {
  size_t errors = 0;
  for (const config::Problem& problem : report.problems) {
    if (problem.severity == config::Severity::kError) ++errors;
    std::printf("%s\n", config::ToString(problem).c_str());
  }
  const size_t warnings = report.problems.size() - errors;
  const std::string verdict =
      errors > 0 ? Cat(errors, errors == 1 ? " error" : " errors")
                 : Cat("ok, ", report.reading.draft.streams.size(), " streams, ", report.contracts,
                       " contracts compiled", arguments.ask_cluster ? ", topics checked" : "");
  std::printf("%s: %s%s\n", arguments.config_file.c_str(),
              Styled(stdout, errors > 0 ? Style::kBad : Style::kGood, verdict).c_str(),
              warnings > 0 ? Cat(", ", warnings, warnings == 1 ? " warning" : " warnings").c_str() : "");
}

// Wrong configuration is what lint is asked about: exit code 2, as `run` would end with.
int Lint(const LintArguments& arguments, const Services& services) {
  tools::LintOptions options;
  options.check_kafka_setting = services.check_kafka_setting;
  std::unique_ptr<Admin> admin;
  const config::Environment environment = config::ProcessEnvironment();
  config::Reading reading = config::ReadFile(arguments.config_file, environment);
  if (arguments.ask_cluster && reading.ok()) {
    Result<std::unique_ptr<Admin>> connected = services.connect(reading.draft, arguments.brokers);
    if (!connected.ok()) return Fail(connected.status());
    admin = std::move(*connected);
    options.admin = admin.get();
  }
  const tools::LintReport report = tools::LintReading(std::move(reading), options);
  if (arguments.output == "json") {
    PrintProblemsJson(report);
  } else {
    PrintProblemsText(arguments, report);
  }
  return report.ok() ? kExitDone : kExitUsage;
}

int ShowConfig(const std::string& file, const std::string& output) {
  const config::Reading reading = config::ReadFile(file, config::ProcessEnvironment());
  for (const config::Problem& problem : reading.problems) {
    std::fprintf(stderr, "%s\n", config::ToString(problem).c_str());
  }
  if (!reading.ok()) return kExitUsage;
  const std::string text = output == "json" ? config::ShowJson(reading.effective)
                                            : config::ShowYaml(reading.effective);
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.empty() && text.back() != '\n') std::fputc('\n', stdout);
  return kExitDone;
}

}  // namespace

void AddLint(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand(
      "lint", "Everything that can be known to be wrong before the first record");
  auto arguments = std::make_shared<LintArguments>();
  AddConfigFile(command, &arguments->config_file)->required();
  CLI::Option* brokers =
      command->add_option("--brokers", arguments->brokers,
                          "Ask the cluster too: topics, partitions, size limits. Without a value the "
                          "configuration's bootstrap.servers")
          ->expected(0, 1)
          ->type_name("[HOST:PORT,…]");
  AddOutput(command, &arguments->output);
  AddExamples(command,
              "  fracas lint -c fracas.yaml\n"
              "  fracas lint -c fracas.yaml --brokers\n"
              "  fracas lint -c fracas.yaml --brokers 127.0.0.1:9092 --output json\n"
              "Exit code 2 when there is an error, 0 with warnings only.");
  command->callback([parser, arguments, brokers] {
    arguments->ask_cluster = brokers->count() > 0;
    if (arguments->brokers == "true") arguments->brokers.clear();  // the flag without a value
    *parser.exit_code = Lint(*arguments, *parser.services);
  });
}

void AddConfig(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand("config", "Questions about a configuration");
  command->require_subcommand(1);
  CLI::App* show = command->add_subcommand(
      "show", "The effective configuration, every default visible, secrets redacted");
  auto file = std::make_shared<std::string>();
  auto output = std::make_shared<std::string>("yaml");
  AddConfigFile(show, file.get())->required();
  show->add_option("--output", *output, "yaml (also called table) or json")
      ->check(CLI::IsMember({"yaml", "table", "json"}))
      ->capture_default_str();
  AddExamples(show, "  fracas config show -c fracas.yaml\n"
                    "  fracas config show -c fracas.yaml --output json");
  show->callback([parser, file, output] { *parser.exit_code = ShowConfig(*file, *output); });
}

}  // namespace fracas::cli
