#pragma once

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/control_session.h"
#include "tools/letters/letter_reader.h"
#include "tools/letters/selection.h"

// How dead letters are named on the command line, for every command that takes a selection of them.

namespace fracas::cli {

struct LetterArguments {
  GroupArguments group;
  tools::SelectionText selection;
  uint64_t limit = 0;  // 0: all
};

// `-c`, `--output`, `--from-topic`, the places as positional arguments, and every filter. `limit`
// is the default of --limit. The arguments live as long as the parser.
void AddLetterOptions(CLI::App* command, LetterArguments* arguments, uint64_t limit);

// A session with the reader of its selection.
struct OpenedLetters {
  std::unique_ptr<ControlSession> session;
  std::unique_ptr<tools::LetterReader> reader;
  tools::Selection selection;
};
// kReject: configuration or selection cannot be read. Asks nobody yet.
Result<OpenedLetters> OpenLetters(const Services& services, const LetterArguments& arguments);

// What was selected, at most so many as --limit says.
struct FoundLetters {
  std::vector<tools::Letter> letters;
  bool more = false;  // there are more than the limit
};
// In memory: refused above limits::kSelectionMax. `what` is shown as progress ("reading dead
// letters").
Result<FoundLetters> CollectLetters(const OpenedLetters& opened, const LetterArguments& arguments,
                                    tools::LetterReader::Want want);

// On standard error: what was looked at and that nothing matched; that there are more than were
// shown; that topics were scanned although an instance could have been asked.
void HintNothing(const OpenedLetters& opened);
void HintLookedAt(const OpenedLetters& opened, bool more, uint64_t limit);

}  // namespace fracas::cli
