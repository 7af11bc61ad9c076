#include "cli/support/inspect_view.h"

#include <cstdio>

#include "core/text.h"
#include "tools/inspect/mend.h"

namespace fracas::cli {

namespace {

void PrintTrouble(const tools::RecordReport& report, const tools::Trouble& trouble) {
  const CodeInfo& info = Info(trouble.code);
  const bool warns = trouble.disposition == Disposition::kWarn;
  const std::string place = tools::PlaceText(trouble);
  std::printf("\n  %s %s%s\n", Cat(info.number).c_str(),
              Styled(stdout, warns ? Style::kWarning : Style::kBad, info.name).c_str(),
              warns ? "  (only a warning)" : "");
  std::printf("    %s%s%s\n", Shown(trouble.text).c_str(), place.empty() ? "" : " ", place.c_str());
  if (!trouble.placed && !trouble.pointer.empty())
    std::printf("    at %s\n", Shown(trouble.pointer).c_str());
  if (!trouble.schema.empty()) std::printf("    by %s\n", Shown(trouble.schema).c_str());
  if (trouble.placed) PrintWindow(trouble.window, "      ");
  const auto mode = report.modes.find(trouble.fingerprint);
  if (mode == report.modes.end()) return;
  std::printf("    this mode (%s): %s in %s, %s to %s\n", trouble.fingerprint.substr(0, 8).c_str(),
              Counted(mode->second.records, "record").c_str(),
              Counted(mode->second.events, "failure event").c_str(),
              TimeText(mode->second.first_ms).c_str(), TimeText(mode->second.last_ms).c_str());
}

void PrintMend(const tools::RecordReport& report) {
  const tools::Mend& mend = report.inspection.mend;
  if (!report.mend_command.empty()) {
    const char* promise = mend.complete ? "this mends it (tried: it passes then)"
                          : mend.open   ? "this mends it, with the right value for …"
                                        : "this is a beginning (other things stay wrong)";
    std::printf("\n  %s\n    %s\n", promise,
                Styled(stdout, Style::kBold, Shown(report.mend_command)).c_str());
  }
  for (const std::string& note : mend.notes) std::printf("    %s\n", Shown(note).c_str());
}

// The number of the line that the record is; specimens of lines are named FILE:NUMBER.
std::string LineOf(const tools::Specimen& specimen) {
  return specimen.name.substr(specimen.name.rfind(':') + 1);
}

// One line of a file as a SOURCE of its own: what mends it need not be right for the others.
// Standard input stays free for what is asked. Understood by bash, zsh and ksh.
std::string FileSource(const std::string& file, const std::string& line) {
  if (line.empty() || file == "-") return tools::ShellQuoted(file);
  return Cat("<(sed -n ", line, "p ", tools::ShellQuoted(file), ")");
}

}  // namespace

std::string MendCommand(const SourceArguments& arguments, const tools::RecordReport& report) {
  const tools::Mend& mend = report.inspection.mend;
  if (mend.options.empty()) return "";
  const tools::Specimen& specimen = report.specimen;
  const bool lies_in_kafka = specimen.from_kafka() || specimen.letter.has_value();
  const std::string line = lies_in_kafka || !arguments.ndjson ? "" : LineOf(specimen);
  std::string command =
      Cat("data-patcher secure-clean ",
          lies_in_kafka ? tools::ShellQuoted(specimen.name) : FileSource(arguments.source, line),
          ContextOptions(arguments));
  for (const std::string& option : mend.options) AppendTo(&command, " ", option);
  if (specimen.from_kafka()) {
    AppendTo(&command, " --re-inject ", tools::ShellQuoted(specimen.source.topic), " --why '…'");
  } else {
    AppendTo(&command, " --out mended", line.empty() ? "" : "-", line, ".json");
  }
  return command;
}

void PrintFindings(const tools::RecordReport& report) {
  if (!report.specimen.why_empty.empty()) {
    std::printf("\n  %s\n", Shown(report.specimen.why_empty).c_str());
    return;
  }
  for (const tools::Trouble& trouble : report.inspection.troubles) PrintTrouble(report, trouble);
  if (report.inspection.more > 0)
    std::printf("\n  and %s more\n", WithThousands(report.inspection.more).c_str());
  if (report.inspection.passes) {
    const bool rules = !report.contract.empty();
    std::printf("\n  %s\n",
                Styled(stdout, Style::kGood,
                       rules ? "it satisfies its contract now" : "it is well-formed JSON")
                    .c_str());
  }
  PrintMend(report);
}

}  // namespace fracas::cli
