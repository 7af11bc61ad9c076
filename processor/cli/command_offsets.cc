#include <cstdio>

#include "cli/control_session.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "tools/loss.h"
#include "tools/targets.h"

// `fracas offsets accept-loss`.

namespace fracas::cli {

namespace {

constexpr int64_t kDoneMsMax = 120'000;  // until the partition's owner has moved the offset

struct LossArguments {
  GroupArguments group;
  ChangeArguments change;
  std::string partition;
  std::string to;
  bool yes = false;
};

std::string Explain(const tools::LossPlan& plan, const std::string& group) {
  const auto count = [](Offset offsets) { return WithThousands(static_cast<uint64_t>(offsets)); };
  if (plan.back) {
    return Cat("group ", group, " stands at ", plan.from, " of ", plan.source.topic, "/",
               plan.source.partition, " and would go BACK to ", plan.to,
               ": right for a topic that was deleted and made again. If it is still the same topic, "
               "up to ", count(plan.from - plan.to), " records are published a second time");
  }
  std::string text =
      Cat("group ", group, " stands at ", plan.from, " of ", plan.source.topic, "/",
          plan.source.partition, " and would go on at ", plan.to, ": ", count(plan.to - plan.from),
          " offsets are given up, ", count(plan.gone), " of them are gone already");
  if (plan.readable > 0) AppendTo(&text, ", ", count(plan.readable), " could STILL BE READ");
  AppendTo(&text, ". ");
  if (plan.next_ms == 0) {
    AppendTo(&text, "No record follows yet");
  } else {
    AppendTo(&text, "The next record is of ", FormatTimestamp(plan.next_ms));
  }
  return text;
}

// The last pending range of the partition tells from when the lost records are.
void PrintPlan(const tools::LossPlan& plan, const tools::StreamLive& stream,
               const std::string& group) {
  std::fprintf(stderr, "%s\n", Explain(plan, group).c_str());
  for (const state::PendingRange& range : stream.breaker.pending) {
    if (range.source != plan.source || range.oldest_ms == 0) continue;
    std::fprintf(stderr, "The first of them was of %s\n", FormatTimestamp(range.oldest_ms).c_str());
  }
}

// The order is done when it is no longer in the stream's state.
int WaitUntilDone(const tools::LossPlan& plan, const wire::JournalEntry& entry,
                  tools::BreakerWatch* watch, bool json) {
  const auto ordered = [&](const state::Breaker& breaker) {
    for (const state::AcceptedLoss& loss : breaker.losses) {
      if (loss.source == plan.source) return true;
    }
    return false;
  };
  Progress progress("waiting for the partition's owner", "ms");
  Result<std::optional<state::Breaker>> done = watch->Wait(
      entry.version, kDoneMsMax, [&](const state::Breaker& breaker) { return !ordered(breaker); },
      [&](int64_t elapsed_ms, const state::Breaker*) {
        progress.Update(static_cast<uint64_t>(elapsed_ms), 0);
      });
  if (!done.ok()) return Fail(done.status());
  if (!done->has_value()) {
    return Fail(
        Status::Stop(Cat("ordered, but no instance has moved on within ", DurationText(kDoneMsMax),
                         ": does one own ", plan.source.topic, "/", plan.source.partition,
                         "? The order stands; `fracas status` shows it")));
  }
  if (json) return PrintEntry(entry, true);
  if (plan.back) {
    std::printf("%s reading goes on at %lld, the beginning of what is there now\n",
                Styled(stdout, Style::kGood, "done:").c_str(), static_cast<long long>(plan.to));
    return kExitDone;
  }
  std::printf("%s %s offsets (%lld to %lld) are counted as lost; reading goes on at %lld\n",
              Styled(stdout, Style::kGood, "done:").c_str(),
              WithThousands(static_cast<uint64_t>(plan.to - plan.from)).c_str(),
              static_cast<long long>(plan.from), static_cast<long long>(plan.to),
              static_cast<long long>(plan.to));
  return kExitDone;
}

int SendLoss(const LossArguments& arguments, const tools::LossPlan& plan,
             const tools::StreamLive& stream, ControlSession* session) {
  wire::Command command = session->NewCommand(stream.stream, arguments.change);
  command.expected_version = stream.breaker.stamp.version;
  command.args = wire::AcceptLoss{.source = plan.source, .from = plan.from, .to = plan.to};
  if (arguments.change.dry_run) {
    PrintDryRun(command);
    return kExitDone;
  }
  if (!arguments.yes && !Confirm("This cannot be undone.")) {
    return Fail(
        Status::Reject("not confirmed, nothing was done (--yes where nobody can be asked)"));
  }
  Result<std::unique_ptr<tools::BreakerWatch>> watch = session->Watch(stream.stream);
  if (!watch.ok()) return Fail(watch.status());
  Result<wire::JournalEntry> entry = session->Send(command);
  if (!entry.ok()) return Fail(entry.status());
  if (!entry->applied) return PrintEntry(*entry, arguments.group.json());
  return WaitUntilDone(plan, *entry, watch->get(), arguments.group.json());
}

bool HeldOutOfRange(const state::Breaker& breaker, const TopicPartition& source) {
  for (const state::PendingRange& range : breaker.pending) {
    if (range.source == source) return range.cause == Code::kOffsetOutOfRange;
  }
  return false;
}

int AcceptLoss(const LossArguments& arguments, const Services& services) {
  Result<TopicPartition> source = tools::ParsePartition(arguments.partition);
  if (!source.ok()) return Fail(source.status());
  Result<std::unique_ptr<ControlSession>> opened = ControlSession::Open(services, arguments.group);
  if (!opened.ok()) return Fail(opened.status());
  ControlSession& session = **opened;
  Result<std::string> name = session.StreamName(arguments.group.stream);
  if (!name.ok()) return Fail(name.status());
  Result<tools::StreamLive> stream = session.live().Stream(*name);
  if (!stream.ok()) return Fail(stream.status());
  Result<Admin*> admin = session.admin();
  if (!admin.ok()) return Fail(admin.status());
  Result<std::unique_ptr<LogReader>> reader = session.reader();
  if (!reader.ok()) return Fail(reader.status());
  const tools::LossQuestion question{.source = *source,
                                     .to = arguments.to,
                                     .out_of_range = HeldOutOfRange(stream->breaker, *source)};
  Result<tools::LossPlan> plan =
      tools::PlanLoss(session.config(), question, *admin, reader->get());
  if (!plan.ok()) return Fail(plan.status());
  PrintPlan(*plan, *stream, session.config().group);
  return SendLoss(arguments, *plan, *stream, &session);
}

}  // namespace

void AddOffsets(const Parser& parser) {
  CLI::App* offsets = parser.app->add_subcommand("offsets", "Where the group stands");
  offsets->require_subcommand(1);
  CLI::App* command = offsets->add_subcommand(
      "accept-loss", "Move on over source records that retention has taken: counted, never silent");
  auto arguments = std::make_shared<LossArguments>();
  AddGroupOptions(command, &arguments->group, "STREAM or PIPELINE/STREAM")->required();
  AddFromTopic(command, &arguments->group);
  command->add_option("--partition", arguments->partition, "Where")
      ->required()
      ->type_name("TOPIC/PARTITION");
  command->add_option("--to", arguments->to, "Where to go on: earliest, or an offset")
      ->required()
      ->type_name("earliest|OFFSET");
  AddChangeOptions(command, &arguments->change);
  command->add_flag("--yes", arguments->yes, "Do not ask");
  AddExamples(
      command,
      "  fracas offsets accept-loss -c fracas.yaml --stream crm.contacts --partition "
      "crm.contacts.raw/3 "
      "--to earliest --reason 'RED over the holidays, agreed with crm-team' --dry-run\n"
      "Shows what is given up and asks; then waits until the partition's owner has moved on.");
  command->callback(
      [parser, arguments] { *parser.exit_code = AcceptLoss(*arguments, *parser.services); });
}

}  // namespace fracas::cli
