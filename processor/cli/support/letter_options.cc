#include "cli/support/letter_options.h"

#include <utility>

#include "core/limits_tools.h"
#include "core/text.h"

namespace fracas::cli {

void AddLetterOptions(CLI::App* command, LetterArguments* arguments, uint64_t limit) {
  tools::SelectionText& text = arguments->selection;
  arguments->limit = limit;
  AddGroupOptions(command, &arguments->group, "");
  AddFromTopic(command, &arguments->group);
  command
      ->add_option("place", text.places,
                   "Where letters lie: topic/partition/offset, /from-to, or all of it")
      ->type_name("PLACE…");
  command->add_option("--topic", text.topics, "A dead-letter topic, also of another system")
      ->type_name("TOPIC…");
  command->add_option("--stream", text.stream, "Only of this stream")->type_name("STREAM");
  command->add_option("--code", text.codes, "Only with these failure codes, by name or number")
      ->type_name("CODE…");
  command
      ->add_option("--mode", text.mode,
                   "Only of this failure mode: its fingerprint, or how it begins")
      ->type_name("HEX");
  command->add_option("--id", text.id, "Only of this business id")->type_name("ID");
  command->add_option("--id-base64", text.id_base64, "An id that is no text")->type_name("BASE64");
  command->add_option("--record", text.records, "Only of these source records")
      ->type_name("TOPIC/PARTITION/OFFSET…");
  command->add_option("--since", text.since, "Judged then or later: a time, or how long ago (2h)")
      ->type_name("TIME");
  command->add_option("--until", text.until, "Judged before")->type_name("TIME");
  command->add_option("--error", text.error, "Only with this in the error's class or message")
      ->type_name("TEXT");
  command
      ->add_option("--system", text.system,
                   "Only written by: fracas, connect, spring, spring_retry, streams, "
                   "share_group, confluent_rules, unknown")
      ->type_name("SYSTEM");
  command->add_option("--state", text.state, "open, resolved, discarded, expired or all")
      ->type_name("STATE")
      ->capture_default_str();
  command->add_option("--limit", arguments->limit, "At most so many; 0: all")
      ->capture_default_str();
}

Result<OpenedLetters> OpenLetters(const Services& services, const LetterArguments& arguments) {
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return session.status();
  OpenedLetters opened;
  opened.session = std::move(*session);
  Result<tools::Selection> selection = tools::ParseSelection(
      arguments.selection, opened.session->config(), opened.session->now_ms());
  if (!selection.ok()) return selection.status();
  opened.selection = std::move(*selection);
  tools::LetterPorts ports;
  ports.get = services.http_get;
  ports.clock = services.clock;
  ports.admin = [raw = opened.session.get()] { return raw->admin(); };
  ports.reader = [raw = opened.session.get()] { return raw->reader(); };
  auto progress = std::make_shared<std::unique_ptr<Progress>>();
  ports.progress = [progress](uint64_t done, uint64_t total) {
    if (*progress == nullptr)
      *progress = std::make_unique<Progress>("reading dead letters", "offsets");
    (*progress)->Update(done, total);
    if (done + 1 >= total) progress->reset();
  };
  opened.reader = std::make_unique<tools::LetterReader>(opened.session->config(), std::move(ports),
                                                        arguments.group.from_topic);
  return opened;
}

Result<FoundLetters> CollectLetters(const OpenedLetters& opened, const LetterArguments& arguments,
                                    tools::LetterReader::Want want) {
  FoundLetters found;
  bool too_many = false;
  const Status status =
      opened.reader->Visit(opened.selection, want, [&](const tools::Letter& letter) {
        found.more = arguments.limit > 0 && found.letters.size() == arguments.limit;
        too_many = found.letters.size() == limits::kSelectionMax;
        if (!found.more && !too_many) found.letters.push_back(letter);
        return !found.more && !too_many;
      });
  if (!status.ok()) return status;
  if (too_many && !found.more) {
    return Status::Reject(Cat("more than ", WithThousands(limits::kSelectionMax), " ",
                              opened.selection.Describe(),
                              ": ask for less, by --code, --since or --limit"));
  }
  return found;
}

void HintNothing(const OpenedLetters& opened) {
  PrintHint(Cat("no ", opened.selection.Describe(), " among ", opened.reader->looked().Text()));
  if (opened.reader->looked().gone > 0) {
    PrintHint(
        Cat(opened.reader->looked().gone, " matched, and retention has taken them meanwhile"));
  }
  if (opened.selection.state.has_value())
    PrintHint("--state all looks at resolved and discarded ones too");
}

void HintLookedAt(const OpenedLetters& opened, bool more, uint64_t limit) {
  if (more) PrintHint(Cat("there are more than ", limit, ": --limit shows so many (0: all)"));
  const tools::LookedAt& looked = opened.reader->looked();
  if (!looked.why_scan.empty()) {
    PrintHint(Cat("read from the topics (", looked.why_scan,
                  "): ids and expired letters are known to a running "
                  "instance only"));
  }
}

}  // namespace fracas::cli
