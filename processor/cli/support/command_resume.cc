#include <cstdio>

#include "cli/support/resume.h"
#include "core/text.h"
#include "tools/live_json.h"
#include "tools/next_step.h"
#include "tools/targets.h"

// `data-patcher resume-pipeline`: from a stopped stream to a verified recovery, in one command.

namespace fracas::cli {

namespace {

struct ResumeArguments {
  VerifyArguments verify;
  ChangeArguments change;
  std::string contract;
  std::string timeout = "10m";
  bool yes = false;
};

// Everything that was done, for --output json.
struct Story {
  std::vector<Stopped> stopped;
  std::vector<Trial> trials;
  std::vector<VerifiedStream> verified;
  std::vector<wire::JournalEntry> notes;
};

std::string EntryJson(const wire::JournalEntry& entry) {
  std::string text;
  wire::Encode(entry, &text);
  return text;
}

std::string StoryJson(const ResumeArguments& arguments, const Story& story, bool verified) {
  std::string text = Cat("{\"v\":\"1.0\",\"pipeline\":\"", arguments.verify.pipeline,
                         "\",\"verified\":", verified ? "true" : "false", ",\"stopped\":[");
  for (const Stopped& stopped : story.stopped) {
    AppendTo(&text, text.back() == '[' ? "" : ",", "{\"stream\":\"", stopped.live.stream,
             "\",\"breaker\":", tools::ToJson(stopped.live.breaker), ",\"contract_then\":\"",
             stopped.contract_then, "\",\"contract_now\":\"", stopped.contract_now,
             "\",\"quarantined_since\":", stopped.quarantined, "}");
  }
  text += "],\"trials\":[";
  for (const Trial& trial : story.trials) {
    AppendTo(&text, text.back() == '[' ? "" : ",", "{\"stream\":\"", trial.stream,
             "\",\"reset\":", trial.reset.has_value() ? EntryJson(*trial.reset) : "null",
             ",\"breaker\":", tools::ToJson(trial.breaker), "}");
  }
  AppendTo(&text, "],\"verification\":", VerificationJson(story.verified), ",\"notes\":[");
  for (const wire::JournalEntry& note : story.notes) {
    AppendTo(&text, text.back() == '[' ? "" : ",", EntryJson(note));
  }
  return text + "]}";
}

// True: go on.
bool Agreed(const ResumeArguments& arguments, const Story& story) {
  if (arguments.yes) return true;
  uint64_t offsets = 0;
  size_t ranges = 0;
  for (const Stopped& stopped : story.stopped) {
    for (const state::PendingRange& range : stopped.live.breaker.pending) {
      offsets += static_cast<uint64_t>(range.to - range.from);
      ++ranges;
    }
  }
  return Confirm(Cat("Try ", story.stopped.size(),
                     story.stopped.size() == 1 ? " stream" : " streams", " again (", ranges,
                     ranges == 1 ? " range, " : " ranges, ", WithThousands(offsets), " offsets)?"));
}

void PrintTrial(const Trial& trial, const std::string& config_file, int64_t now_ms) {
  if (trial.green()) {
    std::printf("%s is %s: every range passed\n", trial.stream.c_str(),
                Styled(stdout, Style::kGood, "GREEN").c_str());
    return;
  }
  std::printf("%s is %s again: %s\n", trial.stream.c_str(),
              Styled(stdout, Style::kBad, "RED").c_str(), Clean(trial.breaker.reason).c_str());
  tools::StreamLive live;
  live.stream = trial.stream;
  live.breaker = trial.breaker;
  for (const tools::NextStep& step : tools::NextSteps(live, config_file, now_ms)) {
    if (!step.command.empty()) std::printf("  %s\n", Clean(step.command).c_str());
    std::printf("      %s\n", Clean(step.because).c_str());
  }
}

Status FindStopped(const ResumeArguments& arguments, const std::vector<std::string>& names,
                   ControlSession* session, Story* story) {
  for (const std::string& name : names) {
    Result<Stopped> stopped = Examine(session, arguments.verify.group, name);
    if (!stopped.ok()) return stopped.status();
    if (stopped->live.breaker.state == state::BreakerState::kGreen) continue;
    if (!arguments.verify.group.json()) PrintStopped(*stopped, session->now_ms());
    story->stopped.push_back(std::move(*stopped));
  }
  return {};
}

// The exit code; kExitDone: all of them flow.
Result<int> TryStopped(const ResumeArguments& arguments, ControlSession* session, Story* story) {
  Result<int64_t> timeout = tools::ParseDuration(arguments.timeout);
  if (!timeout.ok()) return timeout.status();
  const ResumePlan plan{arguments.change, arguments.contract, *timeout};
  int code = kExitDone;
  for (const Stopped& stopped : story->stopped) {
    Result<Trial> trial = TryAgain(session, stopped, plan);
    if (!trial.ok()) return trial.status();
    if (!trial->green()) code = kExitFindings;
    if (!arguments.verify.group.json()) {
      PrintTrial(*trial, arguments.verify.group.config_file, session->now_ms());
    }
    story->trials.push_back(std::move(*trial));
  }
  return code;
}

Status VerifyAndNote(const ResumeArguments& arguments, const std::vector<std::string>& names,
                     ControlSession* session, Story* story) {
  Result<std::vector<VerifiedStream>> verified = VerifyStreams(session, arguments.verify, names);
  if (!verified.ok()) return verified.status();
  story->verified = std::move(*verified);
  for (const VerifiedStream& stream : story->verified) {
    if (!arguments.verify.group.json()) {
      PrintVerification(stream, arguments.verify.group.config_file);
    }
    Result<wire::JournalEntry> note = WriteNote(session, stream, arguments.change);
    if (!note.ok()) return note.status();
    story->notes.push_back(std::move(*note));
  }
  return {};
}

int Resume(const ResumeArguments& arguments, const Services& services) {
  const GroupArguments& group = arguments.verify.group;
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, group);
  if (!session.ok()) return Fail(session.status());
  Result<std::vector<std::string>> names =
      StreamsOf(**session, arguments.verify.pipeline, group.stream);
  if (!names.ok()) return Fail(names.status());
  Story story;
  if (Status s = FindStopped(arguments, *names, session->get(), &story); !s.ok()) return Fail(s);
  if (story.stopped.empty() && !group.json()) {
    std::printf("nothing of %s is stopped; verifying it\n", arguments.verify.pipeline.c_str());
  }
  if (arguments.change.dry_run) {
    if (group.json()) std::printf("%s\n", StoryJson(arguments, story, false).c_str());
    PrintHint("--dry-run: nothing was sent");
    return kExitDone;
  }
  if (!story.stopped.empty() && !Agreed(arguments, story)) {
    return Fail(
        Status::Reject("not confirmed, nothing was done (--yes where nobody can be asked)"));
  }
  Result<int> tried = TryStopped(arguments, session->get(), &story);
  if (!tried.ok()) return Fail(tried.status());
  if (*tried == kExitDone) {
    if (Status s = VerifyAndNote(arguments, *names, session->get(), &story); !s.ok())
      return Fail(s);
  }
  const bool verified = *tried == kExitDone && AllVerified(story.verified);
  if (group.json()) std::printf("%s\n", StoryJson(arguments, story, verified).c_str());
  return verified ? kExitDone : kExitFindings;
}

}  // namespace

void AddResumePipeline(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand(
      "resume-pipeline", "Try what is stopped again, wait for the trial, verify the recovery");
  auto arguments = std::make_shared<ResumeArguments>();
  arguments->verify.wait = "2m";
  arguments->change.why = "resumed with resume-pipeline";
  AddGroupOptions(command, &arguments->verify.group, "Only this stream of the pipeline");
  AddFromTopic(command, &arguments->verify.group);
  command->add_option("--pipeline", arguments->verify.pipeline, "The pipeline whose streams go on")
      ->required()
      ->type_name("PIPELINE");
  command->add_option("--why,--reason", arguments->change.why, "Why: it is kept in the journal")
      ->type_name("TEXT");
  command->add_option("--who", arguments->change.who, "Who, instead of you on this machine")
      ->type_name("NAME");
  command->add_flag("--dry-run", arguments->change.dry_run, "Show what is stopped; change nothing");
  command->add_flag("--yes", arguments->yes, "Do not ask");
  command
      ->add_option("--contract", arguments->contract,
                   "SHA-256 of the contract to try, or any; default: the configuration's, which "
                   "instances read again")
      ->type_name("SHA");
  command->add_option("--timeout", arguments->timeout, "How long a trial may take")
      ->capture_default_str()
      ->type_name("DURATION");
  command->add_option("--wait", arguments->verify.wait, "How long to wait for the five ticks")
      ->capture_default_str()
      ->type_name("DURATION");
  AddExamples(
      command,
      "  data-patcher resume-pipeline -c fracas.yaml --pipeline standard_ingest --dry-run\n"
      "  data-patcher resume-pipeline -c fracas.yaml --pipeline standard_ingest "
      "--stream crm.contacts --why 'INC-42: contract corrected'\n"
      "  data-patcher resume-pipeline -c fracas.yaml --pipeline standard_ingest --yes "
      "--output json\n"
      "Exit code 0 only when everything flows and is verified; 3 when a trial failed or a tick "
      "is missing.\nThe journal keeps a note of it (`fracas journal`).");
  command->callback(
      [parser, arguments] { *parser.exit_code = Resume(*arguments, *parser.services); });
}

}  // namespace fracas::cli
