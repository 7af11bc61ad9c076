#include <cstdio>

#include "cli/commands.h"
#include "cli/terminal.h"

// `fracas run`, `fracas try`, `fracas version`: the work is the composition root's.

namespace fracas::cli {

void AddRun(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand(
      "run", "Run the pipelines of a configuration on Kafka, or one stream on files");
  auto request = std::make_shared<RunRequest>();
  auto output = std::make_shared<std::string>("table");
  AddConfigFile(command, &request->config_file)->required();
  CLI::Option* input =
      command->add_option("--input", request->inputs, "NDJSON files to read instead of Kafka (- is "
                                                      "standard input); one line is one record")
          ->type_name("FILE");
  command->add_option("--out", request->out_dir, "Folder for published, dlq, failures, batches, summary")
      ->type_name("DIR")
      ->needs(input);
  command->add_option("--stream", request->stream,
                      "With --input: which stream judges the files (STREAM or PIPELINE/STREAM)")
      ->needs(input);
  command->add_option("--log-level", request->log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  AddOutput(command, output.get());
  AddExamples(command,
              "  fracas run -c fracas.yaml\n"
              "  fracas run -c fracas.yaml --input a.ndjson --out result --stream crm.contacts\n"
              "  zcat day.ndjson.gz | fracas run -c fracas.yaml --input - --out result\n"
              "On files a hold stops the stream there: exit code 3.");
  command->callback([parser, request, output] {
    if (!request->inputs.empty() && request->out_dir.empty()) {
      PrintError("--input needs --out DIR, the folder for the results");
      *parser.exit_code = kExitUsage;
      return;
    }
    request->json = *output == "json";
    *parser.exit_code = parser.services->run(*request);
  });
}

void AddTry(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand(
      "try", "What a contract and its policy would do to the real topic: no group, writes nothing");
  auto request = std::make_shared<TryRequest>();
  auto output = std::make_shared<std::string>("table");
  AddConfigFile(command, &request->config_file)->required();
  command->add_option("--stream", request->stream, "STREAM or PIPELINE/STREAM")->required();
  command->add_option("--last", request->last, "Records to look at, from the end of each topic")
      ->capture_default_str()
      ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}));
  AddOutput(command, output.get());
  AddExamples(command,
              "  fracas try -c fracas.yaml --stream crm.contacts --last 100000\n"
              "  fracas try -c fracas.yaml --stream crm.contacts --output json\n"
              "Exit code 3 when the stream would be held.");
  command->callback([parser, request, output] {
    request->json = *output == "json";
    *parser.exit_code = parser.services->try_stream(*request);
  });
}

void AddVersion(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand("version", "The program's and its libraries' versions");
  command->callback([parser] { std::printf("%s\n", parser.services->version.c_str()); });
  parser.app->set_version_flag("--version", parser.services->version);
}

}  // namespace fracas::cli
