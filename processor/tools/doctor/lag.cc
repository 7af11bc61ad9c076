#include "tools/doctor/lag.h"

#include <algorithm>
#include <map>

#include "core/text.h"
#include "core/timestamp.h"
#include "state/format/entities.h"
#include "tools/next_step.h"

namespace fracas::tools {

namespace {

std::string PlaceOf(const SourceSeen& source) {
  return Cat(source.partition.topic, "/", source.partition.partition);
}

// The partitions that wait although nothing stops their stream.
bool IsStuck(const SourceSeen& source) { return source.lag() > 0 && source.now == source.before; }

class Reporter {
 public:
  Reporter(const LagQuestion& question, AreaReport* report)
      : question_(question), report_(report) {}

  void Run();

 private:
  void CheckLost(const SourceSeen& source);
  void CheckStopped(const StreamLive& stream, Offset lag);
  void CheckHeld(const StreamLive& stream);
  void CheckStuck(const std::vector<const SourceSeen*>& stuck);
  void Add(Grade grade, std::string what, std::string means, std::string next) {
    report_->findings.push_back({grade, std::move(what), std::move(means), std::move(next)});
  }

  const LagQuestion& question_;
  AreaReport* const report_;
};

void Reporter::CheckLost(const SourceSeen& source) {
  if (source.now == kNoOffset || source.low <= source.now) return;
  Add(Grade::kError,
      Cat(PlaceOf(source), ": offsets ", source.now, " to ", source.low,
          " were taken by retention before they were read"),
      "the partition stands still until somebody accepts the loss; it is counted as SOURCE_LOST",
      Cat("fracas offsets accept-loss -c ", question_.config_file, " --stream ", source.stream,
          " --partition ", PlaceOf(source), " --to ", source.low, " --why '…'"));
}

void Reporter::CheckStopped(const StreamLive& stream, Offset lag) {
  if (stream.breaker.state == state::BreakerState::kGreen) return;
  const bool red = stream.breaker.state == state::BreakerState::kRed;
  const std::vector<NextStep> steps = NextSteps(stream, question_.config_file, question_.now_ms);
  Add(red ? Grade::kError : Grade::kNote,
      Cat("stream ", stream.stream, " is ", state::Name(stream.breaker.state), " since ",
          FormatTimestamp(stream.breaker.since_ms), ": ", stream.breaker.reason),
      Cat(lag, " records wait in ", stream.breaker.pending.size(),
          " stopped ranges and behind them"),
      steps.empty() || steps.front().command.empty()
          ? Cat("fracas status -c ", question_.config_file, " --stream ", stream.stream)
          : steps.front().command);
}

void Reporter::CheckHeld(const StreamLive& stream) {
  if (!stream.local.has_value()) return;
  for (const HeldPartition& held : stream.local->held) {
    Add(Grade::kError,
        Cat(held.partition.topic, "/", held.partition.partition, " of stream ", stream.stream,
            " is stuck by itself: ", Info(held.code).name, " ", held.reason),
        "its records wait; the stream's other partitions flow",
        Cat("fracas codes ", Info(held.code).name));
  }
}

void Reporter::CheckStuck(const std::vector<const SourceSeen*>& stuck) {
  if (stuck.empty()) return;
  Offset lag = 0;
  for (const SourceSeen* source : stuck) lag += source->lag();
  if (question_.members.ok() && question_.members->members == 0) {
    return Add(Grade::kError,
               Cat("nobody is at work: group ", question_.group, " has no members, and ", lag,
                   " records wait in ", stuck.size(), " partitions"),
               "", Cat("fracas run -c ", question_.config_file));
  }
  for (const SourceSeen* source : stuck) {
    Add(Grade::kWarning,
        Cat(PlaceOf(*source), " of stream ", source->stream, " did not move from offset ",
            source->now == kNoOffset ? source->low : source->now, " in ", question_.watched_ms,
            " ms; ", source->lag(), " records wait"),
        "its stream is not stopped: a worker hangs, retries, or waits for a transaction",
        question_.address.empty() ? Cat("fracas status -c ", question_.config_file)
                                  : Cat("curl -s http://", question_.address, "/readyz"));
  }
}

void Reporter::Run() {
  std::map<std::string, Offset> behind;
  std::vector<const SourceSeen*> stuck;
  Offset total = 0;
  for (const SourceSeen& source : question_.sources) {
    CheckLost(source);
    behind[source.stream] += source.lag();
    total += source.lag();
    const StreamLive* live =
        question_.live == nullptr ? nullptr : Find(*question_.live, source.stream);
    const bool stopped = live != nullptr && live->breaker.state != state::BreakerState::kGreen;
    const bool lost = source.now != kNoOffset && source.low > source.now;
    if (!stopped && !lost && IsStuck(source)) stuck.push_back(&source);
  }
  for (const auto& [name, lag] : behind) {
    const StreamLive* live = question_.live == nullptr ? nullptr : Find(*question_.live, name);
    if (live == nullptr) continue;
    CheckStopped(*live, lag);
    CheckHeld(*live);
  }
  CheckStuck(stuck);
  report_->about = Cat(question_.sources.size(), " source partitions, ", total, " records behind");
  if (question_.members.ok()) {
    const GroupSeen& group = *question_.members;
    AppendTo(&report_->about, "; group ", question_.group, " ",
             group.state.empty() ? std::string("is not there")
                                 : Cat(group.state, ", ", group.members, " members"));
  }
}

}  // namespace

AreaReport CheckLag(const LagQuestion& question) {
  AreaReport report;
  report.area = Area::kLag;
  Reporter(question, &report).Run();
  return report;
}

}  // namespace fracas::tools
