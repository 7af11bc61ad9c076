#include <cstdio>
#include <ctime>
#include <map>
#include <memory>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "config/environment.h"
#include "config/find_stream.h"
#include "config/problem.h"
#include "config/reader.h"
#include "contract/contract.h"
#include "core/text.h"
#include "tools/check.h"
#include "tools/contract_rules.h"

// `fracas check`: documents against a contract, one verdict a line.

namespace fracas::cli {

namespace {

struct CheckArguments {
  std::string contract_file;
  std::string config_file;
  std::string stream;
  std::vector<std::string> schemas;
  std::vector<std::string> inputs;
  std::string draft = "2020-12";
  std::string output;
  bool ndjson = false;
  bool assert_formats = false;
};

// The stream's rules, or a contract file alone, or any well-formed JSON.
struct Subject {
  contract::Compiled compiled;
  Dispositions dispositions;
};

Result<contract::Catalog> CatalogOf(const std::vector<std::string>& schemas) {
  contract::Catalog catalog;
  for (const std::string& entry : schemas) {
    const size_t equals = entry.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == entry.size()) {
      return Status::Reject(Cat("--schemas ", entry, ": write BASE_URI=DIR, e.g. ",
                                "--schemas https://example.com/schemas/=./schemas"));
    }
    catalog[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  return catalog;
}

Result<Subject> StreamSubject(const CheckArguments& arguments) {
  config::Reading reading = config::ReadFile(arguments.config_file, config::ProcessEnvironment());
  for (const config::Problem& problem : reading.problems) {
    std::fprintf(stderr, "%s\n", config::ToString(problem).c_str());
  }
  if (!reading.ok()) return Status::Reject(Cat(arguments.config_file, " has errors"));
  Result<size_t> index = config::FindStream(reading.draft, arguments.stream);
  if (!index.ok()) return index.status();
  const config::Stream& stream = reading.draft.streams[*index];
  Subject subject;
  subject.compiled = tools::CompileContract(stream);
  for (const auto& [code, disposition] : stream.dispositions) subject.dispositions.Set(code, disposition);
  return subject;
}

Result<Subject> SubjectOf(const CheckArguments& arguments) {
  if (!arguments.config_file.empty()) return StreamSubject(arguments);
  Result<contract::Catalog> catalog = CatalogOf(arguments.schemas);
  if (!catalog.ok()) return catalog.status();
  contract::Rules rules;
  rules.document_bytes_max = limits::kCheckDocumentBytesDefault;
  Subject subject;
  if (arguments.contract_file.empty()) {
    rules.has_schema = false;
    subject.compiled = contract::CompileRules(rules);
    return subject;
  }
  contract::CompileOptions options;
  options.assert_formats = arguments.assert_formats;
  options.catalog = std::move(*catalog);
  options.default_dialect =
      arguments.draft == "7" ? contract::Dialect::kDraft7 : contract::Dialect::kDraft202012;
  subject.compiled = contract::CompileFile(arguments.contract_file, rules, options);
  return subject;
}

void PrintVerdict(const tools::CheckVerdict& verdict, bool ndjson) {
  std::string place(verdict.file);
  if (ndjson) AppendTo(&place, ":", verdict.line);
  const std::string word = verdict.pass ? Styled(stdout, Style::kGood, "pass") : Styled(stdout, Style::kBad, "FAIL");
  std::string text = Cat(word, "  ", place, "\n");
  for (const tools::CheckFinding& finding : *verdict.findings) {
    AppendTo(&text, "      ", Info(finding.code).number, " ", Info(finding.code).name, "  ");
    AppendTo(&text, finding.pointer.empty() ? "(document)" : Clean(finding.pointer), "  ",
             Clean(finding.message));
    if (finding.byte != kNoByte) {
      AppendTo(&text, "  [line ", finding.line, ", column ", finding.column, ", byte ", finding.byte, "]");
    }
    text.push_back('\n');
  }
  if (verdict.findings_omitted > 0) AppendTo(&text, "      and ", verdict.findings_omitted, " more\n");
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int Check(const CheckArguments& arguments) {
  Result<Subject> subject = SubjectOf(arguments);
  if (!subject.ok()) return Fail(subject.status());
  if (subject->compiled.contract == nullptr) {
    for (const contract::Problem& problem : subject->compiled.problems) {
      PrintError(tools::ToString(problem, arguments.contract_file));
    }
    return kExitUsage;
  }
  const bool as_json = arguments.output == "json" || (arguments.output.empty() && !IsTerminal(stdout));
  tools::CheckOptions options;
  options.contract = subject->compiled.contract;
  options.inputs = arguments.inputs.empty() ? std::vector<std::string>{"-"} : arguments.inputs;
  options.ndjson = arguments.ndjson;
  options.dispositions = subject->dispositions;
  options.now_ms = static_cast<int64_t>(std::time(nullptr)) * 1000;

  Progress progress("checking", "bytes");
  std::string line;
  tools::CheckSink sink;
  sink.verdict = [&](const tools::CheckVerdict& verdict) {
    if (as_json) {
      line.clear();
      tools::RenderVerdict(verdict, &line);
      return std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
    }
    if (!verdict.pass || !arguments.ndjson || !verdict.findings->empty()) {
      PrintVerdict(verdict, arguments.ndjson);
    }
    return std::ferror(stdout) == 0;
  };
  sink.trouble = [](const Status& status) { PrintError(status.message()); };
  sink.progress = [&](const tools::CheckProgress& state) {
    progress.Update(state.bytes_done, state.bytes_total);
  };
  const tools::CheckSummary summary = tools::Check(options, sink);
  if (!as_json) {
    std::printf("%s documents, %s passed, %s failed\n", WithThousands(summary.documents).c_str(),
                WithThousands(summary.passed).c_str(), WithThousands(summary.failed).c_str());
  }
  if (summary.unreadable > 0 || summary.stopped) return kExitFailed;
  return summary.failed > 0 ? kExitFindings : kExitDone;
}

}  // namespace

void AddCheck(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand(
      "check", "Check documents against a contract, without Kafka: one verdict a line");
  auto arguments = std::make_shared<CheckArguments>();
  CLI::Option* contract =
      command->add_option("--contract", arguments->contract_file, "A JSON Schema (2020-12 or draft-07)")
          ->type_name("FILE");
  CLI::Option* config = AddConfigFile(command, &arguments->config_file)->excludes(contract);
  command->add_option("--stream", arguments->stream,
                      "With --config: whose contract and rules (STREAM or PIPELINE/STREAM)")
      ->needs(config);
  command->add_option("--schemas", arguments->schemas,
                      "Where references to BASE_URI… are found; repeatable. Nothing is ever downloaded")
      ->type_name("BASE_URI=DIR")
      ->allow_extra_args(false)  // one value each time: what follows is a file
      ->excludes(config);
  command->add_option("--draft", arguments->draft, "Of a contract without $schema: 2020-12 or 7")
      ->check(CLI::IsMember({"2020-12", "7"}))
      ->capture_default_str()
      ->excludes(config);
  command->add_flag("--assert-formats", arguments->assert_formats,
                    "`format` is checked, not only noted (streams do so by default)")
      ->excludes(config);
  command->add_flag("--ndjson", arguments->ndjson, "One document a line");
  command->add_option("files", arguments->inputs, "Files; - or none is standard input")->type_name("FILE");
  command->add_option("--output", arguments->output,
                      "table or json; default: table on a terminal, else json, a line per document")
      ->check(CLI::IsMember({"table", "json"}));
  AddExamples(command,
              "  fracas check a.json b.json\n"
              "  fracas check --contract contacts.schema.json --ndjson day.ndjson\n"
              "  fracas check -c fracas.yaml --stream crm.contacts --ndjson - < sample.ndjson\n"
              "  fracas check --contract c.json --schemas https://example.com/=./schemas a.json\n"
              "Without a contract: is it well-formed JSON? Exit code 3 when a document fails.");
  command->callback([parser, arguments] { *parser.exit_code = Check(*arguments); });
}

}  // namespace fracas::cli
