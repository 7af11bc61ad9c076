#include <cstdio>

#include "cli/control_session.h"
#include "cli/quarantine_commands.h"
#include "cli/support/letter_options.h"
#include "core/text.h"
#include "tools/live_json.h"
#include "tools/quarantine_archive.h"
#include "tools/targets.h"

// `fracas quarantine ls|archive`.

namespace fracas::cli {

namespace {

struct ListArguments {
  GroupArguments group;
  std::vector<std::string> ids;
  std::vector<std::string> ids_base64;
  std::vector<std::string> records;
  bool expired = false;
  uint64_t limit = 100;
  std::string to;
};

Result<std::vector<state::QuarantineKey>> KeysOf(const ListArguments& arguments, const std::string& stream) {
  std::vector<state::QuarantineKey> keys;
  const auto add = [&](const std::vector<std::string>& texts,
                       Result<wire::QuarantineTarget> (*parse)(std::string_view)) -> Status {
    for (const std::string& text : texts) {
      Result<wire::QuarantineTarget> target = parse(text);
      if (!target.ok()) return target.status();
      keys.push_back(tools::KeyOf(stream, *target));
    }
    return {};
  };
  if (Status s = add(arguments.ids, tools::IdTarget); !s.ok()) return s;
  if (Status s = add(arguments.ids_base64, tools::Base64Target); !s.ok()) return s;
  if (Status s = add(arguments.records, tools::RecordTarget); !s.ok()) return s;
  return keys;
}

Result<std::string> StreamOrAll(const ControlSession& session, const std::string& stream) {
  if (stream.empty()) return std::string();
  return session.StreamName(stream);
}

std::vector<std::string> RowOf(const tools::QuarantineItem& item, int64_t now_ms) {
  const state::QuarantineEntry& entry = item.entry;
  std::string expires = TimeText(entry.expires_ms);
  if (entry.expires_ms > 0 && entry.expires_ms <= now_ms) expires += " (past)";
  return {item.key.stream,
          item.key.scope == state::QuarantineScope::kRecord ? "record" : "id",
          item.key.id,
          entry.code == Code::kNone ? "-" : std::string(Info(entry.code).name),
          TimeText(entry.since_ms),
          expires,
          entry.owner.empty() ? "-" : entry.owner,
          entry.who,
          entry.reason};
}

// Collects what is asked for; more than the limit is told of.
Status Collect(const ListArguments& arguments, const std::string& stream, ControlSession* session,
               std::vector<tools::QuarantineItem>* items, bool* more) {
  Result<std::vector<state::QuarantineKey>> keys = KeysOf(arguments, stream);
  if (!keys.ok()) return keys.status();
  if (!keys->empty()) {
    Result<std::vector<tools::QuarantineItem>> found = session->live().Lookup(*keys);
    if (!found.ok()) return found.status();
    *items = std::move(*found);
    return {};
  }
  const tools::LiveReader::QuarantineQuery query{.stream = stream, .expired = arguments.expired};
  return session->live().Quarantine(query, [&](const tools::QuarantineItem& item) {
    *more = arguments.limit > 0 && items->size() == arguments.limit;
    if (!*more) items->push_back(item);
    return !*more;
  });
}

int List(const ListArguments& arguments, const Services& services) {
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return Fail(session.status());
  Result<std::string> stream = StreamOrAll(**session, arguments.group.stream);
  if (!stream.ok()) return Fail(stream.status());
  std::vector<tools::QuarantineItem> items;
  bool more = false;
  if (Status s = Collect(arguments, *stream, session->get(), &items, &more); !s.ok()) return Fail(s);
  if (arguments.group.json()) {
    std::printf("%s\n", tools::ToJson(tools::QuarantinePage{.items = std::move(items), .next = ""}).c_str());
  } else if (items.empty()) {
    std::printf("nothing is quarantined%s\n", arguments.group.stream.empty() ? "" : " as asked for");
  } else {
    Table table({"STREAM", "WHAT", "ID", "CODE", "SINCE", "EXPIRES", "OWNER", "WHO", "WHY"});
    for (const tools::QuarantineItem& item : items) table.Add(RowOf(item, (*session)->now_ms()));
    table.Print(stdout);
  }
  if (more) PrintHint(Cat("there are more: --limit shows so many (0: all), --id asks for one"));
  (*session)->HintSource();
  return kExitDone;
}

// The records that the quarantine masks and nobody has replayed or discarded yet.
Status ArchiveRows(const ListArguments& arguments, const Services& services, tools::ArchiveWriter* writer) {
  LetterArguments letters;
  letters.group = arguments.group;
  letters.selection.stream = arguments.group.stream;
  letters.selection.codes = {std::string(Info(Code::kQuarantined).name),
                             std::string(Info(Code::kPoisonRecord).name)};
  Result<OpenedLetters> opened = OpenLetters(services, letters);
  if (!opened.ok()) return opened.status();
  Status written;
  Status read = opened->reader->Visit(opened->selection, tools::LetterReader::Want::kBytes,
                                      [&](const tools::Letter& letter) {
                                        if (letter.loaded) written = writer->AddLetter(letter);
                                        return written.ok();
                                      });
  return written.ok() ? read : written;
}

int Archive(const ListArguments& arguments, const Services& services) {
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return Fail(session.status());
  Result<std::string> stream = StreamOrAll(**session, arguments.group.stream);
  if (!stream.ok()) return Fail(stream.status());
  tools::ArchiveWriter writer((*session)->config(), arguments.to);
  Progress progress("archiving", "entries");
  Status written;
  Status read = (*session)->live().Quarantine(
      {.stream = *stream, .expired = arguments.expired}, [&](const tools::QuarantineItem& item) {
        written = writer.Add(item);
        progress.Update(writer.entries(), 0);
        return written.ok();
      });
  if (!read.ok()) return Fail(read);
  if (written.ok()) written = ArchiveRows(arguments, services, &writer);
  if (written.ok()) written = writer.Finish();
  if (!written.ok()) return Fail(written);
  if (arguments.group.json()) {
    std::printf("{\"entries\":%llu,\"rows\":%llu,\"folders\":%llu}\n",
                static_cast<unsigned long long>(writer.entries()),
                static_cast<unsigned long long>(writer.rows()),
                static_cast<unsigned long long>(writer.folders()));
  } else {
    std::printf("%s entries and %s masked records in %llu folders under %s/_quarantine\n",
                WithThousands(writer.entries()).c_str(), WithThousands(writer.rows()).c_str(),
                static_cast<unsigned long long>(writer.folders()), arguments.to.c_str());
  }
  (*session)->HintSource();
  return kExitDone;
}

void AddArchive(const Parser& parser, CLI::App* quarantine) {
  auto arguments = std::make_shared<ListArguments>();
  CLI::App* command = quarantine->add_subcommand(
      "archive", "Write entries and masked records to DIR/_quarantine/<dataset>/dt=YYYY-MM-DD/<code>/");
  AddGroupOptions(command, &arguments->group, "Only this stream");
  AddFromTopic(command, &arguments->group);
  command->add_option("--to", arguments->to, "The folder")->required()->type_name("DIR");
  command->add_flag("--expired", arguments->expired, "Only entries that are past their time");
  AddExamples(command, "  fracas quarantine archive -c fracas.yaml --to /srv/archive\n"
                       "It ends nothing: entries stay until they are released.");
  command->callback([parser, arguments] { *parser.exit_code = Archive(*arguments, *parser.services); });
}

}  // namespace

void AddQuarantine(const Parser& parser) {
  CLI::App* quarantine = parser.app->add_subcommand(
      "quarantine", "Ids and records that are masked: written to the dead letters instead of published");
  quarantine->require_subcommand(1);
  auto arguments = std::make_shared<ListArguments>();
  CLI::App* ls = quarantine->add_subcommand("ls", "What is quarantined, by whom, why, until when");
  AddGroupOptions(ls, &arguments->group, "Only this stream");
  AddFromTopic(ls, &arguments->group);
  CLI::Option* stream = ls->get_option("--stream");
  ls->add_option("--id", arguments->ids, "Only these business ids")->needs(stream)->type_name("ID…");
  ls->add_option("--id-base64", arguments->ids_base64, "Ids that are no text, as base64")
      ->needs(stream)
      ->type_name("BASE64…");
  ls->add_option("--record", arguments->records, "Only these records")
      ->needs(stream)
      ->type_name("TOPIC/PARTITION/OFFSET…");
  ls->add_flag("--expired", arguments->expired, "Only what is past its time");
  ls->add_option("--limit", arguments->limit, "At most so many; 0: all")->capture_default_str();
  AddExamples(ls, "  fracas quarantine ls -c fracas.yaml --stream crm.contacts\n"
                  "  fracas quarantine ls -c fracas.yaml --stream crm.contacts --id C-000042 --output json");
  ls->callback([parser, arguments] { *parser.exit_code = List(*arguments, *parser.services); });
  AddQuarantineChanges(parser, quarantine);
  AddArchive(parser, quarantine);
}

}  // namespace fracas::cli
