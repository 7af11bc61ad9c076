#include <algorithm>
#include <cstdio>

#include "cli/support/dlq_changes.h"
#include "cli/support/inspect_view.h"
#include "cli/support/letter_options.h"
#include "cli/support/letter_view.h"
#include "core/text.h"
#include "tools/inspect/judge.h"
#include "tools/letters/endings.h"
#include "tools/letters/letter_json.h"
#include "tools/patch/sources.h"
#include "tools/patch/specimen_reader.h"

// `fracas dlq ls|show|stats`.

namespace fracas::cli {

namespace {

constexpr uint64_t kListed = 50;
constexpr uint64_t kShown = 5;

// {"letters": […], "more": bool}, with `reports` also "inspections": […], one for each letter, in
// their order.
void PrintJson(const FoundLetters& found, const std::vector<tools::RecordReport>* reports) {
  std::string text = "{\"letters\":[";
  for (const tools::Letter& letter : found.letters) {
    if (text.back() != '[') text += ',';
    text += tools::ToJson(letter, tools::LetterParts::kFacts);
  }
  AppendTo(&text, "],\"more\":", found.more ? "true" : "false");
  if (reports != nullptr) {
    text += ",\"inspections\":[";
    for (const tools::RecordReport& report : *reports) {
      if (text.back() != '[') text += ',';
      text += tools::ToJson(report);
    }
    text += ']';
  }
  std::printf("%s}\n", text.c_str());
}

// Neither command shows what is sensitive.
void HideSensitive(const config::Config& config, FoundLetters* found) {
  for (tools::Letter& letter : found->letters)
    tools::HideSensitive(tools::FindStream(config, letter.stream),
                         tools::SourcesOf(config, tools::SpecimenOf(config, letter)), &letter);
}

// The whole ledger is read for it: only where somebody asks.
Status TellEndings(const OpenedLetters& opened, std::vector<tools::Letter>* letters) {
  const bool any = std::any_of(letters->begin(), letters->end(), [](const tools::Letter& letter) {
    return letter.state == tools::LetterState::kDiscarded;
  });
  if (!any) return {};
  Result<Admin*> admin = opened.session->admin();
  if (!admin.ok()) return admin.status();
  Result<std::unique_ptr<LogReader>> reader = opened.session->reader();
  if (!reader.ok()) return reader.status();
  return tools::ReadEndings(opened.session->config().topics.ledger, *admin, reader->get(), letters);
}

int List(const LetterArguments& arguments, const Services& services) {
  Result<OpenedLetters> opened = OpenLetters(services, arguments);
  if (!opened.ok()) return Fail(opened.status());
  Result<FoundLetters> found =
      CollectLetters(*opened, arguments, tools::LetterReader::Want::kFacts);
  if (!found.ok()) return Fail(found.status());
  if (opened->selection.state == tools::LetterState::kDiscarded) {
    if (Status s = TellEndings(*opened, &found->letters); !s.ok()) return Fail(s);
  }
  HideSensitive(opened->session->config(), &*found);
  if (arguments.group.json()) {
    PrintJson(*found, nullptr);
  } else if (!found->letters.empty()) {
    PrintLetterTable(found->letters, opened->session->now_ms());
  }
  if (found->letters.empty()) HintNothing(*opened);
  HintLookedAt(*opened, found->more, arguments.limit);
  return kExitDone;
}

// By the rules that the letters' streams have now. Another system's letter is looked at as JSON
// unless one of our streams reads the topic that it came from.
Result<std::vector<tools::RecordReport>> InspectLetters(const OpenedLetters& opened,
                                                        const LetterArguments& arguments,
                                                        const std::vector<tools::Letter>& letters) {
  const config::Config& config = opened.session->config();
  std::map<std::pair<std::string, tools::Streams>, std::unique_ptr<tools::Judge>> judges;
  std::vector<tools::RecordReport> reports;
  for (const tools::Letter& letter : letters) {
    tools::RecordReport& report = reports.emplace_back();
    report.specimen = tools::SpecimenOf(config, letter);
    const tools::Streams sources = tools::SourcesOf(config, report.specimen);
    std::unique_ptr<tools::Judge>& judge = judges[{report.specimen.stream, sources}];
    if (judge == nullptr) {
      const config::Stream* stream = tools::FindStream(config, report.specimen.stream);
      Result<std::unique_ptr<tools::Judge>> made =
          stream != nullptr ? tools::Judge::OfStream(*stream, /*reveal=*/false, sources)
                            : tools::Judge::OfForm(/*reveal=*/false, sources);
      if (!made.ok()) return made.status();
      judge = std::move(*made);
    }
    report.inspection = tools::Inspect(report.specimen, judge.get(), opened.session->now_ms());
    if (judge->stream() != nullptr) report.contract = judge->contract_sha256();
    SourceArguments context;
    context.group = arguments.group;
    report.mend_command = MendCommand(context, report);
  }
  return reports;
}

int Show(const LetterArguments& arguments, const Services& services) {
  Result<OpenedLetters> opened = OpenLetters(services, arguments);
  if (!opened.ok()) return Fail(opened.status());
  Result<FoundLetters> found =
      CollectLetters(*opened, arguments, tools::LetterReader::Want::kBytes);
  if (!found.ok()) return Fail(found.status());
  if (Status s = TellEndings(*opened, &found->letters); !s.ok()) return Fail(s);
  for (tools::Letter& letter : found->letters) opened->reader->CheckOrigin(&letter);
  HideSensitive(opened->session->config(), &*found);
  const auto reports = InspectLetters(*opened, arguments, found->letters);
  if (!reports.ok()) return Fail(reports.status());
  if (arguments.group.json()) PrintJson(*found, &*reports);
  for (size_t i = 0; i < found->letters.size() && !arguments.group.json(); ++i) {
    if (i > 0) std::printf("\n");
    PrintLetter(found->letters[i], opened->session->now_ms());
    PrintFindings((*reports)[i]);
  }
  HintLookedAt(*opened, found->more, arguments.limit);
  if (!found->letters.empty()) return kExitDone;
  HintNothing(*opened);
  return kExitFailed;
}

// By what a scan finds, where no instance keeps the ledger.
Result<std::vector<tools::LetterCountRow>> CountByScan(const OpenedLetters& opened) {
  std::map<std::pair<std::string, std::string>, tools::LetterCountRow> rows;
  const Status status = opened.reader->Visit(
      opened.selection, tools::LetterReader::Want::kFacts, [&rows](const tools::Letter& letter) {
        const bool ours = !letter.code_name.empty();
        const std::string stream =
            ours ? letter.stream
                 : Cat(formats::Title(letter.origin.system), " on ", letter.topic.topic);
        const std::string code = ours ? letter.code_name : tools::ReasonOf(letter).type;
        tools::LetterCountRow& row = rows[{stream, code}];
        row.stream = stream;
        row.code_name = code;
        row.code = letter.code_number;
        switch (letter.state) {
          case tools::LetterState::kResolved: ++row.resolved; return true;
          case tools::LetterState::kDiscarded: ++row.discarded; return true;
          case tools::LetterState::kExpired: ++row.expired; return true;
          case tools::LetterState::kOpen:
          case tools::LetterState::kUnknown: break;
        }
        ++row.open;
        if (row.oldest_open_ms == 0 || letter.judged_ms < row.oldest_open_ms)
          row.oldest_open_ms = letter.judged_ms;
        return true;
      });
  if (!status.ok()) return status;
  std::vector<tools::LetterCountRow> counted;
  for (auto& [name, row] : rows) counted.push_back(std::move(row));
  return counted;
}

// An instance's own counts answer "how many are there"; anything narrower is counted here.
bool IsWhole(const tools::Selection& selection) {
  tools::Selection whole;
  whole.stream = selection.stream;
  return selection.Describe() == whole.Describe();
}

Result<std::vector<tools::LetterCountRow>> Count(const LetterArguments& arguments,
                                                 const Services& services,
                                                 const OpenedLetters& opened) {
  if (arguments.group.from_topic || !IsWhole(opened.selection)) return CountByScan(opened);
  tools::LetterIndex index(opened.session->config(), services.http_get);
  Result<std::vector<tools::LetterCountRow>> rows = index.Counts();
  if (!rows.ok() && rows.status().action() == Action::kRetry) return CountByScan(opened);
  if (!rows.ok() || opened.selection.stream.empty()) return rows;
  std::erase_if(*rows, [&](const tools::LetterCountRow& row) {
    return row.stream != opened.selection.stream;
  });
  return rows;
}

int Stats(const LetterArguments& arguments, const Services& services) {
  Result<OpenedLetters> opened = OpenLetters(services, arguments);
  if (!opened.ok()) return Fail(opened.status());
  Result<std::vector<tools::LetterCountRow>> rows = Count(arguments, services, *opened);
  if (!rows.ok()) return Fail(rows.status());
  if (arguments.group.json()) {
    std::printf("%s\n", tools::ToJson(*rows).c_str());
  } else if (rows->empty()) {
    std::printf("no %s\n", opened->selection.Describe().c_str());
  } else {
    PrintCounts(*rows, opened->session->now_ms());
  }
  HintLookedAt(*opened, false, 0);
  return kExitDone;
}

using RunCommand = int (*)(const LetterArguments&, const Services&);

std::shared_ptr<LetterArguments> Declare(const Parser& parser, CLI::App* command, uint64_t limit,
                                         RunCommand run) {
  auto arguments = std::make_shared<LetterArguments>();
  AddLetterOptions(command, arguments.get(), limit);
  command->callback(
      [parser, arguments, run] { *parser.exit_code = run(*arguments, *parser.services); });
  return arguments;
}

}  // namespace

void AddDlq(const Parser& parser) {
  CLI::App* dlq = parser.app->add_subcommand(
      "dlq", "Dead letters: records that were not published, ours and other systems'");
  dlq->require_subcommand(1);
  CLI::App* ls = dlq->add_subcommand("ls", "Which there are, a line each");
  Declare(parser, ls, kListed, List);
  AddExamples(
      ls,
      "  fracas dlq ls -c fracas.yaml\n"
      "  fracas dlq ls -c fracas.yaml --stream crm.contacts --code TYPE_MISMATCH --since 2h\n"
      "  fracas dlq ls -c fracas.yaml --id C-000042 --state all\n"
      "  fracas dlq ls -c fracas.yaml --topic jdbc-sink.dlq --error SQLException\n");
  CLI::App* show = dlq->add_subcommand(
      "show", "Everything that is known of them, and what is wrong with their records now");
  auto shown = Declare(parser, show, kShown, Show);
  shown->selection.state = "all";
  AddExamples(show,
              "  fracas dlq show crm.contacts.raw.dlq/3/17 -c fracas.yaml\n"
              "  fracas dlq show crm.contacts.raw/3/1042 -c fracas.yaml   (by the record it was)\n"
              "  fracas dlq show orders-dlt/0/5 -c fracas.yaml            (Spring Kafka's)\n"
              "Where another system's letter says that it came from is read and compared.\n"
              "Sensitive values are hidden; `data-patcher inspect --reveal --why …` shows them.");
  CLI::App* stats =
      dlq->add_subcommand("stats", "How many by stream and code; the numbers of the metrics");
  auto counted = Declare(parser, stats, 0, Stats);
  counted->selection.state = "all";
  AddExamples(stats,
              "  fracas dlq stats -c fracas.yaml\n"
              "  fracas dlq stats -c fracas.yaml --stream crm.contacts --since 24h --output json");
  AddDlqChanges(parser, dlq);
}

}  // namespace fracas::cli
