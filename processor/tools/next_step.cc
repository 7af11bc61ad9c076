#include "tools/next_step.h"

#include <algorithm>

#include "core/text.h"
#include "core/timestamp.h"

namespace fracas::tools {

namespace {

using state::BreakerState;

constexpr std::string_view kWhy = " --why 'ticket or reason'";

class Adviser {
 public:
  Adviser(const StreamLive& stream, const std::string& config_file, int64_t now_ms)
      : stream_(stream), breaker_(stream.breaker), now_ms_(now_ms),
        config_file_(config_file), options_(Cat(" -c ", config_file, " --stream ", stream.stream)) {}

  std::vector<NextStep> Advise() {
    Losses();
    switch (breaker_.state) {
      case BreakerState::kRed: Red(); break;
      case BreakerState::kProbe: Probe(); break;
      case BreakerState::kGreen: Stalled(); break;
    }
    Held();
    if (!breaker_.diversion.codes.empty() && breaker_.state == BreakerState::kGreen) {
      Add(Cat("fracas breaker divert-end", options_, kWhy),
          "failures that should hold the stream become dead letters while the diversion lasts");
    }
    if (stream_.quarantine.expired > 0) {
      Add(Cat("fracas quarantine ls", options_, " --expired"),
          Cat(stream_.quarantine.expired, " quarantined ids or records are past their time: release them, or "
              "add them again with a later one"));
    }
    Release();
    return std::move(steps_);
  }

 private:
  void Add(std::string command, std::string because) {
    steps_.push_back({std::move(command), std::move(because)});
  }

  void Losses() {
    for (const SourceRetention& retention : stream_.retention) {
      if (retention.lost() == 0) continue;
      Add(Cat("fracas offsets accept-loss", options_, " --partition ", retention.source.topic, "/",
              retention.source.partition, " --to earliest", kWhy),
          Cat("retention has taken ", retention.lost(), " offsets that were still to be read"));
    }
  }

  void Red() {
    if (breaker_.planned && (breaker_.planned_until_ms == 0 || breaker_.planned_until_ms > now_ms_)) {
      return Add(Cat("fracas breaker reset", options_, kWhy), "when the maintenance is over");
    }
    if (breaker_.retry.next_ms > 0 && !breaker_.retry.exhausted) {
      return Add("", Cat("it is tried again by itself at ", FormatTimestamp(breaker_.retry.next_ms)));
    }
    if (breaker_.cause == Code::kNone) {
      return Add(Cat("fracas breaker reset", options_, kWhy), "when what it was stopped for is over");
    }
    Add(Cat("fracas breaker reset", options_, kWhy),
        Cat("when the contract or the data is right again (`fracas codes ", Info(breaker_.cause).name,
            "`); --reload takes a changed contract without a restart"));
    AddQuarantine();
  }

  void AddQuarantine() {
    const auto by_record = std::find_if(
        breaker_.pending.begin(), breaker_.pending.end(),
        [](const state::PendingRange& range) { return range.record != kNoOffset && range.from < range.to; });
    if (by_record == breaker_.pending.end()) return;
    Add(Cat("fracas quarantine add", options_, " --from-attempt '", RangeName(*by_record), "'", kWhy),
        "if only those records are wrong: then reset, and the rest goes on without them");
  }

  void Probe() {
    const auto passed = std::count_if(breaker_.pending.begin(), breaker_.pending.end(),
                                      [](const state::PendingRange& range) { return range.passed; });
    const std::string contract =
        breaker_.contract.empty() ? "" : Cat(" with contract ", breaker_.contract.substr(0, 12));
    Add(Cat("fracas status", options_),
        Cat("being tried", contract, ": ", passed, " of ", breaker_.pending.size(), " ranges are through"));
    const bool loaded_elsewhere = stream_.local.has_value() && !breaker_.contract.empty() &&
                                  stream_.local->contract != breaker_.contract && !breaker_.reload;
    if (!loaded_elsewhere) return;
    Add(Cat("fracas breaker reset", options_, " --reload", kWhy),
        "the instance here has another contract loaded: the ranges that it owns wait");
  }

  // An entry ends only by a person: said when nothing that was masked under one is open any more.
  void Release() {
    const bool settled = stream_.letters.has_value() && stream_.letters->open_masked == 0;
    if (!settled || stream_.quarantine.entries == 0 || breaker_.state != BreakerState::kGreen) return;
    const uint64_t entries = stream_.quarantine.entries;
    Add(Cat("fracas quarantine ls", options_),
        Cat(entries, entries == 1 ? " entry masks" : " entries mask",
            " records, and none of their dead letters is open: `fracas quarantine release` what its "
            "source has mended"));
  }

  void Stalled() {
    if (stream_.stalled_ms == 0) return;
    Add(Cat("fracas doctor -c ", config_file_),
        Cat(stream_.lag.value_or(0), " records wait, and the group has not moved since ",
            FormatTimestamp(stream_.stalled_ms), ": it says who is at work and what holds it up"));
  }

  void Held() {
    if (!stream_.local.has_value()) return;
    for (const HeldPartition& held : stream_.local->held) {
      Add("", Cat(held.partition.topic, "/", held.partition.partition, " is held: ", held.reason));
    }
  }

  const StreamLive& stream_;
  const state::Breaker& breaker_;
  const int64_t now_ms_;
  const std::string& config_file_;
  const std::string options_;
  std::vector<NextStep> steps_;
};

}  // namespace

std::vector<NextStep> NextSteps(const StreamLive& stream, const std::string& config_file, int64_t now_ms) {
  return Adviser(stream, config_file, now_ms).Advise();
}

std::string RangeName(const state::PendingRange& range) {
  if (range.from == range.to) {
    return Cat(range.source.topic, "/", range.source.partition, " at ", range.from);
  }
  return ToString(BatchId{.source = range.source, .from = range.from, .to = range.to,
                          .attempt = range.attempt});
}

}  // namespace fracas::tools
