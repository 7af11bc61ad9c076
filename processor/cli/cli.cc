#include "cli/cli.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "core/text.h"

// argv → options → one command. CLI11 reports wrong usage by exceptions; they end here.

namespace fracas::cli {

namespace {

constexpr char kPatcherName[] = "data-patcher";

void Declare(const Parser& parser) {
  CLI::App& app = *parser.app;
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  app.footer("Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 the check found failures.\n"
             "`fracas COMMAND --help` has examples.");
  AddRun(parser);
  AddTry(parser);
  AddCheck(parser);
  AddLint(parser);
  AddConfig(parser);
  AddCodes(parser);
  AddTopics(parser);
  AddStatus(parser);
  AddBreaker(parser);
  AddQuarantine(parser);
  AddDlq(parser);
  AddOffsets(parser);
  AddJournal(parser);
  AddState(parser);
  AddVerify(parser);
  AddDoctor(parser);
  AddResumePipeline(parser);
  AddInspect(parser);
  AddSecureClean(parser);
  AddReplay(parser);
  AddVersion(parser);
}

// The support team's name for the same program: what mends a record and brings a pipeline back.
void DeclarePatcher(const Parser& parser) {
  parser.app->require_subcommand(1);
  parser.app->get_formatter()->column_width(34);
  parser.app->footer("Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 something still "
                     "fails.\n"
                     "`data-patcher COMMAND --help` has examples; everything else is `fracas --help`.");
  AddInspect(parser);
  AddSecureClean(parser);
  AddResumePipeline(parser);
  AddVersion(parser);
}

bool IsPatcher(const char* program) {
  const std::string name(program == nullptr ? "" : program);
  return name.substr(name.rfind('/') + 1) == kPatcherName;
}

int UsageError(const CLI::App& app, const CLI::ParseError& error) {
  PrintError(error.what());
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  std::string name = command->get_name();
  for (const CLI::App* up = command->get_parent(); up != nullptr; up = up->get_parent()) {
    name = Cat(up->get_name(), " ", name);
  }
  PrintHint(Cat("`", name, " --help` shows the options and examples"));
  return kExitUsage;
}

// CLI11 would only say that a command is missing.
bool IsUnknownCommand(const CLI::App& app, const std::string& word) {
  if (word.empty() || word.front() == '-') return false;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_name() == word) return false;
  }
  return true;
}

}  // namespace

int Run(int argc, char** argv, const Services& services) {
  int exit_code = kExitDone;
  CLI::App app("Checks every record of a Kafka pipeline against its contract, publishes only audited "
               "batches, and turns each failure into a coded, countable event.",
               "fracas");
  const Parser parser{.app = &app, .services = &services, .exit_code = &exit_code};
  if (argc > 0 && IsPatcher(argv[0])) {
    app.name(kPatcherName);
    app.description("Finds what is wrong with a record, mends it, sends it again and brings its "
                    "pipeline back.");
    DeclarePatcher(parser);
  } else {
    Declare(parser);
  }
  if (argc > 1 && IsUnknownCommand(app, argv[1])) {
    PrintError(Cat("there is no command '", argv[1], "'"));
    PrintHint(Cat("`", app.get_name(), " --help` lists the commands"));
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return UsageError(app, error);
  } catch (const std::exception& error) {  // bad_alloc and the like: nothing of ours throws
    PrintError(error.what());
    return kExitFailed;
  }
  if (std::fflush(stdout) != 0) {
    PrintError("the result could not be written to standard output; is the disk full or the pipe closed?");
    return kExitFailed;
  }
  return exit_code;
}

void AddOutput(CLI::App* command, std::string* output) {
  command->add_option("--output", *output, "How results are printed: table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
}

CLI::Option* AddConfigFile(CLI::App* command, std::string* file) {
  return command->add_option("-c,--config", *file, "The configuration file")->type_name("FILE");
}

void AddExamples(CLI::App* command, const std::string& examples) {
  command->footer(Cat("Examples:\n", examples));
}

int Fail(const Status& status) {
  PrintError(status.message());
  return status.action() == Action::kReject ? kExitUsage : kExitFailed;
}

}  // namespace fracas::cli
