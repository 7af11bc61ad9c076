#include <algorithm>
#include <cstdio>

#include "cli/control_session.h"
#include "cli/support/contract_choice.h"
#include "core/text.h"
#include "tools/live_json.h"
#include "tools/next_step.h"
#include "tools/targets.h"

// `fracas breaker ls|trip|reset|divert-end`.

namespace fracas::cli {

namespace {

using state::BreakerState;

struct BreakerArguments {
  GroupArguments group;
  ChangeArguments change;
  bool planned = false;
  std::string until;
  std::string contract;
  bool reload = false;
  std::vector<std::string> divert;
  std::string divert_for;
  bool wait = false;
  std::string timeout = "10m";
};

int List(const BreakerArguments& arguments, const Services& services) {
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return Fail(session.status());
  Result<tools::LiveState> live = (*session)->live().Streams();
  if (!live.ok()) return Fail(live.status());
  if (arguments.group.json()) {
    std::string text = "[";
    for (const tools::StreamLive& stream : live->streams) {
      std::string breaker = tools::ToJson(stream.breaker);
      AppendTo(&text, text.size() == 1 ? "" : ",", "{\"stream\":\"", stream.stream, "\",",
               breaker.substr(1));
    }
    std::printf("%s]\n", text.c_str());
    return kExitDone;
  }
  Table table({"STREAM", "STATE", "SINCE", "BY", "CODE", "WAITING", "VERSION", "WHY"});
  for (const tools::StreamLive& stream : live->streams) {
    const state::Breaker& breaker = stream.breaker;
    table.Add({stream.stream, std::string(state::Name(breaker.state)), TimeText(breaker.since_ms),
               breaker.who.empty() ? "-" : breaker.who,
               breaker.cause == Code::kNone ? "-" : std::string(Info(breaker.cause).name),
               Cat(breaker.pending.size()), Cat(breaker.stamp.version), breaker.reason});
  }
  table.Print(stdout);
  (*session)->HintSource();
  return kExitDone;
}

// The stream and the version that a command was decided by.
struct Target {
  std::unique_ptr<ControlSession> session;
  tools::StreamLive stream;
};

Result<Target> OpenTarget(const BreakerArguments& arguments, const Services& services) {
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return session.status();
  Result<std::string> name = (*session)->StreamName(arguments.group.stream);
  if (!name.ok()) return name.status();
  Result<tools::StreamLive> stream = (*session)->live().Stream(*name);
  if (!stream.ok()) return stream.status();
  return Target{std::move(*session), std::move(*stream)};
}

wire::Command CommandFor(const Target& target, const BreakerArguments& arguments,
                         wire::CommandArgs args) {
  wire::Command command = target.session->NewCommand(target.stream.stream, arguments.change);
  command.expected_version = target.stream.breaker.stamp.version;
  command.args = std::move(args);
  return command;
}

int SendAndPrint(const Target& target, const BreakerArguments& arguments,
                 const wire::Command& command) {
  if (arguments.change.dry_run) {
    PrintDryRun(command);
    return kExitDone;
  }
  Result<wire::JournalEntry> entry = target.session->Send(command);
  if (!entry.ok()) return Fail(entry.status());
  return PrintEntry(*entry, arguments.group.json());
}

int Trip(const BreakerArguments& arguments, const Services& services) {
  wire::BreakerTrip trip{.planned = arguments.planned};
  if (!arguments.until.empty()) {
    Result<int64_t> until = tools::ParseTime(arguments.until);
    if (!until.ok()) return Fail(until.status());
    if (*until <= services.clock->WallMs()) {
      return Fail(Status::Reject(Cat("--until ", arguments.until, " has passed")));
    }
    trip.planned_until_ms = *until;
  }
  Result<Target> target = OpenTarget(arguments, services);
  if (!target.ok()) return Fail(target.status());
  return SendAndPrint(*target, arguments, CommandFor(*target, arguments, trip));
}

int EndDiversion(const BreakerArguments& arguments, const Services& services) {
  Result<Target> target = OpenTarget(arguments, services);
  if (!target.ok()) return Fail(target.status());
  return SendAndPrint(*target, arguments, CommandFor(*target, arguments, wire::DivertEnd{}));
}

// --- Reset
// ----------------------------------------------------------------------------------------------

Result<wire::BreakerReset> ResetOf(const BreakerArguments& arguments, const Target& target) {
  wire::BreakerReset reset;
  reset.reload = arguments.reload;
  Result<std::string> contract = ContractToTry(
      target.session->config(), target.stream, {arguments.contract, arguments.reload});
  if (!contract.ok()) return contract.status();
  reset.contract = std::move(*contract);
  for (const std::string& name : arguments.divert) {
    const CodeInfo* info = FindCode(name);
    if (info == nullptr) {
      return Status::Reject(
          Cat("--divert ", name, ": no such failure code; `fracas codes` lists them"));
    }
    reset.divert.push_back(info->code);
  }
  std::sort(reset.divert.begin(), reset.divert.end());
  reset.divert.erase(std::unique(reset.divert.begin(), reset.divert.end()), reset.divert.end());
  if (arguments.divert_for.empty()) return reset;
  Result<int64_t> ms = tools::ParseDuration(arguments.divert_for);
  if (!ms.ok()) return ms.status();
  reset.divert_for_ms = *ms;
  return reset;
}

void SayWhatIsTried(const Target& target, const wire::BreakerReset& reset) {
  const state::Breaker& breaker = target.stream.breaker;
  std::fprintf(
      stderr, "%s is %s; with contract %s:\n", target.stream.stream.c_str(),
      std::string(state::Name(breaker.state)).c_str(),
      reset.contract.empty() ? "(whichever is loaded)" : reset.contract.substr(0, 12).c_str());
  if (breaker.pending.empty()) std::fprintf(stderr, "  nothing waits: it flows at once\n");
  for (const state::PendingRange& range : breaker.pending) {
    std::fprintf(stderr, "  %s is tried as attempt %d\n", tools::RangeName(range).c_str(),
                 range.attempt + 1);
  }
  if (reset.reload) {
    std::fprintf(stderr, "  instances that have another contract read theirs again\n");
  }
  if (reset.divert.empty()) return;
  std::string codes;
  for (const Code code : reset.divert) AppendTo(&codes, codes.empty() ? "" : ", ", Info(code).name);
  std::fprintf(stderr, "  %s become dead letters instead of holding it\n", codes.c_str());
}

// What the trial came to. Exit code 3: RED again.
int WaitForTrial(tools::BreakerWatch* watch, const wire::JournalEntry& entry, int64_t ms,
                 bool json) {
  Progress progress("being tried", "ms");
  Result<std::optional<state::Breaker>> seen = watch->Wait(
      entry.version, ms,
      [](const state::Breaker& breaker) { return breaker.state != BreakerState::kProbe; },
      [&](int64_t elapsed_ms, const state::Breaker*) {
        progress.Update(static_cast<uint64_t>(elapsed_ms), 0);
      });
  if (!seen.ok()) return Fail(seen.status());
  if (!seen->has_value()) {
    return Fail(Status::Stop(
        Cat("still being tried after ", DurationText(ms),
            ": does an instance own each partition and have the contract loaded? `fracas "
            "status` shows what waits")));
  }
  const state::Breaker& breaker = **seen;
  const bool green = breaker.state == BreakerState::kGreen;
  if (json) {
    std::string text = "{\"journal\":";
    wire::Encode(entry, &text);
    std::printf("%s,\"breaker\":%s}\n", text.c_str(), tools::ToJson(breaker).c_str());
  } else if (green) {
    std::printf("%s: every range passed\n", Styled(stdout, Style::kGood, "GREEN").c_str());
  } else {
    std::printf("%s again: %s\n", Styled(stdout, Style::kBad, "RED").c_str(),
                Clean(breaker.reason).c_str());
  }
  return green ? kExitDone : kExitFindings;
}

int Reset(const BreakerArguments& arguments, const Services& services) {
  Result<int64_t> timeout = tools::ParseDuration(arguments.timeout);
  if (!timeout.ok()) return Fail(timeout.status());
  Result<Target> target = OpenTarget(arguments, services);
  if (!target.ok()) return Fail(target.status());
  Result<wire::BreakerReset> reset = ResetOf(arguments, *target);
  if (!reset.ok()) return Fail(reset.status());
  const wire::Command command = CommandFor(*target, arguments, *reset);
  if (!arguments.group.json()) SayWhatIsTried(*target, *reset);
  if (!arguments.wait || arguments.change.dry_run) return SendAndPrint(*target, arguments, command);
  Result<std::unique_ptr<tools::BreakerWatch>> watch =
      target->session->Watch(target->stream.stream);
  if (!watch.ok()) return Fail(watch.status());
  Result<wire::JournalEntry> entry = target->session->Send(command);
  if (!entry.ok()) return Fail(entry.status());
  if (!entry->applied) return PrintEntry(*entry, arguments.group.json());
  if (!arguments.group.json()) PrintEntry(*entry, false);
  return WaitForTrial(watch->get(), *entry, *timeout, arguments.group.json());
}

// --- Declarations
// ---------------------------------------------------------------------------------------

using RunCommand = int (*)(const BreakerArguments&, const Services&);

CLI::App* Declare(const Parser& parser, CLI::App* parent, const char* name, const char* about,
                  const std::shared_ptr<BreakerArguments>& arguments, RunCommand run) {
  CLI::App* command = parent->add_subcommand(name, about);
  command->callback(
      [parser, arguments, run] { *parser.exit_code = run(*arguments, *parser.services); });
  return command;
}

void AddTrip(const Parser& parser, CLI::App* parent) {
  auto arguments = std::make_shared<BreakerArguments>();
  CLI::App* command = Declare(parser, parent, "trip", "Stop a stream where it is", arguments, Trip);
  AddGroupOptions(command, &arguments->group, "STREAM or PIPELINE/STREAM")->required();
  AddFromTopic(command, &arguments->group);
  AddChangeOptions(command, &arguments->change);
  CLI::Option* planned =
      command->add_flag("--planned", arguments->planned, "Maintenance: nobody is paged for it");
  command
      ->add_option("--until", arguments->until,
                   "With --planned: somebody is paged after all from then on")
      ->needs(planned)
      ->type_name("TIME");
  AddExamples(
      command,
      "  fracas breaker trip -c fracas.yaml --stream crm.contacts --why 'CRM sends wrong ids'\n"
      "  fracas breaker trip -c fracas.yaml --stream crm.contacts --planned "
      "--until 2026-01-31T14:00:00Z --why 'schema migration'");
}

void AddReset(const Parser& parser, CLI::App* parent) {
  auto arguments = std::make_shared<BreakerArguments>();
  CLI::App* command = Declare(parser, parent, "reset",
                              "Try the ranges that wait; GREEN when all pass", arguments, Reset);
  AddGroupOptions(command, &arguments->group, "STREAM or PIPELINE/STREAM")->required();
  AddFromTopic(command, &arguments->group);
  AddChangeOptions(command, &arguments->change);
  command
      ->add_option("--contract", arguments->contract,
                   "SHA-256 of the contract to try, or any; default: the configuration's")
      ->type_name("SHA");
  command->add_flag("--reload", arguments->reload, "Instances read their contracts again first");
  CLI::Option* divert =
      command
          ->add_option(
              "--divert", arguments->divert,
              "Failures of these codes become dead letters instead of holding the stream …")
          ->type_name("CODE…");
  command
      ->add_option("--for", arguments->divert_for,
                   "… for so long; default: for the waiting ranges only")
      ->needs(divert)
      ->type_name("DURATION");
  command->add_flag("--wait", arguments->wait,
                    "Wait for the outcome; exit code 3 when it is RED again");
  command->add_option("--timeout", arguments->timeout, "How long --wait waits")
      ->capture_default_str()
      ->type_name("DURATION");
  AddExamples(
      command,
      "  fracas breaker reset -c fracas.yaml --stream crm.contacts --why 'contract corrected' "
      "--reload "
      "--wait\n"
      "  fracas breaker reset -c fracas.yaml --stream crm.contacts --divert TYPE_MISMATCH --for 2h "
      "--why 'agreed with the warehouse team'\n"
      "Refused when somebody changed the breaker meanwhile: look at it again first.");
}

}  // namespace

void AddBreaker(const Parser& parser) {
  CLI::App* breaker = parser.app->add_subcommand("breaker", "Stop streams, and try them again");
  breaker->require_subcommand(1);
  auto list = std::make_shared<BreakerArguments>();
  CLI::App* ls = Declare(parser, breaker, "ls", "Every stream's breaker", list, List);
  AddGroupOptions(ls, &list->group, "");
  AddFromTopic(ls, &list->group);
  AddExamples(
      ls, "  fracas breaker ls -c fracas.yaml\n  fracas breaker ls -c fracas.yaml --output json");
  AddTrip(parser, breaker);
  AddReset(parser, breaker);
  auto end = std::make_shared<BreakerArguments>();
  CLI::App* divert_end =
      Declare(parser, breaker, "divert-end", "End a diversion before its time", end, EndDiversion);
  AddGroupOptions(divert_end, &end->group, "STREAM or PIPELINE/STREAM")->required();
  AddFromTopic(divert_end, &end->group);
  AddChangeOptions(divert_end, &end->change);
  AddExamples(
      divert_end,
      "  fracas breaker divert-end -c fracas.yaml --stream crm.contacts --why 'source is mended'");
}

}  // namespace fracas::cli
