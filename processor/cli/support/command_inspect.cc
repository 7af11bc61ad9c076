#include <cstdio>
#include <set>

#include "cli/support/inspect_view.h"
#include "cli/support/letter_view.h"
#include "cli/support/patch_session.h"
#include "core/limits_tools.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "tools/inspect/report.h"

// `data-patcher inspect`: what is wrong with a record, and where.

namespace fracas::cli {

namespace {

constexpr uint64_t kInspected = 5;

std::string IdText(const std::optional<std::string>& id) {
  return id.has_value() ? tools::OneLine(*id, 60) : "-";
}

Status AddLiveFacts(PatchSession* session, tools::RecordReport* report) {
  if (!session->on_kafka() || report->specimen.stream.empty()) return {};
  ControlSession& control = *session->control();
  const tools::Specimen& specimen = report->specimen;
  std::vector<state::QuarantineKey> keys;
  if (specimen.source_offset != kNoOffset) {
    keys.push_back({specimen.stream, state::QuarantineScope::kRecord,
                    state::RecordId(specimen.source, specimen.source_offset)});
  }
  const config::Stream* stream = tools::FindStream(control.config(), specimen.stream);
  if (stream != nullptr && specimen.value.has_value()) {
    const tools::RecordIds ids = tools::FindIds(
        stream, {.document = *specimen.value, .key = specimen.key, .headers = &specimen.headers});
    if (ids.business_id.has_value() && !ids.business_id->empty()) {
      keys.push_back({specimen.stream, state::QuarantineScope::kId, *ids.business_id});
    }
  }
  if (!keys.empty()) {
    Result<std::vector<tools::QuarantineItem>> items = control.live().Lookup(keys);
    if (!items.ok()) return items.status();
    report->quarantine = std::move(*items);
  }
  std::set<std::string> fingerprints;
  for (const tools::Trouble& trouble : report->inspection.troubles) {
    if (!trouble.fingerprint.empty()) fingerprints.insert(trouble.fingerprint);
  }
  if (fingerprints.empty()) return {};
  Result<Admin*> admin = control.admin();
  if (!admin.ok()) return admin.status();
  Result<std::unique_ptr<LogReader>> reader = control.reader();
  if (!reader.ok()) return reader.status();
  Progress progress("counting failures of this mode", "events");
  Result<std::map<std::string, tools::ModeCount>> modes = tools::CountModes(
      {.failures_topic = control.config().topics.failures,
       .stream = specimen.stream,
       .fingerprints = std::move(fingerprints),
       .reader = reader->get(),
       .admin = *admin,
       .progress = [&](uint64_t done, uint64_t total) { progress.Update(done, total); }});
  if (!modes.ok()) return modes.status();
  report->modes = std::move(*modes);
  return {};
}

void PrintOrigin(const tools::Specimen& specimen) {
  std::string what;
  if (specimen.letter.has_value()) {
    const tools::Letter& letter = *specimen.letter;
    const bool ours = !letter.code_name.empty();
    what = Cat("dead letter", letter.Source().empty() ? "" : Cat(" of ", letter.Source()), ", ",
               tools::Name(letter.state));
    AppendTo(&what, letter.judged_ms > 0 ? Cat(" since ", TimeText(letter.judged_ms)) : "");
    AppendTo(&what, ours ? Cat(", ", letter.code_name)
                         : Cat(", by ", formats::Title(letter.origin.system)));
  } else if (specimen.from_kafka()) {
    what = "a record of a source topic; it is no dead letter";
  }
  std::printf("%s%s%s\n", Styled(stdout, Style::kBold, Shown(specimen.name)).c_str(),
              what.empty() ? "" : "  ", Shown(what).c_str());
  if (!specimen.letter.has_value()) return;
  for (const std::string& note : specimen.letter->origin.notes)
    std::printf("  note             %s\n", Shown(note).c_str());
}

void PrintFacts(const tools::RecordReport& report) {
  const tools::Specimen& specimen = report.specimen;
  const auto row = [](const char* name, const std::string& value) {
    std::printf("  %-16s %s\n", name, Shown(value).c_str());
  };
  if (specimen.letter.has_value() && !specimen.letter->ours.has_value()) {
    const std::string& component = specimen.letter->origin.component;
    row("came from", OriginText(*specimen.letter));
    if (!component.empty()) row("given up by", component);
    row("why", WhyText(*specimen.letter));
  }
  if (!specimen.stream.empty()) {
    row("stream",
        Cat(specimen.stream,
            report.contract.empty() ? "" : Cat(", contract ", report.contract.substr(0, 12))));
  }
  row("message id", IdText(report.inspection.ids.message_id));
  row("idempotency key", IdText(report.inspection.ids.idempotency_key));
  row("business id", IdText(report.inspection.ids.business_id));
  if (specimen.from_kafka() || specimen.letter.has_value()) {
    row("replayed", specimen.replay_count == 0 ? "never" : Cat(specimen.replay_count, " times"));
  }
  if (specimen.timestamp_ms != kNoTime) row("record's time", TimeText(specimen.timestamp_ms));
  for (const tools::QuarantineItem& item : report.quarantine) {
    const bool record = item.key.scope == state::QuarantineScope::kRecord;
    row("in quarantine",
        Cat(record ? "this record" : "its business id", " since ", TimeText(item.entry.since_ms),
            item.entry.who.empty() ? "" : Cat(" by ", item.entry.who),
            item.entry.reason.empty() ? "" : Cat(": ", item.entry.reason)));
  }
  if (report.quarantine.empty() && !specimen.stream.empty() && specimen.from_kafka())
    row("in quarantine", "no");
}

void PrintReport(const tools::RecordReport& report) {
  PrintOrigin(report.specimen);
  PrintFacts(report);
  PrintFindings(report);
}

// The id stands in more places than the record.
void HideFacts(const tools::Judge& judge, const tools::Streams& sources,
               tools::RecordReport* report) {
  const config::Stream* stream = judge.stream();
  if (report->specimen.letter.has_value())
    tools::HideSensitive(stream, sources, &*report->specimen.letter);
  if (!tools::HidesBusinessId(stream)) return;
  for (tools::QuarantineItem& item : report->quarantine) {
    if (item.key.scope == state::QuarantineScope::kId) item.key.id = tools::kHiddenMark;
  }
}

Result<tools::RecordReport> ReportOf(PatchSession* session, const SourceArguments& arguments,
                                     tools::Specimen specimen) {
  Result<tools::Judge*> judge = session->JudgeOf(specimen);
  if (!judge.ok()) return judge.status();
  tools::RecordReport report;
  report.inspection = tools::Inspect(specimen, *judge, session->now_ms());
  report.specimen = std::move(specimen);
  if ((*judge)->has_schema() || (*judge)->stream() != nullptr)
    report.contract = (*judge)->contract_sha256();
  report.mend_command = MendCommand(arguments, report);
  if (Status s = AddLiveFacts(session, &report); !s.ok()) return s;
  HideFacts(**judge, session->HidingSources(report.specimen), &report);
  return report;
}

int Inspect(const SourceArguments& arguments, const Services& services) {
  Result<std::unique_ptr<PatchSession>> session = PatchSession::Open(services, arguments);
  if (!session.ok()) return Fail(session.status());
  Result<tools::FoundSpecimens> found = (*session)->Find();
  if (!found.ok()) return Fail(found.status());
  if (Status s = (*session)->JournalReveal(found->specimens); !s.ok()) return Fail(s);
  bool passes = true;
  std::string json = "{\"v\":\"1.0\",\"records\":[";
  for (tools::Specimen& specimen : found->specimens) {
    Result<tools::RecordReport> report = ReportOf(session->get(), arguments, std::move(specimen));
    if (!report.ok()) return Fail(report.status());
    passes = passes && report->inspection.passes;
    if (arguments.group.json()) {
      AppendTo(&json, json.back() == '[' ? "" : ",", tools::ToJson(*report));
    } else {
      if (json.back() != '[') std::printf("\n");
      PrintReport(*report);
      json.push_back('.');
    }
  }
  if (arguments.group.json())
    std::printf("%s],\"more\":%s}\n", json.c_str(), found->more ? "true" : "false");
  if (found->more)
    PrintHint(Cat("there are more than ", arguments.limit, ": --limit shows so many"));
  return passes ? kExitDone : kExitFindings;
}

}  // namespace

void AddInspect(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand(
      "inspect",
      "What is wrong with a record, and where: line, column, byte, character; and what mends it");
  auto arguments = std::make_shared<SourceArguments>();
  AddSourceOptions(command, arguments.get(), kInspected);
  AddExamples(
      command,
      "  data-patcher inspect crm.raw/0/1042 -c fracas.yaml\n"
      "  data-patcher inspect crm.raw.dlq/0/17 -c fracas.yaml --reveal --why 'ticket 4711'\n"
      "  data-patcher inspect -c fracas.yaml --stream crm.contacts --code UNPRINTABLE_CHARS "
      "--since 1h\n"
      "  data-patcher inspect record.json --contract contacts.schema.json\n"
      "  kcat … | data-patcher inspect - -c fracas.yaml --stream crm.contacts --output json\n"
      "Exit code 3 when a record fails. Sensitive values are hidden unless --reveal.");
  command->callback(
      [parser, arguments] { *parser.exit_code = Inspect(*arguments, *parser.services); });
}

}  // namespace fracas::cli
