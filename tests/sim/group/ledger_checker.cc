#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "state/format/codec.h"
#include "tests/sim/group/checker.h"
#include "wire/replay.h"

// What became of each dead letter, worked out from the logs alone: the ledger topic says what
// people and replays have done, each ledger says the same, letter by letter and in sums.

namespace fracas::sim {

namespace {

using ledger::Letter;
using ledger::LetterState;
using ledger::Place;

std::string ToString(const Place& place) { return fracas::ToString(place.partition, place.offset); }

class Ledgers {
 public:
  Ledgers(const Evidence& evidence, const Reading& reading, std::vector<std::string>* problems)
      : evidence_(evidence), broker_(*evidence.broker), reading_(reading), problems_(problems) {}

  void Run() {
    FoldEnds();
    CheckEnds();
    CheckPublishedReplays();
    for (const LedgerEvidence& ledger : evidence_.ledgers) CheckLedger(ledger);
  }

 private:
  template <typename... Pieces>
  void Problem(const Pieces&... pieces) {
    problems_->push_back(Cat("ledger: ", pieces...));
  }

  // --- The ledger topic -------------------------------------------------------------------------

  // Of each letter the last end; compaction has left it.
  void FoldEnds() {
    std::map<Place, const ReadEnd*> last;
    for (const ReadEnd& read : reading_.ends) {
      const Place place{read.end.letter, read.end.letter_offset};
      if (read.key != state::LetterKey(place.partition, place.offset)) {
        Problem("the end of ", ToString(place), " has another's key");
      }
      last[place] = &read;
    }
    for (const auto& [place, read] : last) {
      if (read->compacted) Problem("compaction has taken the end of ", ToString(place));
      ends_[place] = &read->end;
    }
  }

  // What was applied to a letter.
  struct Event {
    Offset control_offset = 0;
    state::LetterEnd end{};
    std::string ticket;
    const wire::ReplayPublished* replay = nullptr;
  };

  // The ticket as it was when a fact that names it came.
  const state::Ticket* TicketBefore(const std::string& id, Offset control_offset) const {
    const auto found = reading_.state.tickets().find(id);
    if (found == reading_.state.tickets().end()) return nullptr;
    const state::Ticket* before = nullptr;
    for (const auto& version : found->second) {
      const state::Ticket* ticket = version.value.get();
      if (ticket != nullptr && ticket->stamp.control_offset < control_offset) before = ticket;
    }
    return before;
  }

  std::map<Place, Event> LastEvents() {
    std::set<Offset> applied;
    for (const wire::JournalEntry& entry : reading_.journal) {
      if (entry.applied) applied.insert(entry.control_offset);
    }
    std::map<Place, Event> events;
    for (const ReadControl& read : reading_.control) {
      if (!read.message || !applied.contains(read.offset)) continue;
      const auto* command = std::get_if<wire::Command>(&*read.message);
      const auto* fact = std::get_if<wire::Fact>(&*read.message);
      if (command != nullptr) {
        const auto* discard = std::get_if<wire::LetterDiscard>(&command->args);
        if (discard == nullptr) continue;
        for (const auto& letter : discard->letters) {
          events[{letter.source, letter.offset}] = {read.offset, state::LetterEnd::kDiscarded, "",
                                                    nullptr};
        }
      } else if (fact != nullptr) {
        const auto* replay = std::get_if<wire::ReplayPublished>(&fact->args);
        if (replay == nullptr) continue;
        const state::Ticket* ticket = TicketBefore(replay->ticket, read.offset);
        if (ticket == nullptr) {
          Problem("a replay was taken for published under no ticket: ", replay->ticket);
          continue;
        }
        events[{ticket->letter, ticket->letter_offset}] = {read.offset, state::LetterEnd::kResolved,
                                                           replay->ticket, replay};
      }
    }
    return events;
  }

  // Each end is what was applied to that letter last, and what was applied has its end.
  void CheckEnds() {
    const std::map<Place, Event> events = LastEvents();
    for (const auto& [place, event] : events) {
      const auto found = ends_.find(place);
      if (found == ends_.end()) {
        Problem("what was applied at ", event.control_offset, " has not ended ", ToString(place));
        continue;
      }
      const state::LetterResolution& end = *found->second;
      const bool replay = event.replay == nullptr || (end.published == event.replay->source &&
                                                      end.published_offset == event.replay->offset);
      if (end.stamp.control_offset != event.control_offset || end.end != event.end ||
          end.ticket != event.ticket || !replay) {
        Problem("the end of ", ToString(place), " is not what was applied at ",
                event.control_offset);
      }
    }
    for (const auto& [place, end] : ends_) {
      if (!events.contains(place)) Problem(ToString(place), " has an end that nothing made");
    }
    for (const ReadEnd& read : reading_.ends) {
      if (read.end.end != state::LetterEnd::kResolved) continue;
      const Place replay{read.end.published, read.end.published_offset};
      if (!WasPublished(replay)) {
        Problem(ToString(Place{read.end.letter, read.end.letter_offset}), " is resolved by ",
                ToString(replay), ", which was not published");
      }
    }
  }

  // --- Replays ----------------------------------------------------------------------------------

  bool WasPublished(const Place& source) const {
    const Tile* tile = reading_.TileOf(source.partition, source.offset);
    if (tile == nullptr || tile->range.code == Code::kOffsetOutOfRange) return false;
    const PartitionLog& log = broker_.log(source.partition);
    return log[static_cast<size_t>(source.offset)].state == Entry::State::kCommitted &&
           !HasLetter(source);
  }

  bool HasLetter(const Place& source) const {
    const auto found = reading_.letters.find(source.partition);
    if (found == reading_.letters.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(), [&](const ReadLetter& letter) {
      return letter.context.offset == source.offset;
    });
  }

  // Of the copies of a replay that were published while its ticket was good, one has said so, once;
  // unless a copy that was not published had the ticket meanwhile.
  void CheckPublishedReplays() {
    std::map<Place, std::string> told;
    std::set<std::string> used;  // tickets
    for (const ReadControl& read : reading_.control) {
      const auto* fact = read.message ? std::get_if<wire::Fact>(&*read.message) : nullptr;
      const auto* replay =
          fact == nullptr ? nullptr : std::get_if<wire::ReplayPublished>(&fact->args);
      if (replay == nullptr) continue;
      const Place source{replay->source, replay->offset};
      if (!told.emplace(source, replay->ticket).second) {
        Problem("a replay was published twice: ", ToString(source));
      }
      if (!WasPublished(source)) Problem("a replay was not published: ", ToString(source));
      used.insert(replay->ticket);
    }
    for (const auto& [source, letters] : reading_.letters) {
      for (const ReadLetter& letter : letters) {
        used.insert(Reading::HeaderOf(*letter.record, wire::kReplayTicketHeader));
      }
    }
    for (const auto& [partition, plants] : *evidence_.planted) {
      if (partition.topic == "c") continue;
      for (const auto& [offset, plant] : plants) CheckTold({partition, offset}, used);
    }
  }

  void CheckTold(const Place& source, const std::set<std::string>& used) {
    const PartitionLog& log = broker_.log(source.partition);
    const Record& record = log[static_cast<size_t>(source.offset)].record;
    const std::string id = Reading::HeaderOf(record, wire::kReplayTicketHeader);
    if (id.empty() || used.contains(id) || !WasPublished(source)) return;
    const Tile& tile = *reading_.TileOf(source.partition, source.offset);
    const wire::Summary& summary = reading_.summaries[tile.summary].summary;
    const state::Ticket* ticket =
        reading_.TicketOf(record, Cat("p/", summary.stream), summary.state_offset);
    if (ticket == nullptr || ticket->expires_ms <= summary.time_ms) return;
    Problem("nobody was told that ", ToString(source), " was published under ", id);
  }

  // --- Ledgers ----------------------------------------------------------------------------------

  static bool Contains(const LedgerEvidence& ledger, const Place& place) {
    const auto found = ledger.taken.find(place.partition);
    if (found == ledger.taken.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(), [&](const auto& range) {
      return range.first <= place.offset && place.offset < range.second;
    });
  }

  const state::LetterResolution* EndOf(const Place& source) const {
    const auto found = ends_.find(source);
    return found == ends_.end() ? nullptr : found->second;
  }

  // As a dead letter's record and the end of its source record make it.
  Letter LetterOf(const Place& place, const ReadLetter& read) const {
    const wire::DeadLetter& context = read.context;
    Letter letter;
    letter.place = place;
    letter.source = {context.source, context.offset};
    letter.stream = Cat(context.pipeline, "/", context.stream);
    letter.code = context.code_number;
    if (!ParseTimestamp(context.timestamp, &letter.judged_ms)) letter.judged_ms = -1;
    letter.timestamp_ms = read.record->timestamp_ms;
    letter.attempt = context.attempt;
    letter.replay_count = context.replay_count;
    const bool unread = context.code == Code::kPoisonRecord;
    letter.business_id = unread ? "" : Reading::HeaderOf(*read.record, kIdHeader);
    letter.fingerprint = context.fingerprint;
    if (const state::LetterResolution* end = EndOf(letter.source); end != nullptr) {
      const bool resolved = end->end == state::LetterEnd::kResolved;
      letter.state = resolved ? LetterState::kResolved : LetterState::kDiscarded;
      letter.ended_ms = end->stamp.time_ms;
    }
    return letter;
  }

  // What a ledger must know: all that is there, and what was open when retention took it, if it had
  // read it.
  std::map<Place, Letter> Expected(const LedgerEvidence& ledger) const {
    std::map<Place, Letter> expected;
    for (const auto& [source, letters] : reading_.letters) {
      for (const ReadLetter& read : letters) {
        const Place place{{source.topic + ".dlq", source.partition}, read.offset};
        Letter letter = LetterOf(place, read);
        if (read.offset < broker_.Low(place.partition)) {
          if (letter.state != LetterState::kOpen || !Contains(ledger, place)) continue;
          letter.state = LetterState::kExpired;
        }
        expected.emplace(place, std::move(letter));
      }
    }
    return expected;
  }

  void CheckLedger(const LedgerEvidence& ledger) {
    if (!ledger.caught_up) return Problem(ledger.name, " does not catch up");
    const std::map<Place, Letter> expected = Expected(ledger);
    std::map<Place, Letter> known;
    ledger::Index::Query query{.limit = 7};
    do {
      Result<ledger::Index::Page> page = ledger.ledger->index().List(query);
      if (!page.ok()) return Problem(ledger.name, ": ", page.status().message());
      for (Letter& letter : page->letters) {
        const Place place = letter.place;
        if (!known.emplace(place, std::move(letter)).second) {
          Problem(ledger.name, " lists ", ToString(place), " twice");
        }
      }
      query.after = page->next;
    } while (!query.after.empty());
    for (const auto& [place, letter] : expected) {
      const auto found = known.find(place);
      if (found == known.end()) {
        Problem(ledger.name, " does not know ", ToString(place), ", ", Name(letter.state));
      } else {
        CheckLetter(ledger, letter, found->second);
      }
    }
    for (const auto& [place, letter] : known) {
      if (expected.contains(place)) continue;
      Problem(ledger.name, " knows ", ToString(place), ", ", Name(letter.state), ", which is none");
    }
    CheckSums(ledger, known);
  }

  // When it was seen that a letter had expired is the ledger's own time.
  static bool Same(Letter expected, const Letter& known) {
    if (expected.state == LetterState::kExpired) expected.ended_ms = known.ended_ms;
    return expected == known;
  }

  void CheckLetter(const LedgerEvidence& ledger, const Letter& expected, const Letter& known) {
    const std::string place = ToString(expected.place);
    if (expected.state != known.state) {
      return Problem(ledger.name, " takes ", place, " for ", Name(known.state), "; it is ",
                     Name(expected.state));
    }
    if (!Same(expected, known)) Problem(ledger.name, " does not know ", place, " as it is");
    const Result<std::vector<ledger::Index::Found>> found =
        ledger.ledger->index().Find(expected.source);
    if (!found.ok()) return Problem(ledger.name, ": ", found.status().message());
    const bool one = found->size() == 1 && Same(expected, found->front().letter);
    const state::LetterResolution* end = EndOf(expected.source);
    const bool ended = one && (end == nullptr ? !found->front().resolution.has_value()
                                              : found->front().resolution == *end);
    if (!ended) Problem(ledger.name, " does not find ", ToString(expected.source), " as it is");
  }

  // Rows are sums of letters.
  void CheckSums(const LedgerEvidence& ledger, const std::map<Place, Letter>& letters) {
    std::map<std::pair<std::string, uint32_t>, ledger::LetterCount> sums;
    for (const auto& [place, letter] : letters) {
      ledger::LetterCount& sum = sums[{letter.stream, letter.code}];
      sum.open += letter.state == LetterState::kOpen;
      sum.resolved += letter.state == LetterState::kResolved;
      sum.discarded += letter.state == LetterState::kDiscarded;
      sum.expired += letter.state == LetterState::kExpired;
      if (letter.state != LetterState::kOpen) continue;
      const int64_t second_ms = letter.judged_ms / 1'000 * 1'000;
      const bool older = sum.oldest_open_ms == 0 || second_ms < sum.oldest_open_ms;
      if (older) sum.oldest_open_ms = second_ms;
    }
    const ledger::LedgerFacts facts = ledger.ledger->facts();
    if (facts.foreign + facts.unreadable > 0) Problem(ledger.name, " takes letters for others'");
    for (const ledger::LedgerFacts::Row& row : facts.rows) {
      const auto found = sums.find({row.stream, row.code});
      const ledger::LetterCount sum = found == sums.end() ? ledger::LetterCount() : found->second;
      const bool same = row.open == sum.open && row.resolved == sum.resolved &&
                        row.discarded == sum.discarded && row.expired == sum.expired &&
                        row.oldest_open_ms == sum.oldest_open_ms;
      const int64_t ends_ms =
          row.oldest_open_ms == 0 ? 0 : row.oldest_open_ms + evidence_.letters_kept_ms;
      if (!same || row.ends_ms != ends_ms) {
        Problem(ledger.name, " counts ", row.stream, " ", row.code, " as ", row.open, " open, ",
                row.resolved, " resolved, ", row.discarded, " discarded, ", row.expired,
                " expired; they are ", sum.open, ", ", sum.resolved, ", ", sum.discarded, ", ",
                sum.expired);
      }
      sums.erase({row.stream, row.code});
    }
    for (const auto& [name, sum] : sums) {
      Problem(ledger.name, " does not count ", name.first, " ", name.second);
    }
  }

  const Evidence& evidence_;
  const Broker& broker_;
  const Reading& reading_;
  std::vector<std::string>* const problems_;
  std::map<Place, const state::LetterResolution*> ends_;  // by the letter's source record
};

}  // namespace

void CheckLedgers(const Evidence& evidence, const Reading& reading,
                  std::vector<std::string>* problems) {
  Ledgers(evidence, reading, problems).Run();
}

}  // namespace fracas::sim
