#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <memory>
#include <string>

#include "cli/services.h"

// One function per command: declares its options and, when it was chosen, runs it and sets `exit_code`.
// `services` and `exit_code` outlive the parser.

namespace fracas::cli {

struct Parser {
  CLI::App* app = nullptr;
  const Services* services = nullptr;
  int* exit_code = nullptr;
};

void AddRun(const Parser& parser);
void AddTry(const Parser& parser);
void AddCheck(const Parser& parser);
void AddLint(const Parser& parser);
void AddConfig(const Parser& parser);
void AddCodes(const Parser& parser);
void AddTopics(const Parser& parser);
void AddStatus(const Parser& parser);
void AddBreaker(const Parser& parser);
void AddQuarantine(const Parser& parser);
void AddDlq(const Parser& parser);
void AddOffsets(const Parser& parser);
void AddJournal(const Parser& parser);
void AddState(const Parser& parser);
void AddVerify(const Parser& parser);
void AddDoctor(const Parser& parser);
void AddResumePipeline(const Parser& parser);
void AddInspect(const Parser& parser);
void AddSecureClean(const Parser& parser);
void AddReplay(const Parser& parser);
void AddVersion(const Parser& parser);

// `--output table|json` with its default; the text lives as long as the parser's options refer to it.
void AddOutput(CLI::App* command, std::string* output);
// `-c, --config FILE`.
CLI::Option* AddConfigFile(CLI::App* command, std::string* file);
// What follows the options in --help.
void AddExamples(CLI::App* command, const std::string& examples);
// The exit code for an operating failure, and its text on standard error.
int Fail(const Status& status);

}  // namespace fracas::cli
