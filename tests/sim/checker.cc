#include "tests/sim/checker.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "core/text.h"
#include "wire/dead_letter.h"
#include "wire/failure_event.h"
#include "wire/summary.h"

namespace fracas::sim {

namespace {

class Checker {
 public:
  explicit Checker(const Evidence& evidence) : evidence_(evidence), broker_(*evidence.broker) {}

  std::vector<std::string> Run() {
    ReadSummaries();
    for (const auto& [partition, plants] : planted()) {
      const Offset committed = CommittedOf(partition);
      CheckTiles(partition, committed);
      if (partition.topic == "c") {
        CheckEnd(partition, committed, "c");
        continue;
      }
      CheckPublished(partition, committed);
      CheckDeadLetters(partition, committed);
      CheckEnd(partition, committed, partition.topic);
    }
    CheckOffsetsNeverFall();
    if (evidence_.authority == nullptr) {
      CheckRedMeansStop();
    } else {
      CheckNothingUnderRed();
      CheckStopsAtOnce();
    }
    CheckFailureEvents();
    CheckAbandonedOnce();
    return std::move(problems_);
  }

 private:
  const Planted& planted() const { return *evidence_.planted; }
  const std::vector<Trip>& trips() const { return *evidence_.trips; }

  template <typename... Pieces>
  void Problem(const Pieces&... pieces) {
    problems_.push_back(Cat(pieces...));
  }

  Offset CommittedOf(const TopicPartition& partition) const {
    const auto at = broker_.Committed(partition);
    return !at || at->offset == kNoOffset ? 0 : at->offset;
  }

  void ReadSummaries() {
    for (int32_t i = 0; i < broker_.Partitions("batches"); ++i) {
      for (const Record& record : broker_.Visible({"batches", i})) {
        const auto summary = wire::DecodeSummary(*record.value);
        if (!summary.ok()) {
          Problem("summary: ", summary.status().message());
          continue;
        }
        const std::string broken = wire::CheckConservation(*summary);
        if (!broken.empty()) Problem("G1: ", broken);
        summaries_.push_back(*summary);
      }
    }
  }

  // G1 on offsets: published ranges tile from 0 to the committed offset, gaps are what is missing.
  void CheckTiles(const TopicPartition& partition, Offset committed) {
    std::map<Offset, wire::SummaryRange> tiles;
    for (const wire::Summary& summary : summaries_) {
      for (const wire::SummaryRange& range : summary.ranges) {
        if (range.source != partition || range.verdict != wire::RangeVerdict::kPublish) continue;
        if (!tiles.emplace(range.from, range).second) {
          Problem("G1: two ranges of ", partition.topic, "/", partition.partition, " from ",
                  range.from);
        }
      }
    }
    Offset at = 0;
    for (const auto& [from, range] : tiles) {
      if (from != at) Problem("G1: ", ToString(partition, at), " is followed by ", from);
      at = range.to;
      uint64_t records = 0;
      for (Offset offset = from; offset < range.to; ++offset) {
        records += broker_.log(partition)[static_cast<size_t>(offset)].state ==
                   Entry::State::kCommitted;
      }
      if (records != range.records) {
        Problem("G1: ", ToString(partition, from), " has ", records, " records, says ", range.records);
      }
    }
    if (at != committed) Problem("G1: ", ToString(partition, at), " is not the committed ", committed);
  }

  // G2, G3: exactly the good records below the committed offset, unharmed, in order, each once.
  void CheckPublished(const TopicPartition& partition, Offset committed) {
    const std::vector<Record> got = Visible(partition.topic + ".out", partition);
    size_t next = 0;
    for (const auto& [offset, plant] : planted().at(partition)) {
      if (offset >= committed) break;
      if (plant == Plant::kHeld && !IsMended(partition, offset)) {
        Problem("a held record was passed: ", ToString(partition, offset));
      }
      if (plant == Plant::kRejected) continue;
      if (next >= got.size()) {
        Problem("G2: lost ", ToString(partition, offset));
        return;
      }
      const Record& source = broker_.log(partition)[static_cast<size_t>(offset)].record;
      const Record& copy = got[next++];
      if (copy.key != source.key || copy.value != source.value || copy.headers != source.headers ||
          copy.timestamp_ms != source.timestamp_ms) {
        Problem("G2/G3: ", ToString(partition, offset), " is not what was published in its place");
        return;
      }
    }
    if (next != got.size()) Problem("G2: ", got.size() - next, " records too many in ",
                                    partition.topic, ".out/", partition.partition);
    if (evidence_.authority != nullptr) return;
    // Not even read_uncommitted readers see what was held.
    for (const Entry& entry : broker_.log({partition.topic + ".out", partition.partition})) {
      if (entry.record.value && entry.record.value->find("\"one\"") != std::string::npos) {
        Problem("a held record reached the log of ", partition.topic, ".out");
      }
    }
  }

  // The record was published under the contract that lets it through.
  bool IsMended(const TopicPartition& partition, Offset offset) const {
    for (const wire::Summary& summary : summaries_) {
      for (const wire::SummaryRange& range : summary.ranges) {
        if (range.source == partition && range.from <= offset && offset < range.to &&
            range.verdict == wire::RangeVerdict::kPublish) {
          return summary.contract == evidence_.mended_contract;
        }
      }
    }
    return false;
  }

  std::vector<Record> Visible(const std::string& topic, const TopicPartition& source) const {
    return broker_.Visible({topic, source.partition});
  }

  void CheckDeadLetters(const TopicPartition& partition, Offset committed) {
    const std::vector<Record> letters = Visible(partition.topic + ".dlq", partition);
    size_t next = 0;
    for (const auto& [offset, plant] : planted().at(partition)) {
      if (offset >= committed) break;
      if (plant != Plant::kRejected) continue;
      if (next >= letters.size()) {
        Problem("G2: no dead letter of ", ToString(partition, offset));
        return;
      }
      CheckLetter(partition, offset, letters[next++]);
    }
    if (next != letters.size()) Problem("G2: dead letters too many of ", partition.topic);
  }

  void CheckLetter(const TopicPartition& partition, Offset offset, const Record& letter) {
    const Record& source = broker_.log(partition)[static_cast<size_t>(offset)].record;
    std::vector<HeaderView> headers;
    for (const Header& header : letter.headers) {
      headers.push_back({header.name, header.value ? std::string_view(*header.value)
                                                   : std::string_view()});
    }
    const auto decoded = wire::DecodeDeadLetter(headers);
    if (!decoded.ok() || !*decoded) {
      Problem("a dead letter without a block for ", ToString(partition, offset));
      return;
    }
    const wire::DeadLetter& context = **decoded;
    const std::vector<Header> own(letter.headers.begin(),
                                  letter.headers.begin() +
                                      static_cast<std::ptrdiff_t>(context.block_begin));
    if (context.source != partition || context.offset != offset || letter.value != source.value ||
        letter.key != source.key || own != source.headers) {
      Problem("G2: ", ToString(context.source, context.offset), " is not the dead letter of ",
              ToString(partition, offset));
    }
  }

  // Liveness: what nothing stops is done when the faults are over.
  void CheckEnd(const TopicPartition& partition, Offset committed, const std::string& stream) {
    if (evidence_.authority != nullptr) {
      const auto state = evidence_.authority->state(evidence_.authority->StreamOf("p/" + stream));
      const Offset end = planted().at(partition).rbegin()->first;
      if (state == state::BreakerState::kGreen && committed <= end) {
        Problem("not done: ", ToString(partition, committed), " of ", end + 1);
      }
      return;
    }
    const bool tripped = std::any_of(trips().begin(), trips().end(),
                                     [&](const Trip& trip) { return trip.stream == stream; });
    const Offset last = planted().at(partition).rbegin()->first;
    if (!tripped && committed <= last) {
      Problem("not done: ", ToString(partition, committed), " of ", last + 1);
    }
  }

  void CheckOffsetsNeverFall() {
    std::map<TopicPartition, Offset> at;
    for (const auto& [partition, committed] : broker_.history()) {
      Offset& before = at[partition];
      if (committed.offset < before) {
        Problem("the committed offset of ", partition.topic, "/", partition.partition, " fell from ",
                before, " to ", committed.offset);
      }
      before = committed.offset;
    }
  }

  // G4: nothing of a stream is published under a state at or behind the one that made it RED.
  void CheckRedMeansStop() {
    std::map<std::pair<std::string, std::string>, Offset> red;
    for (const Trip& trip : trips()) {
      red.try_emplace({trip.process, trip.stream}, trip.state_offset);
    }
    for (const wire::Summary& summary : summaries_) {
      const auto found = red.find({summary.program, summary.stream});
      if (found != red.end() && summary.state_offset >= found->second) {
        Problem("G4: ", summary.stream, " went on under state ", summary.state_offset, ", RED since ",
                found->second);
      }
    }
  }

  // G4: what is written of a stream was judged under a state in which it was not RED; while it is probed,
  // only its pending ranges are, and only with the contract that the reset names.
  void CheckNothingUnderRed() {
    const FakeAuthority& authority = *evidence_.authority;
    for (const wire::Summary& summary : summaries_) {
      const size_t stream = authority.StreamOf("p/" + summary.stream);
      const auto& breaker = authority.at(summary.state_offset)[stream];
      if (breaker == nullptr || breaker->state == state::BreakerState::kGreen) continue;
      if (breaker->state == state::BreakerState::kRed) {
        Problem("G4: ", summary.stream, " was written under RED at ", summary.state_offset);
        continue;
      }
      if (!breaker->contract.empty() && breaker->contract != summary.contract &&
          std::any_of(summary.ranges.begin(), summary.ranges.end(),
                      [](const auto& range) { return range.to > range.from; })) {
        Problem("G4: ", summary.stream, " was probed with another contract");
      }
      for (const wire::SummaryRange& range : summary.ranges) CheckProbe(*breaker, range);
    }
  }

  void CheckProbe(const state::Breaker& breaker, const wire::SummaryRange& range) {
    for (const state::PendingRange& pending : breaker.pending) {
      if (pending.source != range.source) continue;
      const bool tries = !pending.passed && range.from >= pending.from && range.to <= pending.to &&
                         range.attempt == pending.attempt + 1;
      if (!tries && range.to > range.from) {
        Problem("G4: ", ToString(range.source, range.from), "#", range.attempt,
                " is not what is probed");
      }
      return;
    }
    if (range.to > range.from) {
      Problem("G4: ", ToString(range.source, range.from), " is not pending and was judged");
    }
  }

  // The worker that tripped writes nothing more of the stream until its state shows that trip.
  void CheckStopsAtOnce() {
    std::map<std::string, wire::SummaryRange> tripped;
    for (const wire::Summary& summary : summaries_) {  // of one stream in their order
      const std::string key = Cat(summary.program, "/", summary.worker, "/", summary.stream);
      const auto before = tripped.find(key);
      if (before != tripped.end() && !Shows(summary, before->second)) {
        Problem("G4: ", key, " went on after it tripped at ",
                ToString(before->second.source, before->second.from));
      }
      tripped.erase(key);
      for (const wire::SummaryRange& range : summary.ranges) {
        if (range.verdict == wire::RangeVerdict::kAbandon) tripped[key] = range;
      }
    }
  }

  bool Shows(const wire::Summary& summary, const wire::SummaryRange& trip) const {
    const size_t stream = evidence_.authority->StreamOf("p/" + summary.stream);
    const auto& breaker = evidence_.authority->at(summary.state_offset)[stream];
    if (breaker == nullptr) return false;
    return std::any_of(breaker->merged.begin(), breaker->merged.end(), [&](const auto& merged) {
      return merged.source == trip.source &&
             std::tie(merged.from, merged.attempt) >= std::tie(trip.from, trip.attempt);
    });
  }

  void CheckFailureEvents() {
    std::set<std::string> ids;
    std::map<std::string, uint64_t> rejected;  // rows by stream
    for (int32_t i = 0; i < broker_.Partitions("failures"); ++i) {
      for (const Record& record : broker_.Visible({"failures", i})) {
        const auto event = wire::DecodeFailureEvent(*record.value);
        if (!event.ok()) {
          Problem("failure event: ", event.status().message());
          continue;
        }
        if (!ids.insert(event->id).second) Problem("a failure event twice: ", event->id);
        rejected[event->stream] += event->code == Code::kJsonMalformed ||
                                           event->code == Code::kRecordTruncated
                                       ? event->row_count
                                       : 0;
      }
    }
    std::map<std::string, uint64_t> counted;
    for (const wire::Summary& summary : summaries_) counted[summary.stream] += summary.counts.dead_lettered;
    for (const auto& [stream, rows] : counted) {
      // Abandoned batches report their rejected records too.
      if (rejected[stream] < rows) Problem("events of ", stream, " miss rows");
    }
  }

  // One attempt, one report; an attempt tries again what the one before has abandoned.
  void CheckAbandonedOnce() {
    std::vector<wire::SummaryRange> abandoned;
    for (const wire::Summary& summary : summaries_) {
      for (const wire::SummaryRange& range : summary.ranges) {
        if (range.verdict == wire::RangeVerdict::kAbandon) abandoned.push_back(range);
      }
    }
    for (const wire::SummaryRange& range : abandoned) {
      const std::string name = Cat(ToString(range.source, range.from), "#", range.attempt);
      const auto same = [&](const wire::SummaryRange& other) {
        return other.source == range.source && other.from == range.from &&
               other.attempt == range.attempt && other.to > other.from;
      };
      if (std::count_if(abandoned.begin(), abandoned.end(), same) > 1) {
        Problem("abandoned twice: ", name);
      }
      const auto before = [&](const wire::SummaryRange& other) {
        return other.source == range.source && other.attempt == range.attempt - 1 &&
               (other.from == range.from || (other.from < range.from && range.from < other.to));
      };
      if (range.attempt > 1 && std::none_of(abandoned.begin(), abandoned.end(), before)) {
        Problem("an attempt without the one before: ", name);
      }
    }
  }

  const Evidence evidence_;
  const Broker& broker_;
  std::vector<wire::Summary> summaries_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> Check(const Evidence& evidence) {
  return Checker(evidence).Run();
}

}  // namespace fracas::sim
