#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "core/text.h"
#include "state/format/codec.h"
#include "tests/sim/group/checker.h"
#include "wire/replay.h"

// State is a fold, commands are applied once and in one order, tickets are used once.

namespace fracas::sim {

namespace {

class State {
 public:
  State(const Evidence& evidence, const Reading& reading, std::vector<std::string>* problems)
      : evidence_(evidence), broker_(*evidence.broker), reading_(reading), problems_(problems) {}

  void Run() {
    CheckJournal();
    CheckVersions();
    CheckCursors();
    CheckStores();
    CheckReplays();
    CheckLetters();
  }

 private:
  template <typename... Pieces>
  void Problem(const Pieces&... pieces) {
    problems_->push_back(Cat(pieces...));
  }

  // G6: each record of the control topic has one entry, in the topic's order; a command that came
  // twice has one for both.
  void CheckJournal() {
    std::map<Offset, const wire::JournalEntry*> entries;
    Offset before = kNoOffset;
    for (const wire::JournalEntry& entry : reading_.journal) {
      if (entry.control_offset == kNoOffset) continue;
      if (!entries.emplace(entry.control_offset, &entry).second) {
        Problem("G6: ", entry.id, " was answered twice, at ", entry.control_offset);
      }
      if (entry.control_offset < before) Problem("G6: ", entry.id, " was answered out of order");
      before = std::max(before, entry.control_offset);
    }
    std::set<std::string> commands;
    size_t expected = 0;
    for (const ReadControl& read : reading_.control) {
      const auto* command = read.message ? std::get_if<wire::Command>(&*read.message) : nullptr;
      if (read.message && std::holds_alternative<wire::ControlGenesis>(*read.message)) continue;
      const auto entry = entries.find(read.offset);
      if (command != nullptr && !commands.insert(command->id).second) {
        if (entry != entries.end()) Problem("G6: ", command->id, " was answered twice");
        continue;
      }
      ++expected;
      if (entry == entries.end()) {
        if (!evidence_.stores.empty()) Problem("G6: nobody has answered control/0/", read.offset);
        continue;
      }
      if (command != nullptr) CheckAnswer(*command, *entry->second);
      if (!read.message && entry->second->applied) {
        Problem("G6: what nobody can read was applied: ", read.offset);
      }
    }
    if (entries.size() > expected)
      Problem("G6: ", entries.size() - expected, " answers to nothing");
  }

  void CheckAnswer(const wire::Command& command, const wire::JournalEntry& entry) {
    if (entry.id != command.id) Problem("G6: ", command.id, " has the answer to ", entry.id);
    if (entry.because.empty()) Problem("G6: ", command.id, " has an answer without a reason");
    if (!entry.applied) return;
    if (command.not_after_ms != 0 && entry.time_ms > command.not_after_ms) {
      Problem("G6: ", command.id, " was applied too late");
    }
    const bool breaker = entry.type.starts_with("breaker.") || entry.type.starts_with("offsets.");
    if (breaker && command.expected_version && entry.version != *command.expected_version + 1) {
      Problem("G6: ", command.id, " was applied to version ", entry.version - 1, ", not to ",
              *command.expected_version);
    }
  }

  // Every change of a breaker is one version with one entry, none is missing, the last one is in
  // the state.
  void CheckVersions() {
    std::map<std::string, uint64_t> versions;
    for (const wire::JournalEntry& entry : reading_.journal) {
      static const std::set<std::string> kChanging = {"tripped", "probe_passed", "loss_accepted"};
      const bool changes = entry.type.starts_with("breaker.") ||
                           entry.type.starts_with("offsets.") || kChanging.contains(entry.type);
      if (!changes || !entry.applied) continue;
      uint64_t& version = versions[entry.stream];
      if (entry.version != version + 1) {
        Problem("G6: ", entry.stream, " went from version ", version, " to ", entry.version);
      }
      version = entry.version;
    }
    for (const auto& [stream, history] : reading_.state.breakers()) {
      uint64_t last = 0;
      for (const auto& version : history) {
        if (version.value == nullptr || version.value->stamp.version <= last) {
          Problem("G5: a version of ", stream, " does not follow ", last);
          return;
        }
        last = version.value->stamp.version;
      }
      if (last != versions[stream]) {
        Problem("G6: ", stream, " is at version ", last, ", its journal at ", versions[stream]);
      }
    }
  }

  void CheckCursors() {
    Offset before = kNoOffset;
    int64_t time_ms = 0;
    std::set<std::string> uuids;
    for (const auto& version : reading_.state.cursors()) {
      if (version.value == nullptr) return Problem("G5: a cursor was deleted");
      if (version.value->control_offset < before || version.value->time_ms <= time_ms) {
        Problem("G6: the cursor went back at ", version.offset);
      }
      before = version.value->control_offset;
      time_ms = version.value->time_ms;
      uuids.insert(version.value->control_uuid);
    }
    if (uuids.size() > 1) Problem("G6: the control topic was taken for another");
  }

  // G5: the store of everybody who has followed is the fold, byte for byte.
  void CheckStores() {
    for (const auto& [name, store] : evidence_.stores) {
      if (store->data() != reading_.state.fold())
        Problem("G5: the store of ", name, " is not the fold");
    }
    // The same for what compaction has left.
    std::map<std::string, std::string, std::less<>> left;
    for (const Record& record : broker_.Visible(kStateLog)) {
      if (record.value) {
        left[*record.key] = *record.value;
      } else {
        left.erase(*record.key);
      }
    }
    if (left != reading_.state.fold()) Problem("G5: compaction has changed the state");
  }

  // A replay that was published under a ticket says so in its transaction, once; what was not says
  // nothing.
  void CheckReplays() {
    for (const ReadControl& read : reading_.control) {
      const auto* fact = read.message ? std::get_if<wire::Fact>(&*read.message) : nullptr;
      const auto* replay =
          fact == nullptr ? nullptr : std::get_if<wire::ReplayPublished>(&fact->args);
      if (replay == nullptr) continue;
      const std::string place = ToString(replay->source, replay->offset);
      const Tile* tile = reading_.TileOf(replay->source, replay->offset);
      const Record& source =
          broker_.log(replay->source)[static_cast<size_t>(replay->offset)].record;
      if (tile == nullptr ||
          Reading::HeaderOf(source, wire::kReplayTicketHeader) != replay->ticket) {
        Problem("a replay that is none: ", place);
        continue;
      }
      const wire::Summary& summary = reading_.summaries[tile->summary].summary;
      const state::Ticket* ticket = reading_.state.TicketAt(replay->ticket, summary.state_offset);
      if (ticket == nullptr || ticket->stream != fact->stream ||
          ticket->business_id != Reading::HeaderOf(source, kIdHeader)) {
        Problem("a replay without its ticket: ", place);
      }
    }
  }

  // At most one ticket for a letter at any time; a ticket that was used is gone, and its letter is
  // resolved by the replay that used it, in the same transaction.
  void CheckLetters() {
    std::map<Offset, wire::ReplayPublished> facts;
    for (const ReadControl& read : reading_.control) {
      const auto* fact = read.message ? std::get_if<wire::Fact>(&*read.message) : nullptr;
      if (fact == nullptr) continue;
      if (const auto* replay = std::get_if<wire::ReplayPublished>(&fact->args)) {
        facts.emplace(read.offset, *replay);
      }
    }
    std::map<std::string, Offset> used;  // by ticket
    for (const wire::JournalEntry& entry : reading_.journal) {
      if (entry.type != "replay_published" || !entry.applied) continue;
      const auto fact = facts.find(entry.control_offset);
      if (fact == facts.end()) {
        Problem("an answer to a replay that nobody has published: ", entry.id);
      } else if (!used.emplace(fact->second.ticket, entry.control_offset).second) {
        Problem("a ticket was used twice: ", fact->second.ticket);
      }
    }
    std::map<Offset, state::LetterResolution> resolved;  // by the fact's offset
    for (const ReadEnd& read : reading_.ends) {
      if (read.end.end == state::LetterEnd::kResolved) {
        resolved.emplace(read.end.stamp.control_offset, read.end);
      }
    }
    for (const auto& [ticket, at] : used) {
      const auto letter = resolved.find(at);
      const bool fits = letter != resolved.end() && letter->second.ticket == ticket &&
                        letter->second.published == facts.at(at).source &&
                        letter->second.published_offset == facts.at(at).offset;
      // Another end of the same letter in the same transaction takes its place.
      if (!fits && !WasEndedAgain(at)) Problem("a used ticket resolved nothing: ", ticket);
    }
    for (const auto& [at, letter] : resolved) {
      if (!used.contains(letter.ticket)) Problem("a letter was resolved by nothing at ", at);
    }
    CheckTickets();
  }

  // Between two cursors one key of the ledger is written once: the last end counts.
  bool WasEndedAgain(Offset at) const {
    for (const auto& version : reading_.state.cursors()) {
      if (version.value->control_offset < at) continue;
      return std::any_of(reading_.journal.begin(), reading_.journal.end(), [&](const auto& entry) {
        return entry.applied && entry.control_offset > at &&
               entry.control_offset <= version.value->control_offset &&
               (entry.type == "letter.discard" || entry.type == "replay_published");
      });
    }
    return false;
  }

  void CheckTickets() {
    struct Change {
      Offset offset = 0;
      std::string id;
      const state::Ticket* ticket = nullptr;
    };
    std::vector<Change> changes;
    for (const auto& [id, versions] : reading_.state.tickets()) {
      for (const auto& version : versions)
        changes.push_back({version.offset, id, version.value.get()});
    }
    std::sort(changes.begin(), changes.end(),
              [](const Change& left, const Change& right) { return left.offset < right.offset; });
    // Judged where a transaction ends: at its cursor.
    std::map<std::string, const state::Ticket*> open;
    auto change = changes.begin();
    for (const auto& cursor : reading_.state.cursors()) {
      for (; change != changes.end() && change->offset < cursor.offset; ++change) {
        open[change->id] = change->ticket;
      }
      std::set<std::string> letters;
      for (const auto& [id, ticket] : open) {
        if (ticket == nullptr) continue;
        if (!letters.insert(state::RecordId(ticket->letter, ticket->letter_offset)).second) {
          Problem("two tickets for one letter at ", cursor.offset);
        }
      }
    }
  }

  const Evidence& evidence_;
  const Broker& broker_;
  const Reading& reading_;
  std::vector<std::string>* const problems_;
};

}  // namespace

void CheckState(const Evidence& evidence, const Reading& reading,
                std::vector<std::string>* problems) {
  State(evidence, reading, problems).Run();
}

}  // namespace fracas::sim
