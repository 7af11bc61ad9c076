#include "cli/support/resume.h"

#include <algorithm>
#include <cstdio>

#include "cli/support/contract_choice.h"
#include "core/text.h"
#include "tools/next_step.h"

namespace fracas::cli {

namespace {

using state::BreakerState;

constexpr size_t kShownMax = 5;

Status CountQuarantined(ControlSession* session, int64_t since_ms, Stopped* stopped) {
  return session->live().Quarantine(
      {.stream = stopped->live.stream}, [&](const tools::QuarantineItem& item) {
        if (item.entry.since_ms < since_ms) return true;
        ++stopped->quarantined;
        const std::string line = Cat(item.entry.who.empty() ? "automatic" : item.entry.who,
                                     item.entry.reason.empty() ? "" : ": ", item.entry.reason);
        auto& by = stopped->quarantined_by;
        if (by.size() < kShownMax && std::find(by.begin(), by.end(), line) == by.end()) {
          by.push_back(line);
        }
        return true;
      });
}

std::string Short(const std::string& sha) { return sha.empty() ? "none" : sha.substr(0, 12); }

void PrintChanges(const Stopped& stopped) {
  std::printf("  since then:\n");
  if (!stopped.contract_then.empty() && stopped.contract_then != stopped.contract_now) {
    std::printf("    the contract changed: %s held it, %s would be tried\n",
                Short(stopped.contract_then).c_str(), Short(stopped.contract_now).c_str());
  } else {
    std::printf("    the contract is the same (%s)\n", Short(stopped.contract_now).c_str());
  }
  if (stopped.quarantined == 0) {
    std::printf("    nothing was quarantined\n");
  } else {
    std::printf("    put into quarantine: %s\n", WithThousands(stopped.quarantined).c_str());
  }
  for (const std::string& line : stopped.quarantined_by)
    std::printf("      %s\n", Clean(line).c_str());
}

Result<state::Breaker> AwaitEnd(tools::BreakerWatch* watch, uint64_t version, int64_t timeout_ms,
                                const std::string& stream) {
  Progress progress(Cat(stream, " is being tried"), "ms");
  Result<std::optional<state::Breaker>> seen = watch->Wait(
      version, timeout_ms,
      [](const state::Breaker& breaker) { return breaker.state != BreakerState::kProbe; },
      [&](int64_t elapsed_ms, const state::Breaker*) {
        progress.Update(static_cast<uint64_t>(elapsed_ms), static_cast<uint64_t>(timeout_ms));
      });
  if (!seen.ok()) return seen.status();
  if (seen->has_value()) return **seen;
  return Status::Stop(Cat(stream, " is still being tried after ", DurationText(timeout_ms),
                          ": does an instance own each partition and have the contract loaded? "
                          "`fracas status` shows what waits"));
}

}  // namespace

Result<Stopped> Examine(ControlSession* session, const GroupArguments& group,
                        const std::string& stream) {
  Stopped stopped;
  Result<tools::StreamLive> live = session->live().Stream(stream);
  if (!live.ok()) return live.status();
  stopped.live = std::move(*live);
  if (stopped.live.breaker.state == BreakerState::kGreen) return stopped;
  Result<std::string> contract = ConfiguredContract(session->config(), stream);
  if (!contract.ok()) return contract.status();
  stopped.contract_now = std::move(*contract);
  VerifyArguments look;
  look.group = group;
  Result<std::vector<VerifiedStream>> looked = VerifyStreams(session, look, {stream});
  if (!looked.ok()) return looked.status();
  stopped.evidence = std::move(looked->front().evidence);
  for (const tools::ModeSeen& mode : stopped.evidence.modes) {
    if (mode.held && !mode.contract.empty()) stopped.contract_then = mode.contract;
  }
  const int64_t since_ms = stopped.evidence.incident.has_value()
                               ? stopped.evidence.incident->begin_ms
                               : stopped.live.breaker.since_ms;
  if (Status s = CountQuarantined(session, since_ms, &stopped); !s.ok()) return s;
  return stopped;
}

void PrintStopped(const Stopped& stopped, int64_t now_ms) {
  const state::Breaker& breaker = stopped.live.breaker;
  const auto& incident = stopped.evidence.incident;
  const int64_t since_ms = incident.has_value() ? incident->begin_ms : breaker.since_ms;
  std::printf("%s is %s%s, stopped for %s (since %s)%s%s\n",
              Styled(stdout, Style::kBold, stopped.live.stream).c_str(),
              Styled(stdout, Style::kBad, state::Name(breaker.state)).c_str(),
              breaker.planned ? " (planned)" : "", SpanText(since_ms, now_ms).c_str(),
              TimeText(since_ms).c_str(), breaker.reason.empty() ? "" : ": ",
              Clean(breaker.reason).c_str());
  for (const state::PendingRange& range : breaker.pending) {
    std::printf("  waits: %s  %s\n", tools::RangeName(range).c_str(), Clean(range.reason).c_str());
  }
  PrintChanges(stopped);
}

Result<Trial> TryAgain(ControlSession* session, const Stopped& stopped, const ResumePlan& plan) {
  const std::string& stream = stopped.live.stream;
  Trial trial{.stream = stream, .reset = std::nullopt, .breaker = stopped.live.breaker};
  Result<std::unique_ptr<tools::BreakerWatch>> watch = session->Watch(stream);
  if (!watch.ok()) return watch.status();
  uint64_t version = trial.breaker.stamp.version;
  if (trial.breaker.state == BreakerState::kProbe) {
    // It may have ended before the watch began.
    Result<tools::StreamLive> live = session->live().Stream(stream);
    if (!live.ok()) return live.status();
    trial.breaker = live->breaker;
    if (trial.breaker.state != BreakerState::kProbe) return trial;
  } else {
    ContractChoice choice{.named = plan.contract, .reload = true};
    Result<std::string> contract = ContractToTry(session->config(), stopped.live, choice);
    if (!contract.ok()) return contract.status();
    wire::Command command = session->NewCommand(stream, plan.change);
    command.expected_version = version;
    command.args = wire::BreakerReset{
        .contract = *contract, .reload = plan.contract.empty(), .divert = {}, .divert_for_ms = 0};
    Result<wire::JournalEntry> entry = session->Send(command);
    if (!entry.ok()) return entry.status();
    if (!entry->applied) {
      return Status::Stop(Cat("the reset of ", stream, " was refused: ", entry->because,
                              "; somebody may have changed it meanwhile: look again"));
    }
    version = entry->version;
    trial.reset = std::move(*entry);
  }
  Result<state::Breaker> ended = AwaitEnd(watch->get(), version, plan.timeout_ms, stream);
  if (!ended.ok()) return ended.status();
  trial.breaker = std::move(*ended);
  return trial;
}

Result<wire::JournalEntry> WriteNote(ControlSession* session, const VerifiedStream& stream,
                                     const ChangeArguments& change) {
  std::string missing;
  for (const tools::Tick& tick : stream.verdict.ticks) {
    if (tick.answer == tools::Answer::kYes) continue;
    AppendTo(&missing, missing.empty() ? "" : ", ", tools::Name(tick.check));
  }
  if (!stream.verdict.flowing) AppendTo(&missing, missing.empty() ? "" : ", ", "it does not flow");
  wire::Command command = session->NewCommand(stream.evidence.stream, change);
  command.why = missing.empty()
                    ? Cat("recovery verified (five ticks): ", change.why)
                    : Cat("recovery not verified, missing: ", missing, ": ", change.why);
  command.args = wire::Note{};
  return session->Send(std::move(command));
}

}  // namespace fracas::cli
