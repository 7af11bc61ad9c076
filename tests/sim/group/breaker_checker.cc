#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "tests/sim/group/checker.h"

// RED means stop, judged by the state log: every summary names the state that it was judged under.

namespace fracas::sim {

namespace {

// Clocks of two instances may be apart by so much.
constexpr int64_t kSkewMs = 7'000;

class Breakers {
 public:
  Breakers(const Evidence& evidence, const Reading& reading, std::vector<std::string>* problems)
      : evidence_(evidence), reading_(reading), problems_(problems) {}

  void Run() {
    if (evidence_.durable) {
      for (const ReadSummary& read : reading_.summaries) {
        CheckNothingUnderRed(read.summary);
        CheckFollows(read.summary);
      }
      CheckStopsAtOnce();
    } else {
      CheckRedMeansStop();
    }
    CheckAbandonedOnce();
  }

 private:
  template <typename... Pieces>
  void Problem(const Pieces&... pieces) {
    problems_->push_back(Cat(pieces...));
  }

  static bool Moves(const wire::SummaryRange& range) { return range.to > range.from; }

  // G4: nothing of a stream is published under a state at or behind the one that made it RED.
  void CheckRedMeansStop() {
    std::map<std::pair<std::string, std::string>, Offset> red;
    for (const Trip& trip : *evidence_.trips) {
      red.try_emplace({trip.process, trip.stream}, trip.state_offset);
    }
    for (const ReadSummary& read : reading_.summaries) {
      const wire::Summary& summary = read.summary;
      const auto found = red.find({summary.program, summary.stream});
      if (found != red.end() && summary.state_offset >= found->second) {
        Problem("G4: ", summary.stream, " went on under state ", summary.state_offset,
                ", RED since ", found->second);
      }
    }
  }

  // G4: what is written of a stream was judged under a state in which it was not RED; while it is
  // probed, only its pending ranges are, and only with the contract that the reset names. An
  // accepted loss is carried out while it is RED.
  void CheckNothingUnderRed(const wire::Summary& summary) {
    const state::Breaker* breaker =
        reading_.state.BreakerAt("p/" + summary.stream, summary.state_offset);
    if (breaker == nullptr || breaker->state == state::BreakerState::kGreen) return;
    for (const wire::SummaryRange& range : summary.ranges) {
      const std::string place = Cat(ToString(range.source, range.from), "#", range.attempt);
      if (range.code == Code::kOffsetOutOfRange && range.verdict == wire::RangeVerdict::kPublish) {
        const bool ordered =
            std::any_of(breaker->losses.begin(), breaker->losses.end(), [&](const auto& loss) {
              return loss.source == range.source && loss.from == range.from && loss.to == range.to;
            });
        if (!ordered) Problem("G4: a loss at ", place, " that nobody has accepted");
      } else if (breaker->state == state::BreakerState::kRed) {
        Problem("G4: ", place, " of ", summary.stream, " was written under RED at ",
                summary.state_offset);
      } else {
        CheckProbe(*breaker, summary, range);
      }
    }
  }

  void CheckProbe(const state::Breaker& breaker, const wire::Summary& summary,
                  const wire::SummaryRange& range) {
    const std::string place = Cat(ToString(range.source, range.from), "#", range.attempt);
    if (!Moves(range)) return;
    if (!breaker.contract.empty() && breaker.contract != summary.contract) {
      Problem("G4: ", place, " was probed with another contract");
    }
    const auto pending =
        std::find_if(breaker.pending.begin(), breaker.pending.end(),
                     [&](const auto& each) { return each.source == range.source; });
    if (pending == breaker.pending.end()) {
      Problem("G4: ", place, " is not pending and was judged");
      return;
    }
    const bool tries = !pending->passed && range.from >= pending->from && range.to <= pending->to &&
                       range.attempt == pending->attempt + 1;
    if (!tries) Problem("G4: ", place, " is not what is probed");
  }

  // G4: who cannot follow the state for so long holds everything.
  void CheckFollows(const wire::Summary& summary) {
    const auto found = reading_.state.breakers().find("p/" + summary.stream);
    if (found == reading_.state.breakers().end()) return;
    for (const auto& version : found->second) {
      if (version.offset < summary.state_offset || version.value == nullptr) continue;
      const int64_t age_ms = summary.time_ms - version.value->stamp.time_ms;
      if (age_ms > limits::kStateLagMsMax + kSkewMs) {
        Problem("G4: ", summary.stream, " was judged under ", summary.state_offset, ", ", age_ms,
                " ms after it had changed at ", version.offset);
      }
      return;
    }
  }

  // The worker that tripped writes nothing more of the stream until its state shows that trip.
  void CheckStopsAtOnce() {
    std::map<std::string, wire::SummaryRange> tripped;
    for (const ReadSummary& read : reading_.summaries) {  // of one stream in their order
      const wire::Summary& summary = read.summary;
      const std::string key = Cat(summary.program, "/", summary.worker, "/", summary.stream);
      // Losses are carried out while a stream is RED.
      const bool losses = std::all_of(
          summary.ranges.begin(), summary.ranges.end(), [](const wire::SummaryRange& range) {
            return range.verdict == wire::RangeVerdict::kPublish && range.code != Code::kNone;
          });
      if (losses) continue;
      const auto before = tripped.find(key);
      if (before != tripped.end() && !Shows(summary, before->second)) {
        Problem("G4: ", key, " went on after it tripped at ",
                ToString(before->second.source, before->second.from));
      }
      tripped.erase(key);
      for (const wire::SummaryRange& range : summary.ranges) {
        // That it was stuck by itself shows in no offset: in doubt a worker says it again.
        if (range.verdict == wire::RangeVerdict::kAbandon && Moves(range)) tripped[key] = range;
      }
    }
  }

  bool Shows(const wire::Summary& summary, const wire::SummaryRange& trip) const {
    const state::Breaker* breaker =
        reading_.state.BreakerAt("p/" + summary.stream, summary.state_offset);
    if (breaker == nullptr) return false;
    return std::any_of(breaker->merged.begin(), breaker->merged.end(), [&](const auto& merged) {
      return merged.source == trip.source &&
             std::tie(merged.from, merged.attempt) >= std::tie(trip.from, trip.attempt);
    });
  }

  // One attempt, one report; an attempt tries again what the one before has abandoned.
  void CheckAbandonedOnce() {
    std::map<TopicPartition, std::vector<wire::SummaryRange>> abandoned;
    for (const ReadSummary& read : reading_.summaries) {
      for (const wire::SummaryRange& range : read.summary.ranges) {
        if (range.verdict == wire::RangeVerdict::kAbandon) abandoned[range.source].push_back(range);
      }
    }
    // A partition that was stuck by itself and let go: an attempt that passed without records.
    for (const ReadControl& read : reading_.control) {
      const auto* fact = read.message ? std::get_if<wire::Fact>(&*read.message) : nullptr;
      const auto* passed = fact == nullptr ? nullptr : std::get_if<wire::ProbePassed>(&fact->args);
      if (passed == nullptr) continue;
      wire::SummaryRange range;
      range.source = passed->source;
      range.from = range.to = passed->from;
      range.attempt = passed->attempt;
      abandoned[passed->source].push_back(range);
    }
    for (const auto& [source, ranges] : abandoned) {
      for (const wire::SummaryRange& range : ranges) {
        const std::string name = Cat(ToString(range.source, range.from), "#", range.attempt);
        const auto same = [&](const wire::SummaryRange& other) {
          return other.from == range.from && other.attempt == range.attempt && Moves(other);
        };
        if (std::count_if(ranges.begin(), ranges.end(), same) > 1)
          Problem("abandoned twice: ", name);
        const auto before = [&](const wire::SummaryRange& other) {
          if (other.attempt != range.attempt - 1 || other.from > range.from) return false;
          // In between the partition may have been stuck by itself: an attempt without records.
          return other.from == range.from || range.from < other.to || !Moves(other);
        };
        if (range.attempt > 1 && std::none_of(ranges.begin(), ranges.end(), before)) {
          Problem("an attempt without the one before: ", name);
        }
      }
    }
  }

  const Evidence& evidence_;
  const Reading& reading_;
  std::vector<std::string>* const problems_;
};

}  // namespace

void CheckBreakers(const Evidence& evidence, const Reading& reading,
                   std::vector<std::string>* problems) {
  Breakers(evidence, reading, problems).Run();
}

}  // namespace fracas::sim
