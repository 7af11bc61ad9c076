#include "cli/support/patch_session.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <set>
#include <utility>

#include "config/find_stream.h"
#include "core/limits_tools.h"
#include "core/text.h"
#include "tools/inspect/mend.h"
#include "tools/patch/sources.h"

namespace fracas::cli {

namespace {

bool Narrows(const tools::SelectionText& text) {
  return !text.topics.empty() || !text.codes.empty() || !text.mode.empty() || !text.id.empty() ||
         !text.id_base64.empty() || !text.records.empty() || !text.since.empty() ||
         !text.until.empty() || !text.error.empty() || !text.system.empty();
}

// They and their mended copies are in memory until all of them are judged.
std::string InMemory(const std::string& text) {
  uint64_t limit = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, limit);
  const bool number = read.ec == std::errc() && read.ptr == end;
  if (number && limit >= 1 && limit <= limits::kPatchRecordsMax) return "";
  return Cat("a number from 1 to ", limits::kPatchRecordsMax, ", not '", text,
             "': more are taken in parts, by --since and --until, --code, or a range "
             "TOPIC/PARTITION/FROM-TO");
}

// What has no dead letter may have been sent again at any time.
int64_t BeginOf(const std::vector<tools::Specimen>& specimens) {
  int64_t begin_ms = INT64_MAX;
  for (const tools::Specimen& each : specimens) {
    const bool ours = each.letter.has_value() && each.letter->ours.has_value();
    begin_ms = std::min(begin_ms, ours ? each.letter->judged_ms : 0);
  }
  return specimens.empty() ? 0 : begin_ms;
}

}  // namespace

void AddSourceOptions(CLI::App* command, SourceArguments* arguments, uint64_t limit) {
  arguments->limit = limit;
  tools::SelectionText& text = arguments->selection;
  command
      ->add_option(
          "source", arguments->source,
          "topic/partition/offset (of a dead letter or of the record itself), a range of dead "
          "letters "
          "topic/partition/from-to, a file, or - ; none: dead letters by the filters below")
      ->type_name("SOURCE");
  AddConfigFile(command, &arguments->group.config_file);
  AddOutput(command, &arguments->group.output);
  AddFromTopic(command, &arguments->group);
  command->add_option("--stream", text.stream, "Only of this stream; of a file: whose rules hold")
      ->type_name("STREAM");
  command
      ->add_option("--contract", arguments->contract,
                   "Of a file: a JSON Schema instead of a stream's rules")
      ->type_name("FILE");
  command->add_flag("--ndjson", arguments->ndjson, "Of a file: one record a line");
  command->add_option("--code", text.codes, "Only with this failure code")
      ->type_name("CODE")
      ->allow_extra_args(false);
  command
      ->add_option("--mode", text.mode,
                   "Only of this failure mode: its fingerprint, or how it begins")
      ->type_name("HEX");
  command->add_option("--id", text.id, "Only of this business id")->type_name("ID");
  command->add_option("--topic", text.topics, "A dead-letter topic, also of another system")
      ->type_name("TOPIC")
      ->allow_extra_args(false);
  command->add_option("--since", text.since, "Judged then or later: a time, or how long ago (2h)")
      ->type_name("TIME");
  command->add_option("--until", text.until, "Judged before")->type_name("TIME");
  command->add_option("--state", text.state, "open, resolved, discarded, expired or all")
      ->type_name("STATE")
      ->capture_default_str();
  command->add_option("--limit", arguments->limit, "At most so many")
      ->capture_default_str()
      ->check(InMemory);
  command->add_flag("--reveal", arguments->reveal,
                    "Show sensitive values; who and why goes into the journal");
  command->add_option("--why,--reason", arguments->why, "Why: it is kept in the journal")
      ->type_name("TEXT");
  command->add_option("--who", arguments->who, "Who, instead of you on this machine")
      ->type_name("NAME");
}

Result<std::unique_ptr<PatchSession>> PatchSession::Open(const Services& services,
                                                         const SourceArguments& arguments) {
  std::unique_ptr<PatchSession> session(new PatchSession(services, arguments));
  const std::string& source = arguments.source;
  const bool file = source == "-" || (!source.empty() && access(source.c_str(), F_OK) == 0);
  session->on_kafka_ = !file && (source.empty() || tools::ParseOffsetRange(source).ok());
  if (!arguments.group.config_file.empty()) {
    if (!arguments.contract.empty())
      return Status::Reject("--contract stands for -c FILE: give one of them");
    Result<std::unique_ptr<ControlSession>> control =
        ControlSession::Open(services, arguments.group);
    if (!control.ok()) return control.status();
    session->control_ = std::move(*control);
  } else if (session->on_kafka_) {
    return Status::Reject(source.empty()
                              ? "SOURCE is missing: topic/partition/offset, a file or -"
                              : Cat(source, " is no file; to read it from Kafka give -c FILE"));
  }
  if (session->on_kafka_) {
    const tools::SelectionText& text = arguments.selection;
    if (source.empty() && !Narrows(text) && text.stream.empty()) {
      return Status::Reject(
          "say which records: SOURCE, or --stream, --code, --mode, --id, --since …");
    }
    return session;
  }
  if (session->control_ == nullptr) return session;
  // Of a file the configuration gives the rules: of the one stream, or the one that is named.
  Result<std::string> stream = session->control_->StreamName(arguments.selection.stream);
  if (!stream.ok()) return stream.status();
  session->file_stream_ = std::move(*stream);
  return session;
}

tools::LetterPorts PatchSession::Ports() {
  tools::LetterPorts ports;
  ports.get = services_.http_get;
  ports.clock = services_.clock;
  ports.admin = [this] { return control_->admin(); };
  ports.reader = [this] { return control_->reader(); };
  return ports;
}

Result<tools::FoundSpecimens> PatchSession::FindOnKafka() {
  tools::SelectionText text = arguments_.selection;
  if (!arguments_.source.empty()) {
    text.places.push_back(arguments_.source);
    text.state = "all";  // who names a place means what lies there
  }
  Result<tools::Selection> selection = tools::ParseSelection(text, control_->config(), now_ms());
  if (!selection.ok()) return selection.status();
  tools::LetterPorts ports = Ports();
  Progress progress("reading dead letters", "offsets");
  ports.progress = [&](uint64_t done, uint64_t total) { progress.Update(done, total); };
  tools::SpecimenReader reader(control_->config(), std::move(ports), arguments_.group.from_topic);
  Result<tools::FoundSpecimens> found = reader.Read(*selection, arguments_.limit);
  if (!found.ok() || !found->specimens.empty()) return found;
  return Status::Stop(
      Cat("no ", selection->Describe(), " among ", found->looked_at,
          selection->state.has_value() ? "; --state all looks at all of them" : ""));
}

Result<tools::FoundSpecimens> PatchSession::Find() {
  if (on_kafka_) {
    Result<tools::FoundSpecimens> found = FindOnKafka();
    if (found.ok()) since_ms_ = BeginOf(found->specimens);
    return found;
  }
  Result<tools::FoundSpecimens> found = tools::ReadFiles({.path = arguments_.source,
                                                          .lines = arguments_.ndjson,
                                                          .stream = file_stream_,
                                                          .limit = arguments_.limit,
                                                          .standard_input = STDIN_FILENO});
  if (found.ok() && found->specimens.empty())
    return Status::Stop(Cat(arguments_.source, " holds no record"));
  return found;
}

Result<tools::Judge*> PatchSession::JudgeOf(const tools::Specimen& specimen) {
  const tools::Streams sources = control_ == nullptr
                                     ? tools::Streams()
                                     : tools::SourcesOf(control_->config(), specimen);
  std::unique_ptr<tools::Judge>& judge = judges_[{specimen.stream, sources}];
  if (judge != nullptr) return judge.get();
  const config::Stream* stream =
      control_ == nullptr ? nullptr : tools::FindStream(control_->config(), specimen.stream);
  const bool reveal = arguments_.reveal;
  Result<std::unique_ptr<tools::Judge>> made =
      stream != nullptr              ? tools::Judge::OfStream(*stream, reveal, sources)
      : !arguments_.contract.empty() ? tools::Judge::OfContract(arguments_.contract)
                                     : tools::Judge::OfForm(reveal, sources);
  if (!made.ok()) return made.status();
  judge = std::move(*made);
  return judge.get();
}

tools::Streams PatchSession::HidingSources(const tools::Specimen& specimen) const {
  if (control_ == nullptr || arguments_.reveal) return {};
  return tools::SourcesOf(control_->config(), specimen);
}

Status PatchSession::JournalReveal(const std::vector<tools::Specimen>& specimens) {
  if (!arguments_.reveal) return {};
  if (arguments_.why.empty())
    return Status::Reject("--reveal wants --why: who looks at sensitive values says what for");
  if (control_ == nullptr) return {};  // without a configuration nothing is hidden
  std::map<std::string, std::vector<const tools::Specimen*>> by_stream;
  for (const tools::Specimen& each : specimens) {
    std::set<std::string> streams = {each.stream};
    for (const config::Stream* source : tools::SourcesOf(control_->config(), each))
      streams.insert(config::QualifiedName(*source));
    for (const std::string& stream : streams) by_stream[stream].push_back(&each);
  }
  for (const auto& [stream, records] : by_stream) {
    const config::Stream* known = tools::FindStream(control_->config(), stream);
    if (known == nullptr || known->sensitive.empty()) continue;
    std::string what = Cat("revealed sensitive values of ", records.front()->name);
    if (records.size() > 1) AppendTo(&what, " and ", records.size() - 1, " more");
    wire::Command note = control_->NewCommand(
        stream, {.why = Cat(what, ": ", arguments_.why), .who = arguments_.who});
    note.args = wire::Note{};
    Result<wire::JournalEntry> entry = control_->Send(std::move(note));
    if (!entry.ok()) {
      return Status(
          entry.status().action(),
          Cat("nothing is revealed that is not journalled first: ", entry.status().message()));
    }
    if (!entry->applied)
      return Status::Stop(
          Cat("nothing is revealed, the journal refused the note: ", entry->because));
  }
  return {};
}

Result<const state::Ticket*> PatchSession::UnderWay(const tools::Specimen& specimen) {
  if (!under_way_.has_value()) {
    Progress progress("looking for replays under way", "offsets");
    Result<tools::ReplaysUnderWay> read = control_->ReadUnderWay(
        [&](uint64_t done, uint64_t total) { progress.Update(done, total); });
    if (!read.ok()) return read.status();
    under_way_ = std::move(*read);
  }
  tools::LetterReader reader = Letters();
  if (specimen.source_offset != kNoOffset)
    return under_way_->Of(specimen.source, specimen.source_offset, &reader);
  if (!specimen.letter.has_value()) return nullptr;
  return under_way_->Of(specimen.letter->topic, specimen.letter->offset, &reader);
}

tools::LetterReader PatchSession::Letters() {
  return {control_->config(), Ports(), arguments_.group.from_topic};
}

Result<const tools::NewerLetter*> PatchSession::NewerOf(const tools::Specimen& specimen) {
  if (specimen.source_offset == kNoOffset) return nullptr;
  if (!lineage_read_) {
    tools::Selection since;
    since.since_ms = since_ms_;
    tools::LetterReader reader = Letters();
    if (Status s = lineage_.Read(since, &reader); !s.ok()) return s;
    lineage_read_ = true;
  }
  return lineage_.NewestOf(specimen.source, specimen.source_offset);
}

std::string ContextOptions(const SourceArguments& arguments) {
  std::string text;
  const auto add = [&](std::string_view option, const std::string& value) {
    if (!value.empty()) AppendTo(&text, " ", option, " ", tools::ShellQuoted(value));
  };
  add("-c", arguments.group.config_file);
  add("--contract", arguments.contract);
  add("--stream", arguments.selection.stream);
  return text;
}

void PrintWindow(const tools::Window& window, std::string_view indent) {
  const std::string line(indent);
  std::printf("%s%s\n", line.c_str(), window.text.c_str());
  const std::string marks(std::max<size_t>(1, std::min<size_t>(window.mark_size, 80)), '^');
  std::printf("%s%s%s\n", line.c_str(), std::string(window.mark_begin, ' ').c_str(),
              Styled(stdout, Style::kBad, marks).c_str());
}

}  // namespace fracas::cli
