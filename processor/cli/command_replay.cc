#include <cstdio>
#include <memory>

#include "cli/older_letters.h"
#include "cli/support/replay_session.h"
#include "core/text.h"
#include "tools/replay/report.h"

// `fracas replay SELECTION --to TOPIC`.

namespace fracas::cli {

namespace {

struct Line {
  uint64_t count;
  std::string what;
};

std::string Records(uint64_t count) {
  return Cat(WithThousands(count), count == 1 ? " record" : " records");
}

// What was read and not sent, by why.
void PrintRest(const tools::ReplayCounts& counts, const std::string& to) {
  const Line lines[] = {
      {counts.filtered, "not selected"},
      {counts.parked, "replayed too often already: parked (--max-replays)"},
      {counts.left_out, "do not carry their record's bytes"},
      {counts.elsewhere, Cat("came from another topic than ", to, " (--any-origin)")},
      {counts.rewritten,
       "may not be what their record had, byte for byte (fracas dlq show says why; --rewritten)"},
      {counts.superseded,
       "whose replay failed again: the newer dead letter stands for both"},
      {counts.under_way, "that somebody else replays at the moment (--force)"}};
  for (const Line& line : lines) {
    if (line.count == 0) continue;
    std::printf("  not sent: %s %s\n", WithThousands(line.count).c_str(), line.what.c_str());
  }
}

// Nothing of what was read may be sent, or nothing was there to be read.
void HintNothing(const tools::ReplayPlan& plan, const tools::ReplayCounts& counts) {
  PrintHint(counts.read == 0
                ? Cat("nothing matched: no ", plan.job.selection)
                : Cat("nothing matched among ", Records(counts.read), " of ", plan.job.selection));
  if (plan.letters && plan.selection.state == tools::LetterState::kOpen)
    PrintHint("`fracas dlq ls` shows which dead letters are open");
}

// Who replays what was left out, and what to do about it.
void HintUnderWay(const ReplaySession& session, const tools::ReplayCounts& counts) {
  if (counts.under_way == 0) return;
  PrintHint(Cat("not sent: ", WithThousands(counts.under_way),
                counts.under_way == 1 ? " dead letter" : " dead letters", "; ",
                session.under_way().empty()
                    ? "somebody else replayed them. What of them is open still a --job of its own sends"
                    : session.under_way()));
}

// What is about to happen, on standard error: standard output is the report's.
void PrintPlan(const ReplaySession& session) {
  const tools::ReplayPlan& plan = session.plan();
  const tools::ReplayJob& job = plan.job;
  std::string text =
      Cat("job ", job.name, ": ", job.selection, "\n  ", WithThousands(job.Remaining()),
          " offsets of ", job.ranges.size(), job.ranges.size() == 1 ? " range" : " ranges", " to ",
          job.to, plan.stream == nullptr ? "" : ", which ",
          plan.stream == nullptr ? "" : config::QualifiedName(*plan.stream),
          plan.stream == nullptr ? "" : " reads", "\n");
  if (plan.stream == nullptr)
    AppendTo(&text, "  ", plan.unjudged, ": nobody judges what is sent\n");
  if (session.known()) {
    AppendTo(&text, "  it is ", tools::Name(job.state), ", ", WithThousands(job.counts.sent),
             " sent so far", job.reason.empty() ? "" : "; it stopped: ", job.reason, "\n");
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
}

// Why some of what was sent is not judged, and what helps.
void HintWaiting(const ReplaySession& session, const tools::ReplayReport& report) {
  if (!report.watched || report.settled || report.waiting == 0) return;
  const config::Stream& stream = *session.plan().stream;
  const std::string waiting = Cat(Records(report.waiting), " of what was sent");
  if (report.red_since_ms == 0) {
    PrintHint(Cat("nobody has judged ", waiting,
                  " yet; does `fracas run` run, and does it keep up?"));
    return;
  }
  PrintHint(Cat(config::QualifiedName(stream), " is RED since ", TimeText(report.red_since_ms),
                report.red_reason.empty() ? "" : Cat(" (", report.red_reason, ")"), ": ", waiting,
                report.waiting == 1 ? " is" : " are",
                " judged when it flows again: data-patcher resume-pipeline -c ",
                session.config_file(), " --pipeline ", stream.pipeline, " --stream ", stream.id,
                " --why '…'"));
}

void PrintReport(const tools::ReplayReport& report) {
  const tools::ReplayJob& job = report.job;
  const bool done = job.state == tools::JobState::kDone;
  std::printf("job %s %s%s%s\n", job.name.c_str(),
              Styled(stdout, done ? Style::kGood : Style::kWarning, tools::Name(job.state)).c_str(),
              job.reason.empty() ? "" : ": ", job.reason.c_str());
  std::printf("  %s read, %s sent (%s)\n", Records(job.counts.read).c_str(),
              WithThousands(job.counts.sent).c_str(), BytesText(job.counts.bytes).c_str());
  PrintRest(job.counts, job.to);
  if (report.watched) {
    std::printf(
        "  of what was sent: %s published, %s failed again, %s parked, %s masked%s\n",
        WithThousands(report.published()).c_str(), WithThousands(report.fates.failed_again).c_str(),
        WithThousands(report.fates.parked).c_str(), WithThousands(report.fates.masked).c_str(),
        report.waiting == 0 ? ""
                            : Cat("; not judged yet: ", WithThousands(report.waiting)).c_str());
  }
  if (!done) {
    PrintHint(Cat(WithThousands(job.Remaining()),
                  " offsets are left: the same command goes on there, nothing is sent twice"));
  }
  if (report.fates.failed_again + report.fates.parked > 0)
    PrintHint("`fracas dlq show` says why they failed again");
}

void PrintDryRun(const tools::ReplayPlan& plan, const tools::DryRun& dry) {
  std::printf("job %s: %s\n", plan.job.name.c_str(), plan.job.selection.c_str());
  std::printf("  %s read, %s would be sent to %s (%s)\n", Records(dry.counts.read).c_str(),
              WithThousands(dry.counts.sent).c_str(), plan.job.to.c_str(),
              BytesText(dry.counts.bytes).c_str());
  PrintRest(dry.counts, plan.job.to);
  if (dry.would_fail.value_or(0) > 0) {
    std::printf("  %s of them would fail again, by the contract of %s as it is here\n",
                WithThousands(*dry.would_fail).c_str(),
                config::QualifiedName(*plan.stream).c_str());
  }
  if (dry.samples.empty()) return;
  Table table({"RECORD", "TIME", "BYTES", "CODE", "REPLAYED"});
  for (const tools::ReplaySample& sample : dry.samples) {
    table.Add({ToString(sample.place, sample.offset), TimeText(sample.timestamp_ms),
               WithThousands(sample.bytes), sample.code.empty() ? "-" : sample.code,
               Cat(sample.count)});
  }
  table.Print(stdout);
}

int DryRun(ReplaySession* session, bool json) {
  Result<tools::DryRun> dry = session->Try();
  if (!dry.ok()) return Fail(dry.status());
  if (json) {
    std::printf("%s\n", tools::ToJson(session->plan(), *dry).c_str());
  } else {
    PrintDryRun(session->plan(), *dry);
  }
  if (dry->counts.sent == 0) HintNothing(session->plan(), dry->counts);
  HintUnderWay(*session, dry->counts);
  PrintHint("--dry-run: nothing was sent");
  return dry->counts.sent == 0 ? kExitFailed : kExitDone;
}

int Finish(const ReplaySession& session, const tools::ReplayReport& report, bool json) {
  if (json) {
    std::printf("%s\n", tools::ToJson(report).c_str());
  } else {
    PrintReport(report);
  }
  HintUnderWay(session, report.job.counts);
  HintWaiting(session, report);
  HintOlder(report.older_discarded, report.older_trouble);
  if (session.done()) {
    PrintHint(Cat("it was done before, ", TimeText(report.job.updated_ms),
                  ", and nothing new matches since: to send the same once more give it a --job of "
                  "its own"));
  }
  if (report.job.state == tools::JobState::kDone && report.job.counts.sent == 0) {
    HintNothing(session.plan(), report.job.counts);
    return kExitFailed;
  }
  return report.clean() ? kExitDone : kExitFindings;
}

int Send(ReplaySession* session, uint64_t limit, bool json) {
  Result<tools::ReplayReport> report = session->Run(limit);
  if (report.ok()) return Finish(*session, *report, json);
  const int code = Fail(report.status());
  if (report.status().action() != Action::kReject) {
    PrintHint(Cat("job ", session->plan().job.name,
                  " is where its last commit was: the same command goes on there"));
  }
  return code;
}

// Counts first, so that the question is about what is really sent, and no more than that is.
int AskAndSend(ReplaySession* session, bool json) {
  if (!CanAsk()) {
    return Fail(Status::Reject(
        "nobody can be asked here, nothing was sent: look with --dry-run, then give --yes"));
  }
  Result<tools::DryRun> dry = session->Try();
  if (!dry.ok()) return Fail(dry.status());
  const uint64_t count = dry->counts.sent;
  if (count == 0) {
    HintNothing(session->plan(), dry->counts);
    HintUnderWay(*session, dry->counts);
    return kExitFailed;
  }
  if (!json) PrintDryRun(session->plan(), *dry);
  if (!Confirm(Cat("Send ", Records(count), " to ", session->plan().job.to, "?"))) {
    PrintError("nothing was sent: answer yes, or give --yes");
    return kExitFailed;
  }
  return Send(session, count, json);
}

int Replay(const ReplayArguments& arguments, const Services& services) {
  Result<std::unique_ptr<ReplaySession>> opened = ReplaySession::Open(services, arguments);
  if (!opened.ok()) return Fail(opened.status());
  ReplaySession& session = **opened;
  const bool json = arguments.group.json();
  if (session.plan().job.ranges.empty()) {
    HintNothing(session.plan(), {});
    return kExitFailed;
  }
  if (arguments.change.dry_run) return DryRun(&session, json);
  if (Status green = session.CheckGreen(); !green.ok()) return Fail(green);
  if (!json && !session.done()) PrintPlan(session);
  if (arguments.yes || session.done()) return Send(&session, arguments.policy.limit, json);
  return AskAndSend(&session, json);
}

}  // namespace

void AddReplay(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand(
      "replay", "Send dead letters or records of topics again: exactly once, and counted");
  auto arguments = std::make_shared<ReplayArguments>();
  AddReplayOptions(command, arguments.get());
  AddExamples(
      command,
      "  fracas replay -c fracas.yaml --code TYPE_MISMATCH --to crm.contacts.raw --why INC-42 "
      "--dry-run\n"
      "  fracas replay -c fracas.yaml --quarantine C-1042 --to crm.contacts.raw --why 'mended, "
      "INC-42'\n"
      "  fracas replay -c fracas.yaml crm.archive --since 2026-01-30T00:00:00Z --until "
      "2026-01-31T00:00:00Z\n"
      "      --to crm.contacts.raw --rate 2000/s --rate 5MiB/s --job backfill-30 --why backfill "
      "--yes\n"
      "  fracas replay -c fracas.yaml crm.contacts.raw/3/1000-2000 --already-published\n"
      "      --to crm.contacts.raw --why 'the reader lost them'\n"
      "  fracas replay -c fracas.yaml --topic connect-dlq --to crm.contacts.raw --why 'sink "
      "mended'\n"
      "A job that was killed goes on exactly where its last commit was with the same command; two "
      "at "
      "once do not\nsend twice. Exit code 0: all of it was sent, and published where a stream "
      "reads "
      "it; 1: it failed, or nothing\nmatched; 3: it stopped by itself, or some of it failed "
      "again.");
  command->callback(
      [parser, arguments] { *parser.exit_code = Replay(*arguments, *parser.services); });
}

}  // namespace fracas::cli
