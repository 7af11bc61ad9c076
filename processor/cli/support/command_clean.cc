#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/support/clean_options.h"
#include "cli/support/clean_view.h"
#include "cli/support/reinject.h"
#include "core/text.h"
#include "tools/targets.h"

// `data-patcher secure-clean`: mend records, judge them, send them again.

namespace fracas::cli {

namespace {

constexpr uint64_t kCleaned = 1;

// Everything that one run has found and done.
struct CleanRun {
  std::unique_ptr<PatchSession> session;
  std::vector<tools::Specimen> specimens;
  std::vector<CleanedRecord> records;  // parallel
  std::optional<ReinjectTarget> target;
  std::vector<tools::ReplayDraft> drafts;
  std::vector<size_t> draft_of;  // parallel to drafts: which record
  OlderDiscarded older;
};

// Of several letters of one record the newest goes, without the others; one alone is refused.
bool AllMayGo(const std::vector<CleanedRecord>& records) {
  const auto goes = [](const CleanedRecord& record) { return record.may_go(); };
  return std::any_of(records.begin(), records.end(), goes) &&
         std::all_of(records.begin(), records.end(), [&](const CleanedRecord& record) {
           return goes(record) || record.superseded;
         });
}

Status CheckUsage(const CleanArguments& arguments, const tools::Recipe& recipe) {
  if (recipe.empty() && !arguments.edit && arguments.re_inject.empty()) {
    return Status::Reject(
        "say what to do: --remove-chars, --replace-chars, --transcode, --set, --remove, --patch or "
        "--edit; `data-patcher inspect` says what would help");
  }
  if (arguments.re_inject.empty()) return {};
  if (arguments.source.why.empty())
    return Status::Reject("--re-inject wants --why: it goes into the journal and the record");
  return {};
}

Status Prepare(const CleanArguments& arguments, CleanRun* run) {
  Result<tools::FoundSpecimens> found = run->session->Find();
  if (!found.ok()) return found.status();
  if (found->more) {
    return Status::Reject(Cat("more than ", arguments.source.limit,
                              " records are meant, and only so many would be ",
                              "looked at: say how many with --limit, or name fewer"));
  }
  run->specimens = std::move(found->specimens);
  if (!arguments.re_inject.empty()) {
    Result<ReinjectTarget> target = TargetOf(run->session.get(), arguments.re_inject);
    if (!target.ok()) return target.status();
    run->target = std::move(*target);
  }
  for (tools::Specimen& specimen : run->specimens) {
    // What is sent must satisfy the contract of the stream that will judge it.
    if (run->target.has_value()) {
      const std::string judging = config::QualifiedName(*run->target->stream);
      specimen.origin_stream = specimen.stream;
      specimen.redirected = true;
      specimen.stream = judging;
    }
    Result<tools::Judge*> judge = run->session->JudgeOf(specimen);
    if (!judge.ok()) return judge.status();
    if (Status s = CheckTyped(arguments, **judge); !s.ok()) return s;
    if (arguments.edit && !(*judge)->sensitive().empty() && !arguments.source.reveal) {
      return Status::Reject(
          "--edit shows the whole record, and its stream has sensitive values: add --reveal --why "
          "…");
    }
  }
  return run->session->JournalReveal(run->specimens);
}

Status CleanAll(const CleanArguments& arguments, const tools::Recipe& recipe, CleanRun* run) {
  tools::CleanRequest request{.recipe = &recipe,
                              .target = run->target.has_value() ? run->target->stream : nullptr,
                              .may_change_ids = arguments.change_ids,
                              .now_ms = run->session->now_ms()};
  if (arguments.edit) {
    Result<tools::Editor> editor = EditorOf();
    if (!editor.ok()) return editor.status();
    request.edit = [editor = *editor](const std::string& text) {
      return tools::EditText(text, editor);
    };
  }
  for (const tools::Specimen& specimen : run->specimens) {
    CleanedRecord record{.specimen = &specimen};
    tools::Judge* judge = *run->session->JudgeOf(specimen);
    Result<tools::Cleaned> cleaned = tools::Clean(specimen, judge, request);
    if (cleaned.ok()) {
      record.cleaned = std::move(*cleaned);
    } else if (cleaned.status().action() == Action::kReject) {
      record.failed = cleaned.status().message();
    } else {
      return cleaned.status();
    }
    if (run->target.has_value()) {
      Result<Obstacle> obstacle = WhyNot(run->session.get(), specimen, arguments.force);
      if (!obstacle.ok()) return obstacle.status();
      record.superseded = obstacle->superseded;
      if (record.may_go()) record.cleaned->refused = std::move(obstacle->why);
    }
    run->records.push_back(std::move(record));
  }
  return {};
}

void MakeDrafts(const CleanArguments& arguments, CleanRun* run) {
  for (size_t i = 0; i < run->records.size(); ++i) {
    const CleanedRecord& record = run->records[i];
    if (!record.may_go()) continue;
    run->drafts.push_back(tools::MakeDraft(
        {.specimen = record.specimen,
         .stream = run->target->stream,
         .to = {run->target->topic, tools::PartitionFor(*record.specimen, run->target->partitions)},
         .value = record.cleaned->value,
         .ids = record.cleaned->after,
         .business_id = record.cleaned->verdict.business_id,
         .ticket = run->session->services().new_id(),
         .who = run->session->who(),
         .why = arguments.source.why,
         .now_ms = run->session->now_ms()}));
    wire::TicketCreate& ticket = run->drafts.back().ticket;
    if (!arguments.force)
      ticket.instead_of = run->session->TicketSeen(ticket.letter, ticket.letter_offset);
    run->draft_of.push_back(i);
  }
}

// 0600 from the beginning: what was in the record is nobody else's.
Status WriteOut(const CleanArguments& arguments, const CleanRun& run) {
  if (arguments.out.empty()) return {};
  for (const CleanedRecord& record : run.records) {
    if (!record.cleaned.has_value()) return {};  // a part of the result would pass for all of it
  }
  std::string text;
  for (const CleanedRecord& record : run.records) {
    text.append(record.cleaned->value);
    if (run.records.size() > 1 || arguments.source.ndjson) text.push_back('\n');
  }
  if (arguments.out == "-") {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return {};
  }
  const std::string partial = arguments.out + ".partial";
  const int file =
      open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return Status::Stop(Cat(partial, ": ", std::strerror(errno)));
  fchmod(file, 0600);
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = write(file, text.data() + done, text.size() - done);
    if (wrote <= 0) break;
    done += static_cast<size_t>(wrote);
  }
  const bool whole = done == text.size() && fsync(file) == 0;
  if (close(file) != 0 || !whole || rename(partial.c_str(), arguments.out.c_str()) != 0) {
    const Status failed = Status::Stop(Cat(arguments.out, ": ", std::strerror(errno)));
    unlink(partial.c_str());
    return failed;
  }
  return {};
}

bool Agreed(const CleanArguments& arguments, const CleanRun& run,
            const std::vector<std::string>& holding) {
  if (arguments.yes) return true;
  std::string question =
      Cat("Send ", run.drafts.size(), run.drafts.size() == 1 ? " record" : " records", " to ",
          run.target->topic, " as ", run.drafts.size() == 1 ? "a replay" : "replays");
  if (!holding.empty())
    AppendTo(&question, ", and quarantine ", holding.size(), " that hold the stream");
  if (Confirm(Cat(question, "?"))) return true;
  PrintHint("nothing was sent; --yes sends without asking");
  return false;
}

// The exit code.
Result<int> Send(const CleanArguments& arguments, CleanRun* run, std::vector<SentRecord>* sent) {
  Result<int64_t> wait_ms = tools::ParseWait(arguments.wait);
  if (!wait_ms.ok()) return wait_ms.status().WithPrefix("--wait: ");
  const std::string stream = config::QualifiedName(*run->target->stream);
  Result<tools::StreamLive> live = run->session->control()->live().Stream(stream);
  if (!live.ok()) return live.status();
  std::vector<std::string> holding;
  if (!arguments.leave_original) holding = HoldingRecords(*live, run->specimens);
  if (!arguments.source.group.json()) PrintPlan(run->drafts, holding);
  if (arguments.dry_run) {
    PrintHint("--dry-run: nothing was sent");
    return kExitDone;
  }
  if (!Agreed(arguments, *run, holding)) return kExitFailed;
  Result<Reinjected> done = Reinject(run->session.get(), *run->target,
                                     {.topic = run->target->topic,
                                      .who = run->session->who(),
                                      .why = arguments.source.why,
                                      .wait_ms = *wait_ms},
                                     run->drafts, holding);
  if (!done.ok()) return done.status();
  run->older = DiscardOlderOf(run->session.get(), *run->target, run->specimens, *done);
  int code = kExitDone;
  for (size_t i = 0; i < run->drafts.size(); ++i) {
    sent->push_back({run->draft_of[i], &run->drafts[i], done->offsets[i], done->fates[i]});
    const auto kind = done->fates[i].kind;
    const bool failed =
        kind == tools::ReplayFate::Kind::kDeadLettered || kind == tools::ReplayFate::Kind::kHeld;
    if (failed) code = kExitFindings;
    if (arguments.source.group.json()) continue;
    if (*wait_ms == 0 && kind == tools::ReplayFate::Kind::kWaiting) {
      PrintNotAwaited(sent->back(), arguments.source.group.config_file);
    } else {
      PrintFate(sent->back(), arguments.source.group.config_file, stream);
    }
  }
  return code;
}

int Clean(const CleanArguments& arguments, const Services& services) {
  Result<tools::Recipe> recipe = RecipeOf(arguments);
  if (!recipe.ok()) return Fail(recipe.status());
  if (Status s = CheckUsage(arguments, *recipe); !s.ok()) return Fail(s);
  CleanRun run;
  Result<std::unique_ptr<PatchSession>> session = PatchSession::Open(services, arguments.source);
  if (!session.ok()) return Fail(session.status());
  run.session = std::move(*session);
  if (Status s = Prepare(arguments, &run); !s.ok()) return Fail(s);
  if (Status s = CleanAll(arguments, *recipe, &run); !s.ok()) return Fail(s);
  const bool json = arguments.source.group.json();
  const bool all_pass = AllMayGo(run.records);
  for (const CleanedRecord& record : run.records) {
    if (!json) PrintCleaned(record, arguments.out == "-" ? stderr : stdout);
  }
  if (Status s = WriteOut(arguments, run); !s.ok()) return Fail(s);
  std::vector<SentRecord> sent;
  int code = all_pass ? kExitDone : kExitFindings;
  if (run.target.has_value() && all_pass) {
    MakeDrafts(arguments, &run);
    Result<int> done = Send(arguments, &run, &sent);
    if (!done.ok()) return Fail(done.status());
    code = *done;
    HintOlder(run.older.letters, run.older.trouble);
  } else if (run.target.has_value()) {
    PrintError("nothing was sent: a record still fails, or must not be sent");
  }
  if (json && arguments.out != "-") {
    std::printf("%s\n", CleanJson(run.records, sent, run.older.letters).c_str());
  }
  return code;
}

}  // namespace

void AddSecureClean(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand(
      "secure-clean", "Mend a record, show what changes, judge it, and send it again as a replay");
  auto arguments = std::make_shared<CleanArguments>();
  AddSourceOptions(command, &arguments->source, kCleaned);
  AddCleanOptions(command, arguments.get());
  AddExamples(
      command,
      "  data-patcher secure-clean crm.raw/0/1042 -c fracas.yaml --remove-chars '\\x1F' \\\n"
      "      --re-inject crm.raw --why 'ticket 4711'\n"
      "  data-patcher secure-clean crm.raw.dlq/0/17 -c fracas.yaml --set /loyaltyPoints=41 "
      "--dry-run\n"
      "  data-patcher secure-clean -c fracas.yaml --code UNPRINTABLE_CHARS --limit 200 "
      "--remove-chars control \\\n"
      "      --re-inject crm.raw --why 'release 7.2 sent bells' --yes\n"
      "  data-patcher secure-clean bad.json --contract c.schema.json --transcode cp1252 --out "
      "good.json\n"
      "Exit code 3 when a record still fails or came back; nothing is sent unless all of them "
      "pass.");
  command->callback(
      [parser, arguments] { *parser.exit_code = Clean(*arguments, *parser.services); });
}

}  // namespace fracas::cli
