#include "tests/sim/group/checker.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/text.h"
#include "wire/failure_event.h"
#include "wire/replay.h"

// Every source record has exactly one outcome: it was published, unharmed and in its place, or it
// has a dead letter, or a person has accepted that it is lost. And each outcome has a reason that
// the logs show.

namespace fracas::sim {

namespace {

class Outcomes {
 public:
  Outcomes(const Evidence& evidence, const Reading& reading, std::vector<std::string>* problems)
      : evidence_(evidence), broker_(*evidence.broker), reading_(reading), problems_(problems) {}

  void Run() {
    for (const auto& [partition, plants] : *evidence_.planted) {
      CheckTiles(partition);
      if (partition.topic != "c") CheckRecords(partition, plants);
      if (!evidence_.durable) CheckEnd(partition, plants.rbegin()->first);
    }
    CheckOffsetsNeverFall();
    CheckFailureEvents();
  }

 private:
  template <typename... Pieces>
  void Problem(const Pieces&... pieces) {
    problems_->push_back(Cat(pieces...));
  }

  static bool IsLoss(const Tile& tile) { return tile.range.code == Code::kOffsetOutOfRange; }
  const wire::Summary& SummaryOf(const Tile& tile) const {
    return reading_.summaries[tile.summary].summary;
  }

  // G1 on offsets: published ranges tile from 0 to the committed offset, gaps are what is missing.
  void CheckTiles(const TopicPartition& partition) {
    Offset at = 0;
    const auto tiles = reading_.tiles.find(partition);
    if (tiles != reading_.tiles.end()) {
      for (const auto& [from, tile] : tiles->second) {
        if (from != at) Problem("G1: ", ToString(partition, at), " is followed by ", from);
        at = tile.range.to;
        CheckTile(partition, tile);
      }
    }
    const Offset committed = reading_.CommittedOf(partition);
    if (at != committed)
      Problem("G1: ", ToString(partition, at), " is not the committed ", committed);
  }

  void CheckTile(const TopicPartition& partition, const Tile& tile) {
    const wire::SummaryRange& range = tile.range;
    if (IsLoss(tile)) {
      if (range.records != 0)
        Problem("G1: a loss with records at ", ToString(partition, range.from));
      if (range.to > broker_.Low(partition)) {
        Problem("G1: ", ToString(partition, range.from), " was given up to ", range.to,
                ", retention has taken only up to ", broker_.Low(partition));
      }
      return;
    }
    uint64_t records = 0;
    for (Offset offset = range.from; offset < range.to; ++offset) {
      records +=
          broker_.log(partition)[static_cast<size_t>(offset)].state == Entry::State::kCommitted;
    }
    if (records != range.records) {
      Problem("G1: ", ToString(partition, range.from), " has ", records, " records, says ",
              range.records);
    }
  }

  // G2, G3: below the committed offset each record is in exactly one place, in order.
  void CheckRecords(const TopicPartition& partition, const std::map<Offset, Plant>& plants) {
    static const std::vector<ReadLetter> kNone;
    const auto found = reading_.letters.find(partition);
    const std::vector<ReadLetter>& letters =
        found == reading_.letters.end() ? kNone : found->second;
    const std::vector<Record> published =
        broker_.Visible({partition.topic + ".out", partition.partition});
    const Offset committed = reading_.CommittedOf(partition);
    size_t letter = 0;
    size_t copy = 0;
    for (const auto& [offset, plant] : plants) {
      if (offset >= committed) break;
      const Tile* tile = reading_.TileOf(partition, offset);
      if (tile == nullptr) return;  // told by CheckTiles
      if (IsLoss(*tile)) continue;
      const Record& source = broker_.log(partition)[static_cast<size_t>(offset)].record;
      if (letter < letters.size() && letters[letter].context.offset == offset &&
          letters[letter].context.source == partition) {
        CheckLetter(source, letters[letter++]);
        continue;
      }
      if (copy >= published.size()) {
        Problem("G2: lost ", ToString(partition, offset));
        return;
      }
      const Record& out = published[copy++];
      if (out.key != source.key || out.value != source.value || out.headers != source.headers ||
          out.timestamp_ms != source.timestamp_ms) {
        Problem("G2/G3: ", ToString(partition, offset), " is not what was published in its place");
        return;
      }
      CheckPublished({partition, offset}, plant, source, *tile);
    }
    if (copy != published.size()) {
      Problem("G2: ", published.size() - copy, " records too many in ", partition.topic, ".out/",
              partition.partition);
    }
    if (letter != letters.size()) {
      Problem("G2: dead letters too many or out of order of ", partition.topic, "/",
              partition.partition, ": ", ToString(partition, letters[letter].context.offset));
    }
    if (!evidence_.durable) CheckNeverSeen(partition);
  }

  // Not even read_uncommitted readers see what was held.
  void CheckNeverSeen(const TopicPartition& partition) {
    for (const Entry& entry : broker_.log({partition.topic + ".out", partition.partition})) {
      if (entry.record.value && entry.record.value->find("\"one\"") != std::string::npos) {
        Problem("a held record reached the log of ", partition.topic, ".out");
      }
    }
  }

  struct Where {
    const TopicPartition& partition;
    Offset offset = 0;
  };

  void CheckPublished(const Where& at, Plant plant, const Record& source, const Tile& tile) {
    const std::string place = ToString(at.partition, at.offset);
    const wire::Summary& summary = SummaryOf(tile);
    if (plant == Plant::kRejected || plant == Plant::kPoison) {
      Problem("a record was published that nobody may pass: ", place);
    }
    if (plant == Plant::kHeld && summary.contract != evidence_.mended_contract) {
      Problem("a held record was passed: ", place);
    }
    if (!evidence_.durable) return;
    const std::string stream = Cat("p/", at.partition.topic);
    const Offset state = summary.state_offset;
    const state::QuarantineKey record{stream, state::QuarantineScope::kRecord,
                                      state::RecordId(at.partition, at.offset)};
    if (reading_.state.EntryAt(record, state) != nullptr) {
      Problem("a record was published that is quarantined: ", place);
    }
    const state::QuarantineKey id{stream, state::QuarantineScope::kId,
                                  Reading::HeaderOf(source, kIdHeader)};
    // The quarantine may be newer than the state that the summary names, never older.
    const uint64_t order = reading_.summaries[tile.summary].order;
    const bool masked = reading_.state.EntryAt(id, state) != nullptr &&
                        !reading_.state.WasReleased(id, state, order);
    if (masked && reading_.TicketOf(source, stream, state) == nullptr) {
      Problem("a record was published though ", id.id, " is quarantined: ", place);
    }
  }

  void CheckLetter(const Record& source, const ReadLetter& letter) {
    const wire::DeadLetter& context = letter.context;
    const std::string place = ToString(context.source, context.offset);
    const std::vector<Header> own(
        letter.record->headers.begin(),
        letter.record->headers.begin() + static_cast<std::ptrdiff_t>(context.block_begin));
    if (letter.record->value != source.value || letter.record->key != source.key ||
        own != source.headers) {
      Problem("G2: the dead letter of ", place, " is not its record");
    }
    const Tile& tile = *reading_.TileOf(context.source, context.offset);
    const std::string why = WhyNotLetter(source, context, SummaryOf(tile));
    if (!why.empty())
      Problem("the dead letter of ", place, ", ", Info(context.code).name, ": ", why);
  }

  // "": it has its reason.
  std::string WhyNotLetter(const Record& source, const wire::DeadLetter& letter,
                           const wire::Summary& summary) const {
    const Plant plant = evidence_.planted->at(letter.source).at(letter.offset);
    const std::string stream = Cat("p/", letter.source.topic);
    if (letter.code == Code::kQuarantined) {
      const state::QuarantineKey record{stream, state::QuarantineScope::kRecord,
                                        state::RecordId(letter.source, letter.offset)};
      const state::QuarantineKey id{stream, state::QuarantineScope::kId,
                                    Reading::HeaderOf(source, kIdHeader)};
      const bool masked = reading_.state.EntryAt(record, summary.state_offset) != nullptr ||
                          reading_.state.EverQuarantined(id);
      return masked ? "" : "nothing of it is quarantined";
    }
    if (plant == Plant::kPoison) return letter.code == Code::kPoisonRecord ? "" : "it is poison";
    if (plant == Plant::kRejected) return "";
    if (plant != Plant::kHeld) return "nothing is wrong with it";
    if (reading_.TicketOf(source, stream, summary.state_offset) != nullptr)
      return "";  // a replay that failed
    const state::Breaker* breaker = reading_.state.BreakerAt(stream, summary.state_offset);
    const bool diverted =
        breaker != nullptr && std::count(breaker->diversion.codes.begin(),
                                         breaker->diversion.codes.end(), letter.code) > 0;
    return diverted ? "" : "it should have been held";
  }

  // Liveness without operators: what nothing stops is done when the faults are over.
  void CheckEnd(const TopicPartition& partition, Offset last) {
    const auto& trips = *evidence_.trips;
    const bool tripped = std::any_of(trips.begin(), trips.end(), [&](const Trip& trip) {
      return trip.stream == partition.topic;
    });
    const Offset committed = reading_.CommittedOf(partition);
    if (!tripped && committed <= last) {
      Problem("not done: ", ToString(partition, committed), " of ", last + 1);
    }
  }

  void CheckOffsetsNeverFall() {
    std::map<TopicPartition, Offset> at;
    for (const auto& [partition, committed] : broker_.history()) {
      if (partition.topic == kControlLog.topic) continue;  // somebody sets it back
      Offset& before = at[partition];
      if (committed.offset < before) {
        Problem("the committed offset of ", partition.topic, "/", partition.partition,
                " fell from ", before, " to ", committed.offset);
      }
      before = committed.offset;
    }
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
        // A partition that is stuck by itself leaves no note: its next owner says the same again.
        const bool stuck = event->batch.from == event->batch.to;
        if (!ids.insert(event->id).second && !stuck) Problem("a failure event twice: ", event->id);
        rejected[event->stream] += event->row_count;
      }
    }
    std::map<std::string, uint64_t> counted;
    for (const ReadSummary& read : reading_.summaries) {
      counted[read.summary.stream] += read.summary.counts.dead_lettered;
    }
    for (const auto& [stream, rows] : counted) {
      // Abandoned batches report their rejected records too.
      if (rejected[stream] < rows) Problem("events of ", stream, " miss rows");
    }
  }

  const Evidence& evidence_;
  const Broker& broker_;
  const Reading& reading_;
  std::vector<std::string>* const problems_;
};

}  // namespace

void CheckOutcomes(const Evidence& evidence, const Reading& reading,
                   std::vector<std::string>* problems) {
  Outcomes(evidence, reading, problems).Run();
}

std::vector<std::string> Check(const Evidence& evidence) {
  Reading reading(*evidence.broker, *evidence.planted);
  std::vector<std::string> problems = reading.problems;
  CheckOutcomes(evidence, reading, &problems);
  CheckBreakers(evidence, reading, &problems);
  if (evidence.durable) {
    CheckState(evidence, reading, &problems);
    CheckLedgers(evidence, reading, &problems);
  }
  return problems;
}

}  // namespace fracas::sim
