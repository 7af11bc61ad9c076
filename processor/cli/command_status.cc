#include <algorithm>
#include <cstdio>

#include "cli/control_session.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "tools/live_json.h"
#include "tools/next_step.h"

// `fracas status`: every stream on one screen, and what to type next.

namespace fracas::cli {

namespace {

constexpr int64_t kWatchMs = 2'000;
constexpr int64_t kStateLagMs = 10'000;  // asked for every 5 s

struct StatusArguments {
  GroupArguments group;
  bool watch = false;
};

Style StyleOf(state::BreakerState state) {
  switch (state) {
    case state::BreakerState::kGreen: return Style::kGood;
    case state::BreakerState::kRed: return Style::kBad;
    case state::BreakerState::kProbe: return Style::kWarning;
  }
  return Style::kPlain;
}

std::string PassRate(const tools::StreamLive& stream) {
  if (!stream.local.has_value() || stream.local->consumed == 0) return "-";
  const tools::LocalView& local = *stream.local;
  const double share = static_cast<double>(local.published + local.observed) /
                       static_cast<double>(local.consumed) * 100;
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f %%", share);
  return text;
}

std::string LagText(const tools::StreamLive& stream) {
  if (stream.lag.has_value()) return WithThousands(static_cast<uint64_t>(*stream.lag));
  if (!stream.local.has_value()) return "-";
  return WithThousands(static_cast<uint64_t>(std::max<int64_t>(0, stream.local->lag)));
}

// The source's and the dead letters' clock, whichever ends first.
std::string RetentionText(const tools::StreamLive& stream, int64_t now_ms) {
  if (const Offset lost = tools::LostOffsets(stream); lost > 0) {
    return Cat(WithThousands(static_cast<uint64_t>(lost)), " LOST");
  }
  const tools::SourceRetention* const first = tools::EarliestEnd(stream);
  int64_t ends_ms = first == nullptr ? 0 : first->ends_ms;
  const int64_t letters_ms = stream.letters.has_value() ? stream.letters->ends_ms : 0;
  if (letters_ms > 0) ends_ms = ends_ms == 0 ? letters_ms : std::min(ends_ms, letters_ms);
  return SpanText(now_ms, ends_ms);
}

void PrintTable(const tools::LiveState& live,
                const std::vector<const tools::StreamLive*>& streams) {
  Table table({"STREAM", "STATE", "SINCE", "PASSED", "LAG", "QUARANTINED", "DEAD LETTERS", "OLDEST",
               "RETENTION LEFT"});
  for (const tools::StreamLive* stream : streams) {
    const state::Breaker& breaker = stream->breaker;
    const bool planned = breaker.planned && breaker.state == state::BreakerState::kRed;
    table.Add(
        {stream->stream, Cat(state::Name(breaker.state), planned ? " (planned)" : ""),
         SpanText(breaker.since_ms, live.time_ms), PassRate(*stream), LagText(*stream),
         WithThousands(stream->quarantine.entries),
         stream->letters.has_value() ? Cat(WithThousands(stream->letters->open), " open") : "-",
         stream->letters.has_value() ? SpanText(stream->letters->oldest_ms, live.time_ms) : "-",
         RetentionText(*stream, live.time_ms)});
  }
  table.Print(stdout);
}

// A reason says its code itself, nearly always.
std::string WhyItWaits(const state::PendingRange& range) {
  if (range.cause == Code::kNone) return range.reason;
  const std::string_view name = Info(range.cause).name;
  return range.reason.starts_with(name) ? range.reason : Cat(name, " ", range.reason);
}

void PrintBreaker(const tools::StreamLive& stream) {
  const state::Breaker& breaker = stream.breaker;
  if (breaker.state == state::BreakerState::kGreen && breaker.diversion.codes.empty()) return;
  std::printf("\n%s %s since %s%s%s%s%s\n", stream.stream.c_str(),
              Styled(stdout, StyleOf(breaker.state), state::Name(breaker.state)).c_str(),
              TimeText(breaker.since_ms).c_str(), breaker.who.empty() ? "" : " by ",
              Clean(breaker.who).c_str(), breaker.reason.empty() ? "" : ": ",
              Clean(breaker.reason).c_str());
  for (const state::PendingRange& range : breaker.pending) {
    std::printf("  waits: %s  %s%s\n", tools::RangeName(range).c_str(),
                Clean(WhyItWaits(range)).c_str(), range.passed ? "  (passed)" : "");
  }
  if (breaker.diversion.codes.empty()) return;
  std::string codes;
  for (const Code code : breaker.diversion.codes)
    AppendTo(&codes, codes.empty() ? "" : ", ", Info(code).name);
  std::printf("  %s %s become dead letters %s, by %s: %s\n",
              Styled(stdout, Style::kWarning, "diverted:").c_str(), codes.c_str(),
              breaker.diversion.until_ms == 0
                  ? "for the waiting ranges"
                  : Cat("until ", TimeText(breaker.diversion.until_ms)).c_str(),
              Clean(breaker.diversion.who).c_str(), Clean(breaker.diversion.why).c_str());
}

// False: there is nothing to do about it.
bool PrintSteps(const tools::StreamLive& stream, const std::string& config_file, int64_t now_ms) {
  const std::vector<tools::NextStep> steps = tools::NextSteps(stream, config_file, now_ms);
  const bool told = stream.breaker.state != state::BreakerState::kGreen;
  if (!steps.empty() && !told) std::printf("\n%s\n", stream.stream.c_str());
  for (const tools::NextStep& step : steps) {
    if (!step.command.empty()) {
      std::printf("  %s\n", Styled(stdout, Style::kBold, Clean(step.command)).c_str());
    }
    std::printf("      %s\n", Clean(step.because).c_str());
  }
  return !steps.empty() || told;
}

// What is wrong with what answers, rather than with a stream. False: nothing.
bool PrintTrouble(const tools::LiveState& live, const std::string& config_file) {
  const auto waits = [](const tools::StreamLive& stream) {
    return stream.breaker.state == state::BreakerState::kGreen && stream.lag.value_or(0) > 0;
  };
  std::string because;
  if (live.unanswered_ms != 0) {
    because = Cat("the cluster does not answer instance ", live.instance, " since ",
                  TimeText(live.unanswered_ms), ", nothing moves and what is shown is older: ",
                  live.unanswered);
  } else if (live.lane.has_value() && live.lane->restored && live.lane->lag_ms > kStateLagMs) {
    because = Cat("instance ", live.instance, " last heard of the state ",
                  DurationText(live.lane->lag_ms), " ago; behind by 30 s it holds every stream");
  } else if (live.instance.empty() && std::any_of(live.streams.begin(), live.streams.end(), waits)) {
    because = "records wait, and no instance answers here that could tell whether they move";
  }
  if (because.empty()) return false;
  std::printf("\n  %s\n      %s\n",
              Styled(stdout, Style::kBold, Cat("fracas doctor -c ", config_file)).c_str(),
              Clean(because).c_str());
  return true;
}

void PrintLane(const tools::LiveState& live) {
  if (!live.lane.has_value()) return;
  if (!live.lane->restored) {
    PrintHint(Cat("instance ", live.instance, " is still reading the state: ",
                  live.lane->restore_position, " of ", live.lane->restore_target));
  }
}

int ShowOnce(const StatusArguments& arguments, ControlSession* session) {
  Result<tools::LiveState> live = session->live().Streams();
  if (!live.ok()) return Fail(live.status());
  std::vector<const tools::StreamLive*> shown;
  std::string only;
  if (!arguments.group.stream.empty()) {
    Result<std::string> name = session->StreamName(arguments.group.stream);
    if (!name.ok()) return Fail(name.status());
    only = *name;
  }
  std::erase_if(live->streams, [&](const tools::StreamLive& stream) {
    return !only.empty() && stream.stream != only;
  });
  if (arguments.group.json()) {
    std::printf("%s\n", tools::ToJson(*live).c_str());
    return kExitDone;
  }
  for (const tools::StreamLive& stream : live->streams) shown.push_back(&stream);
  PrintTable(*live, shown);
  bool anything = false;
  for (const tools::StreamLive* stream : shown) {
    PrintBreaker(*stream);
    anything |= PrintSteps(*stream, arguments.group.config_file, live->time_ms);
  }
  anything |= PrintTrouble(*live, arguments.group.config_file);
  if (!anything) std::printf("\nnothing to do\n");
  PrintLane(*live);
  session->HintSource();
  return kExitDone;
}

int ShowStatus(const StatusArguments& arguments, const Services& services) {
  for (;;) {
    Result<std::unique_ptr<ControlSession>> session =
        ControlSession::Open(services, arguments.group);
    if (!session.ok()) return Fail(session.status());
    if (arguments.watch && IsTerminal(stdout)) std::fputs("\x1b[H\x1b[2J", stdout);
    const int code = ShowOnce(arguments, session->get());
    if (!arguments.watch || code == kExitUsage) return code;
    std::fflush(stdout);
    Pause(kWatchMs);
  }
}

}  // namespace

void AddStatus(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand(
      "status",
      "Every stream: its state, why, how far behind, what retention leaves, what to type next");
  auto arguments = std::make_shared<StatusArguments>();
  AddGroupOptions(command, &arguments->group, "Only this stream (STREAM or PIPELINE/STREAM)");
  AddFromTopic(command, &arguments->group);
  command->add_flag("--watch", arguments->watch, "Again every two seconds until interrupted");
  AddExamples(command,
              "  fracas status -c fracas.yaml\n"
              "  fracas status -c fracas.yaml --stream crm.contacts --watch\n"
              "  fracas status -c fracas.yaml --output json | jq '.streams[] | {stream, state: "
              ".breaker.state}'\n"
              "Asks the instance on this machine (http.listen); where none answers, reads the "
              "state's topic.");
  command->callback(
      [parser, arguments] { *parser.exit_code = ShowStatus(*arguments, *parser.services); });
}

}  // namespace fracas::cli
