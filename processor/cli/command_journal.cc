#include <cstdio>

#include "cli/control_session.h"
#include "core/text.h"
#include "tools/journal.h"

// `fracas journal`: who did what, and what became of it.

namespace fracas::cli {

namespace {

struct JournalArguments {
  GroupArguments group;
  std::string id;
  std::vector<std::string> types;
  size_t last = 50;
};

void Print(const std::vector<wire::JournalEntry>& entries, bool json) {
  if (json) {
    std::string text;
    for (const wire::JournalEntry& entry : entries) {
      text += text.empty() ? "[" : ",";
      wire::Encode(entry, &text);
    }
    std::printf("%s]\n", text.empty() ? "[" : text.c_str());
    return;
  }
  Table table({"TIME", "WHAT", "STREAM", "WHO", "RESULT", "BECAUSE", "WHY", "ID"});
  for (const wire::JournalEntry& entry : entries) {
    table.Add({TimeText(entry.time_ms), entry.type, entry.stream,
               entry.who.empty() ? "-" : entry.who, entry.applied ? "applied" : "refused",
               entry.because, entry.why.empty() ? "-" : entry.why, entry.id});
  }
  table.Print(stdout);
}

int Journal(const JournalArguments& arguments, const Services& services) {
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return Fail(session.status());
  Progress progress("reading the journal", "entries");
  tools::JournalQuery query;
  query.topic = (*session)->config().topics.journal;
  query.id = arguments.id;
  query.types = arguments.types;
  query.last = arguments.last;
  query.progress = [&](uint64_t done, uint64_t total) { progress.Update(done, total); };
  if (!arguments.group.stream.empty()) {
    Result<std::string> stream = (*session)->StreamName(arguments.group.stream);
    if (!stream.ok()) return Fail(stream.status());
    query.stream = *stream;
  }
  Result<Admin*> admin = (*session)->admin();
  if (!admin.ok()) return Fail(admin.status());
  Result<std::unique_ptr<LogReader>> reader = (*session)->reader();
  if (!reader.ok()) return Fail(reader.status());
  Result<std::vector<wire::JournalEntry>> entries =
      tools::ReadJournal(query, *admin, reader->get());
  if (!entries.ok()) return Fail(entries.status());
  if (entries->empty() && !arguments.id.empty()) {
    return Fail(Status::Stop(Cat("the journal has no entry for command ", arguments.id,
                                 ": nobody has applied "
                                 "or refused it so far")));
  }
  Print(*entries, arguments.group.json());
  return kExitDone;
}

}  // namespace

void AddJournal(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand(
      "journal", "Who did what to which stream, why, and what became of it");
  auto arguments = std::make_shared<JournalArguments>();
  AddGroupOptions(command, &arguments->group, "Only this stream (STREAM or PIPELINE/STREAM)");
  command->add_option("--id", arguments->id, "Only this command")->type_name("ID");
  command
      ->add_option("--type", arguments->types,
                   "Only entries of these types (breaker.reset, tripped …), or all of `breaker`, "
                   "`quarantine`, `ticket` …")
      ->delimiter(',')
      ->type_name("TYPE");
  command->add_option("--last", arguments->last, "The newest so many")->capture_default_str();
  AddExamples(command,
              "  fracas journal -c fracas.yaml --stream crm.contacts\n"
              "  fracas journal -c fracas.yaml --stream crm.contacts --type breaker,tripped\n"
              "  fracas journal -c fracas.yaml --id 4f0c… --output json");
  command->callback(
      [parser, arguments] { *parser.exit_code = Journal(*arguments, *parser.services); });
}

}  // namespace fracas::cli
