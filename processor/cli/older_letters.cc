#include "cli/older_letters.h"

#include <memory>
#include <utility>

#include "cli/terminal.h"
#include "core/text.h"

namespace fracas::cli {

namespace {

// `applied`: so many commands of them, one after the other.
uint64_t LettersOf(const std::vector<size_t>& sizes, uint64_t applied) {
  uint64_t letters = 0;
  for (size_t i = 0; i < sizes.size() && i < applied; ++i) letters += sizes[i];
  return letters;
}

OlderDiscarded SendAll(ControlSession* control, tools::OlderLetters older) {
  Result<std::unique_ptr<tools::CommandClient>> client = control->Client();
  if (!client.ok()) return {.letters = 0, .trouble = std::string(client.status().message())};
  std::vector<size_t> sizes;
  for (const wire::Command& command : older.discards)
    sizes.push_back(std::get<wire::LetterDiscard>(command.args).letters.size());
  const uint64_t commands = older.discards.size();
  Progress progress("discarding older dead letters", "commands");
  const tools::BulkReport report = tools::SendDiscards(
      std::move(older.discards), client->get(),
      [&](const tools::BulkReport& so_far) { progress.Update(so_far.applied, commands); });
  OlderDiscarded done{.letters = LettersOf(sizes, report.settled), .trouble = {}};
  if (!report.trouble.ok()) done.trouble = report.trouble.message();
  if (!report.refused.empty()) done.trouble = report.refused.front().because;
  return done;
}

}  // namespace

OlderDiscarded DiscardOlder(ControlSession* control, const tools::OlderScope& scope,
                            const tools::Lineage& lineage, const std::string& who,
                            tools::LetterReader* letters) {
  if (lineage.size() == 0) return {};
  Result<tools::ReplaysUnderWay> under_way = control->ReadUnderWay();
  if (!under_way.ok()) return {.letters = 0, .trouble = std::string(under_way.status().message())};
  const tools::DiscardOptions options{
      .who = who, .why = {}, .new_id = control->services().new_id};
  Result<tools::OlderLetters> older =
      tools::FindOlder(scope, lineage, *under_way, options, letters);
  if (!older.ok()) return {.letters = 0, .trouble = std::string(older.status().message())};
  if (older->letters == 0) return {};
  return SendAll(control, std::move(*older));
}

void HintOlder(uint64_t letters, const std::string& trouble) {
  if (letters > 0) {
    PrintHint(Cat(WithThousands(letters),
                  letters == 1 ? " older dead letter is" : " older dead letters are",
                  " discarded: a replay failed again, and the newer dead letter stands for the "
                  "record (fracas dlq ls --state discarded)"));
  }
  if (!trouble.empty()) {
    PrintHint(Cat("older dead letters whose replay failed again stay open: ", trouble,
                  "; the next replay of the stream discards them, or `fracas dlq discard` does"));
  }
}

}  // namespace fracas::cli
