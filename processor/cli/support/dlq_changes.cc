#include "cli/support/dlq_changes.h"

#include <algorithm>
#include <cstdio>

#include "cli/support/letter_options.h"
#include "cli/support/letter_view.h"
#include "core/text.h"
#include "json/writer.h"
#include "tools/letters/discard.h"
#include "tools/letters/durable_file.h"
#include "tools/letters/letter_json.h"
#include "tools/letters/row_archive.h"

// `fracas dlq discard|archive|export`.

namespace fracas::cli {

namespace {

constexpr uint64_t kDiscardedAtOnce = 1'000;

struct DiscardArguments {
  LetterArguments letters;
  ChangeArguments change;
  bool yes = false;
};

// What would be discarded, or why it cannot be.
Result<tools::Discarder> Choose(const DiscardArguments& arguments, const OpenedLetters& opened,
                                std::vector<tools::Letter>* letters) {
  Result<FoundLetters> found =
      CollectLetters(opened, arguments.letters, tools::LetterReader::Want::kFacts);
  if (!found.ok()) return found.status();
  if (found->more) {
    return Status::Reject(
        Cat("there are more than ", arguments.letters.limit, " ", opened.selection.Describe(),
            ": `fracas dlq stats` counts them; choose fewer, or allow so many with --limit"));
  }
  tools::Discarder discarder;
  for (const tools::Letter& letter : found->letters) {
    if (Status s = discarder.Add(letter); !s.ok()) return s;
  }
  *letters = std::move(found->letters);
  return discarder;
}

int FinishDiscard(const tools::BulkReport& report, uint64_t letters, bool json) {
  if (json) {
    std::printf("{\"letters\":%llu,\"commands\":%llu,\"applied\":%llu,\"refused\":%llu}\n",
                static_cast<unsigned long long>(letters),
                static_cast<unsigned long long>(report.sent),
                static_cast<unsigned long long>(report.applied),
                static_cast<unsigned long long>(report.refused_count));
  }
  for (const wire::JournalEntry& entry : report.refused)
    PrintError(Cat("refused: ", entry.because));
  if (!report.trouble.ok()) return Fail(report.trouble);
  if (report.refused_count > 0) return kExitFailed;
  if (!json) std::printf("%s dead letters are discarded\n", WithThousands(letters).c_str());
  return kExitDone;
}

int Discard(const DiscardArguments& arguments, const Services& services) {
  Result<OpenedLetters> opened = OpenLetters(services, arguments.letters);
  if (!opened.ok()) return Fail(opened.status());
  std::vector<tools::Letter> letters;
  Result<tools::Discarder> discarder = Choose(arguments, *opened, &letters);
  if (!discarder.ok()) return Fail(discarder.status());
  if (letters.empty()) {
    HintNothing(*opened);
    return kExitFailed;
  }
  tools::DiscardOptions options;
  options.who = arguments.change.who.empty() ? services.user : arguments.change.who;
  options.why = arguments.change.why;
  options.new_id = services.new_id;
  const std::vector<wire::Command> commands = discarder->Commands(options);
  for (const std::string& line : SummaryOf(letters)) PrintHint(line);
  if (arguments.change.dry_run) {
    for (const wire::Command& command : commands) PrintDryRun(command);
    return kExitDone;
  }
  if (!arguments.yes && !Confirm(Cat("Discard ", WithThousands(letters.size()),
                                     letters.size() == 1 ? " dead letter?" : " dead letters?"))) {
    PrintError("nothing was discarded: answer yes, or give --yes");
    return kExitFailed;
  }
  Result<std::unique_ptr<tools::CommandClient>> client = opened->session->Client();
  if (!client.ok()) return Fail(client.status());
  Progress progress("discarding", "commands");
  const tools::BulkReport report = tools::SendDiscards(
      commands, client->get(),
      [&](const tools::BulkReport& so_far) { progress.Update(so_far.applied, commands.size()); });
  return FinishDiscard(report, letters.size(), arguments.letters.group.json());
}

// --- Archive
// --------------------------------------------------------------------------------------------

struct ToArguments {
  LetterArguments letters;
  std::string to;
};

std::string DatasetOf(const config::Config& config, const std::string& stream) {
  for (const config::Stream& each : config.streams) {
    if (config::QualifiedName(each) == stream) return each.dataset;
  }
  return stream;  // of another system: "", its topic; or no longer configured
}

int Archive(const ToArguments& arguments, const Services& services) {
  Result<OpenedLetters> opened = OpenLetters(services, arguments.letters);
  if (!opened.ok()) return Fail(opened.status());
  tools::RowArchive archive;
  uint64_t gone = 0;
  bool more = false;
  Status written;
  const Status read = opened->reader->Visit(
      opened->selection, tools::LetterReader::Want::kBytes, [&](const tools::Letter& letter) {
        more = arguments.letters.limit > 0 && archive.rows() == arguments.letters.limit;
        if (more) return false;
        if (!letter.loaded) {
          ++gone;
          return true;
        }
        const std::string dataset = DatasetOf(opened->session->config(), letter.stream);
        written = archive.Add(tools::ErrorsFolder(arguments.to, dataset, letter), letter);
        return written.ok();
      });
  if (!read.ok()) return Fail(read);
  if (written.ok()) written = archive.Write();
  if (written.ok()) written = archive.Complete();
  if (!written.ok()) return Fail(written);
  gone += opened->reader->looked().gone;
  if (arguments.letters.group.json()) {
    std::printf("{\"rows\":%llu,\"kept\":%llu,\"folders\":%llu,\"gone\":%llu,\"more\":%s}\n",
                static_cast<unsigned long long>(archive.rows()),
                static_cast<unsigned long long>(archive.kept()),
                static_cast<unsigned long long>(archive.folders()),
                static_cast<unsigned long long>(gone), more ? "true" : "false");
  } else {
    std::printf(
        "%s dead letters in %llu folders under %s/_errors%s\n",
        WithThousands(archive.rows()).c_str(), static_cast<unsigned long long>(archive.folders()),
        arguments.to.c_str(),
        archive.kept() == 0
            ? ""
            : Cat(", beside ", WithThousands(archive.kept()), " that were there before").c_str());
  }
  if (gone > 0) PrintHint(Cat(gone, " more are known, but retention has taken their bytes"));
  if (archive.rows() == 0) HintNothing(*opened);
  HintLookedAt(*opened, more, arguments.letters.limit);
  return kExitDone;
}

// --- Export
// ---------------------------------------------------------------------------------------------

// Lines to a file that is there when all of it is, or to standard output.
class LineFile {
 public:
  Status Open(const std::string& file) {
    if (file == "-") return {};
    file_ = file;
    if (std::FILE* made = std::fopen(file.c_str(), "rbe"); made != nullptr) {
      std::fclose(made);
      return Status::Reject(Cat(file, " is there already: name a new file, or remove it"));
    }
    partial_ = Cat(file, ".partial");
    return tools::ReplaceDurably(partial_, "");
  }
  Status Add(const std::string& line) {
    pending_ += line;
    pending_ += '\n';
    return pending_.size() < kPendingBytesMax ? Status() : Flush();
  }
  Status Close() {
    if (Status s = Flush(); !s.ok() || file_.empty()) return s;
    return tools::MoveDurably(partial_, file_);
  }

 private:
  static constexpr size_t kPendingBytesMax = size_t{1} << 20;

  Status Flush() {
    Status written;
    if (!file_.empty()) {
      written = tools::AppendDurably(partial_, pending_);
    } else if (std::fwrite(pending_.data(), 1, pending_.size(), stdout) != pending_.size()) {
      written =
          Status::Stop("standard output cannot be written: is the disk full or the pipe closed?");
    }
    pending_.clear();
    return written;
  }

  std::string file_;  // "": standard output
  std::string partial_;
  std::string pending_;
};

int Export(const ToArguments& arguments, const Services& services) {
  Result<OpenedLetters> opened = OpenLetters(services, arguments.letters);
  if (!opened.ok()) return Fail(opened.status());
  LineFile file;
  if (Status s = file.Open(arguments.to); !s.ok()) return Fail(s);
  uint64_t count = 0;
  uint64_t gone = 0;
  bool more = false;
  Status written;
  const Status read = opened->reader->Visit(
      opened->selection, tools::LetterReader::Want::kBytes, [&](const tools::Letter& letter) {
        more = arguments.letters.limit > 0 && count == arguments.letters.limit;
        if (more) return false;
        if (!letter.loaded) {
          ++gone;
          return true;
        }
        ++count;
        written = file.Add(tools::ToJson(letter, tools::LetterParts::kAll));
        return written.ok();
      });
  if (!read.ok()) return Fail(read);
  if (written.ok()) written = file.Close();
  if (!written.ok()) return Fail(written);
  gone += opened->reader->looked().gone;
  if (arguments.to != "-") PrintHint(Cat(WithThousands(count), " dead letters in ", arguments.to));
  if (gone > 0) PrintHint(Cat(gone, " more are known, but retention has taken their bytes"));
  if (count == 0) HintNothing(*opened);
  HintLookedAt(*opened, more, arguments.letters.limit);
  return kExitDone;
}

void AddDiscard(const Parser& parser, CLI::App* dlq) {
  auto arguments = std::make_shared<DiscardArguments>();
  CLI::App* command = dlq->add_subcommand(
      "discard",
      "Nobody will mend them: open ones count as discarded, journalled; nothing is deleted");
  AddLetterOptions(command, &arguments->letters, kDiscardedAtOnce);
  AddChangeOptions(command, &arguments->change);
  command->add_flag("--yes", arguments->yes, "Do not ask");
  AddExamples(command,
              "  fracas dlq discard crm.contacts.raw.dlq/3/17 -c fracas.yaml --why 'test data'\n"
              "  fracas dlq discard -c fracas.yaml --stream crm.contacts --code JSON_MALFORMED "
              "--until 7d --why INC-4711 --limit 5000\n"
              "It shows what it means and asks. More than --limit are refused, not cut.");
  command->callback(
      [parser, arguments] { *parser.exit_code = Discard(*arguments, *parser.services); });
}

}  // namespace

void AddDlqChanges(const Parser& parser, CLI::App* dlq) {
  AddDiscard(parser, dlq);
  auto archived = std::make_shared<ToArguments>();
  CLI::App* archive = dlq->add_subcommand(
      "archive",
      "Write them to DIR/_errors/<dataset>/dt=YYYY-MM-DD/, _SUCCESS last; may be begun again");
  AddLetterOptions(archive, &archived->letters, 0);
  archive->add_option("--to", archived->to, "The folder")->required()->type_name("DIR");
  AddExamples(archive,
              "  fracas dlq archive -c fracas.yaml --to /srv/archive\n"
              "  fracas dlq archive -c fracas.yaml --to /srv/archive --state resolved --since 30d\n"
              "Rows that a folder has already stay there. Nothing is taken from the topics.");
  archive->callback(
      [parser, archived] { *parser.exit_code = Archive(*archived, *parser.services); });
  auto exported = std::make_shared<ToArguments>();
  exported->to = "-";
  CLI::App* command =
      dlq->add_subcommand("export", "Write them as lines of JSON, with all their bytes");
  AddLetterOptions(command, &exported->letters, 0);
  command->add_option("--to", exported->to, "A new file; -: standard output")
      ->type_name("FILE")
      ->capture_default_str();
  AddExamples(command,
              "  fracas dlq export -c fracas.yaml --code TYPE_MISMATCH --to mismatches.ndjson\n"
              "  fracas dlq export -c fracas.yaml --id C-000042 | jq -r .value");
  command->callback(
      [parser, exported] { *parser.exit_code = Export(*exported, *parser.services); });
}

}  // namespace fracas::cli
