#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

#include "cli/control_session.h"
#include "cli/quarantine_commands.h"
#include "core/text.h"
#include "tools/attempt_records.h"
#include "tools/live_json.h"
#include "tools/patch/specimen_reader.h"
#include "tools/quarantine_import.h"
#include "tools/targets.h"

// `fracas quarantine add|release|import`.

namespace fracas::cli {

namespace {

struct ChangeTargets {
  GroupArguments group;
  ChangeArguments change;
  std::vector<std::string> ids;
  std::vector<std::string> ids_base64;
  std::vector<std::string> records;
  std::vector<std::string> attempts;
  std::string owner;
  std::string expires;
  std::string file;
  uint64_t from_line = 1;
  bool force = false;
};

struct Opened {
  std::unique_ptr<ControlSession> session;
  std::string stream;
};

Result<Opened> OpenStream(const ChangeTargets& arguments, const Services& services) {
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return session.status();
  Result<std::string> stream = (*session)->StreamName(arguments.group.stream);
  if (!stream.ok()) return stream.status();
  return Opened{std::move(*session), std::move(*stream)};
}

std::string TopicsText(const config::Stream& stream) {
  const std::string& pattern = stream.topics_pattern.value;
  if (!pattern.empty()) return Cat("those that match ", pattern);
  std::string text;
  for (const config::Text& topic : stream.topics)
    AppendTo(&text, text.empty() ? "" : ", ", topic.value);
  return text;
}

// The records that made an attempt fail, with a word about those that nobody knows.
Status AddAttempt(const Opened& opened, const std::string& text,
                  std::vector<wire::QuarantineTarget>* targets) {
  Result<tools::AttemptName> attempt = tools::ParseAttempt(text);
  if (!attempt.ok()) return attempt.status();
  Result<Admin*> admin = opened.session->admin();
  if (!admin.ok()) return admin.status();
  Result<std::unique_ptr<LogReader>> reader = opened.session->reader();
  if (!reader.ok()) return reader.status();
  Progress progress("looking for the failures", "offsets");
  Result<tools::AttemptRecords> found = tools::RecordsOfAttempt(
      {.stream = opened.stream,
       .attempt = std::move(*attempt),
       .failures_topic = opened.session->config().topics.failures,
       .reader = reader->get(),
       .admin = *admin,
       .progress = [&](uint64_t done, uint64_t total) { progress.Update(done, total); }});
  if (!found.ok()) return found.status();
  for (const tools::RecordName& record : found->records) {
    targets->push_back({.record = true, .id = state::RecordId(record.source, record.offset)});
  }
  if (found->failed > found->records.size()) {
    PrintHint(
        Cat(text, ": ", found->failed, " failures, ", found->records.size(),
            " records of them are named in events; the others show when the batch is tried again"));
  }
  return {};
}

// A mask of what the stream does not read masks nothing, and one of an offset that is not there yet
// would meet whatever record comes.
Status CheckRecords(const ChangeTargets& arguments, const Opened& opened) {
  const config::Stream* stream = tools::FindStream(opened.session->config(), opened.stream);
  for (const std::string& text : arguments.records) {
    Result<tools::RecordName> record = tools::ParseRecord(text);
    if (!record.ok()) return record.status();
    if (stream != nullptr && !tools::Takes(*stream, record->source.topic)) {
      return Status::Reject(Cat("--record ", text, ": stream ", opened.stream,
                                " does not read topic ", record->source.topic, ", it reads ",
                                TopicsText(*stream)));
    }
    if (arguments.force || arguments.change.dry_run) continue;
    Result<Admin*> admin = opened.session->admin();
    if (!admin.ok()) return admin.status();
    Result<Watermarks> ends = (*admin)->Query(record->source);
    if (!ends.ok()) return ends.status().WithPrefix(Cat("--record ", text, ": "));
    if (record->offset < ends->high) continue;
    return Status::Reject(Cat("--record ", text, ": no such record is there yet, ",
                              ToString(record->source, ends->high),
                              " comes next; --force masks whatever will be written there"));
  }
  return {};
}

Result<std::vector<wire::QuarantineTarget>> TargetsOf(const ChangeTargets& arguments,
                                                      const Opened& opened) {
  std::vector<wire::QuarantineTarget> targets;
  const auto add = [&](const std::vector<std::string>& texts,
                       Result<wire::QuarantineTarget> (*parse)(std::string_view)) -> Status {
    for (const std::string& text : texts) {
      Result<wire::QuarantineTarget> target = parse(text);
      if (!target.ok()) return target.status();
      targets.push_back(std::move(*target));
    }
    return {};
  };
  if (Status s = add(arguments.ids, tools::IdTarget); !s.ok()) return s;
  if (Status s = add(arguments.ids_base64, tools::Base64Target); !s.ok()) return s;
  if (Status s = add(arguments.records, tools::RecordTarget); !s.ok()) return s;
  for (const std::string& attempt : arguments.attempts) {
    if (Status s = AddAttempt(opened, attempt, &targets); !s.ok()) return s;
  }
  if (targets.empty()) {
    return Status::Reject("name what is meant: --id, --id-base64, --record or --from-attempt");
  }
  if (targets.size() <= limits::kCommandTargetsMax) return targets;
  return Status::Reject(
      Cat(targets.size(), " at once are more than the ", limits::kCommandTargetsMax,
          " of one command: `fracas quarantine import` takes lists of any length"));
}

// Gives each target the version of its entry as it is now: whoever changes it before this command is
// applied has it refused. Where that cannot be known the command goes without.
void Look(const Opened& opened, std::vector<wire::QuarantineTarget>* targets) {
  std::vector<state::QuarantineKey> keys;
  for (const wire::QuarantineTarget& target : *targets)
    keys.push_back(tools::KeyOf(opened.stream, target));
  Result<std::vector<tools::QuarantineItem>> found = opened.session->live().Lookup(keys);
  if (!found.ok()) {
    return PrintHint(Cat("what is in quarantine is not known (", found.status().message(),
                         "): an entry that somebody changes meanwhile is released all the same"));
  }
  std::map<state::QuarantineKey, uint64_t> versions;
  for (const tools::QuarantineItem& item : *found) versions[item.key] = item.entry.stamp.version;
  for (size_t i = 0; i < keys.size(); ++i) (*targets)[i].version = versions[keys[i]];
}

Result<int64_t> ExpiresMs(const ChangeTargets& arguments, int64_t now_ms) {
  if (arguments.expires.empty()) return int64_t{0};
  Result<int64_t> ms = tools::ParseDuration(arguments.expires);
  if (!ms.ok()) return ms.status().WithPrefix("--expires: ");
  return now_ms + *ms;
}

int Finish(const ChangeTargets& arguments, const Opened& opened, const wire::Command& command) {
  if (arguments.change.dry_run) {
    PrintDryRun(command);
    return kExitDone;
  }
  Result<wire::JournalEntry> entry = opened.session->Send(command);
  if (!entry.ok()) return Fail(entry.status());
  return PrintEntry(*entry, arguments.group.json());
}

int Add(const ChangeTargets& arguments, const Services& services) {
  Result<Opened> opened = OpenStream(arguments, services);
  if (!opened.ok()) return Fail(opened.status());
  Result<int64_t> expires = ExpiresMs(arguments, opened->session->now_ms());
  if (!expires.ok()) return Fail(expires.status());
  Result<std::vector<wire::QuarantineTarget>> targets = TargetsOf(arguments, *opened);
  if (!targets.ok()) return Fail(targets.status());
  if (Status s = CheckRecords(arguments, *opened); !s.ok()) return Fail(s);
  wire::Command command = opened->session->NewCommand(opened->stream, arguments.change);
  wire::QuarantineAdd add;
  add.targets = std::move(*targets);
  add.owner = arguments.owner;
  add.expires_ms = *expires;
  command.args = std::move(add);
  return Finish(arguments, *opened, command);
}

// --- Release
// --------------------------------------------------------------------------------------------

// Refuses while dead letters that were written under an entry are open: their replays would be
// overtaken by good records of the same id, or forgotten.
Status CheckLetters(const ChangeTargets& arguments, const Opened& opened,
                    const std::vector<wire::QuarantineTarget>& targets) {
  for (const wire::QuarantineTarget& target : targets) {
    Result<uint64_t> open = opened.session->live().OpenLetters(tools::KeyOf(opened.stream, target));
    const std::string name = target.record ? target.id : Cat("id ", target.id);
    if (!open.ok()) {
      return Status::Stop(Cat("whether dead letters of ", name, " are still open is not known: ",
                              open.status().message(), ". --force releases it all the same"));
    }
    if (*open == 0) continue;
    const std::string message =
        Cat(*open, " dead letter", *open == 1 ? "" : "s", " of ", name, *open == 1 ? " is" : " are",
            " still open: once released, newer records of it overtake them");
    if (!arguments.force) {
      return Status::Stop(Cat(message, "; replay or discard them first, or release with --force"));
    }
    PrintHint(message);
  }
  return {};
}

int Release(const ChangeTargets& arguments, const Services& services) {
  Result<Opened> opened = OpenStream(arguments, services);
  if (!opened.ok()) return Fail(opened.status());
  Result<std::vector<wire::QuarantineTarget>> targets = TargetsOf(arguments, *opened);
  if (!targets.ok()) return Fail(targets.status());
  Look(*opened, &*targets);
  if (Status s = CheckLetters(arguments, *opened, *targets); !s.ok()) {
    if (!arguments.force) return Fail(s);
    PrintHint(s.message());
  }
  wire::Command command = opened->session->NewCommand(opened->stream, arguments.change);
  command.args = wire::QuarantineRelease{.targets = std::move(*targets)};
  return Finish(arguments, *opened, command);
}

// --- Import
// ---------------------------------------------------------------------------------------------

// A list that is open, and its size where it has one.
class ListFile {
 public:
  ~ListFile() {
    if (fd_ > STDIN_FILENO) close(fd_);
  }
  Status Open(const std::string& file) {
    fd_ = file == "-" ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) return Status::Reject(Cat(file, ": cannot be read: ", std::strerror(errno)));
    struct stat facts {};
    if (fstat(fd_, &facts) == 0 && S_ISREG(facts.st_mode))
      size_ = static_cast<uint64_t>(facts.st_size);
    return {};
  }
  int fd() const { return fd_; }
  uint64_t size() const { return size_; }

 private:
  int fd_ = -1;
  uint64_t size_ = 0;
};

void PrintImport(const tools::ImportReport& report, const std::string& file, bool json) {
  if (json) {
    std::printf("{\"complete\":%s,\"targets\":%llu,\"through_line\":%llu,\"commands\":%llu}\n",
                report.complete ? "true" : "false", static_cast<unsigned long long>(report.targets),
                static_cast<unsigned long long>(report.through_line),
                static_cast<unsigned long long>(report.commands.applied));
    return;
  }
  std::printf("%s ids and records of %s are in, up to line %s\n",
              WithThousands(report.targets).c_str(), file.c_str(),
              WithThousands(report.through_line).c_str());
}

int Import(const ChangeTargets& arguments, const Services& services) {
  Result<Opened> opened = OpenStream(arguments, services);
  if (!opened.ok()) return Fail(opened.status());
  Result<int64_t> expires = ExpiresMs(arguments, opened->session->now_ms());
  if (!expires.ok()) return Fail(expires.status());
  ListFile list;
  if (Status s = list.Open(arguments.file); !s.ok()) return Fail(s);
  tools::DocumentReader lines(list.fd(), arguments.file, tools::Framing::kLines,
                              8 * limits::kIdBytesMax);
  tools::ImportOptions options;
  options.file = arguments.file;
  options.stream = opened->stream;
  options.who = arguments.change.who.empty() ? services.user : arguments.change.who;
  options.why = arguments.change.why;
  options.owner = arguments.owner;
  options.expires_ms = *expires;
  options.from_line = arguments.from_line;
  options.new_id = services.new_id;
  if (arguments.change.dry_run) {
    Result<tools::ListFacts> facts = tools::CheckList(options, &lines);
    if (!facts.ok()) return Fail(facts.status());
    std::printf("%s ids and records in %s lines, every line is right\n",
                WithThousands(facts->targets).c_str(), WithThousands(facts->lines).c_str());
    PrintHint("--dry-run: nothing was sent");
    return kExitDone;
  }
  Result<std::unique_ptr<tools::CommandClient>> client = opened->session->Client();
  if (!client.ok()) return Fail(client.status());
  Progress progress("importing", "bytes");
  const tools::ImportReport report =
      tools::ImportTargets(options, &lines, client->get(),
                           [&](uint64_t, uint64_t bytes) { progress.Update(bytes, list.size()); });
  PrintImport(report, arguments.file, arguments.group.json());
  return report.complete ? kExitDone : Fail(report.status);
}

// --- Declarations
// ---------------------------------------------------------------------------------------

using RunCommand = int (*)(const ChangeTargets&, const Services&);

CLI::App* Declare(const Parser& parser, CLI::App* parent, const char* name, const char* about,
                  const std::shared_ptr<ChangeTargets>& arguments, RunCommand run) {
  CLI::App* command = parent->add_subcommand(name, about);
  AddGroupOptions(command, &arguments->group, "STREAM or PIPELINE/STREAM")->required();
  AddChangeOptions(command, &arguments->change);
  command->callback(
      [parser, arguments, run] { *parser.exit_code = run(*arguments, *parser.services); });
  return command;
}

void AddTargetOptions(CLI::App* command, ChangeTargets* arguments) {
  command->add_option("--id", arguments->ids, "Business ids, as the records have them")
      ->type_name("ID…");
  command->add_option("--id-base64", arguments->ids_base64, "Ids that are no text, as base64")
      ->type_name("BASE64…");
  command->add_option("--record", arguments->records, "Single records, for those without an id")
      ->type_name("TOPIC/PARTITION/OFFSET…");
}

void AddEntryOptions(CLI::App* command, ChangeTargets* arguments) {
  command->add_option("--owner", arguments->owner, "Who sees to it that they are mended")
      ->type_name("NAME");
  command->add_option("--expires", arguments->expires, "Alerts after so long; releases nothing")
      ->type_name("DURATION");
}

}  // namespace

void AddQuarantineChanges(const Parser& parser, CLI::App* quarantine) {
  auto add_arguments = std::make_shared<ChangeTargets>();
  CLI::App* add = Declare(parser, quarantine, "add", "Mask every copy of an id, or single records",
                          add_arguments, Add);
  AddTargetOptions(add, add_arguments.get());
  add->add_option("--from-attempt", add_arguments->attempts,
                  "The records that made an attempt fail, as far as failure events name them")
      ->type_name("TOPIC/PARTITION/FROM-TO#ATTEMPT…");
  AddEntryOptions(add, add_arguments.get());
  add->add_flag("--force", add_arguments->force, "Also a --record that is not there yet");
  AddExamples(
      add,
      "  fracas quarantine add -c fracas.yaml --stream crm.contacts --id C-000042 --expires 7d "
      "--owner crm-team --why 'wrong tenant'\n"
      "  fracas quarantine add -c fracas.yaml --stream crm.contacts --record "
      "crm.contacts.raw/3/1042 "
      "--why 'no id at all'\n"
      "  fracas quarantine add -c fracas.yaml --stream crm.contacts --from-attempt "
      "'crm.contacts.raw/3/1000-1100#2' --why INC-4711");
  auto release_arguments = std::make_shared<ChangeTargets>();
  CLI::App* release = Declare(parser, quarantine, "release", "End the mask of ids or records",
                              release_arguments, Release);
  AddTargetOptions(release, release_arguments.get());
  release->add_flag("--force", release_arguments->force,
                    "Also while dead letters are open, or when nobody can tell");
  AddExamples(
      release,
      "  fracas quarantine release -c fracas.yaml --stream crm.contacts --id C-000042 --why "
      "'replayed'\n"
      "Refused while dead letters written under the entry are open: replay or discard them first.");
  auto import_arguments = std::make_shared<ChangeTargets>();
  CLI::App* import =
      Declare(parser, quarantine, "import", "Mask a list of any length", import_arguments, Import);
  import
      ->add_option(
          "file", import_arguments->file,
          "An id a line, or {\"id\": …}, {\"id_base64\": …}, {\"record\": …}; - is standard input")
      ->required()
      ->type_name("FILE");
  import->add_option("--from-line", import_arguments->from_line, "Go on here")
      ->check(CLI::Range(uint64_t{1}, uint64_t{UINT64_MAX}))
      ->capture_default_str();
  AddEntryOptions(import, import_arguments.get());
  AddExamples(
      import,
      "  fracas quarantine import ids.txt -c fracas.yaml --stream crm.contacts --why INC-4711\n"
      "  fracas quarantine import ids.txt -c fracas.yaml --stream crm.contacts --why INC-4711 "
      "--from-line 500001\n"
      "What is in already stays as it is: a list may be imported again.");
}

}  // namespace fracas::cli
