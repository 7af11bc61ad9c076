#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/broker.h"
#include "tests/sim/group/state_log.h"
#include "tests/sim/scene.h"
#include "wire/command.h"
#include "wire/dead_letter.h"
#include "wire/journal.h"
#include "wire/summary.h"

// What the logs of a run say, read once, for the checkers. They share no code with the program but
// the decoders of wire/ and state/format.

namespace fracas::sim {

// A stream became RED in one process.
struct Trip {
  std::string process;  // program_version of the summaries
  std::string stream;
  Offset state_offset = 0;  // from here on nothing of the stream is published
};

struct ReadSummary {
  wire::Summary summary;
  uint64_t order = 0;
};

// A range that was published: offsets that have moved.
struct Tile {
  wire::SummaryRange range;
  size_t summary = 0;  // in Reading::summaries
};

struct ReadControl {
  Offset offset = 0;
  uint64_t order = 0;
  std::optional<wire::ControlMessage> message;  // nullopt: nobody can read it
};

struct ReadLetter {
  wire::DeadLetter context;
  const Record* record = nullptr;
  Offset offset = 0;  // on its dead-letter topic
};

// A record of the ledger topic: a letter is not open any more.
struct ReadEnd {
  std::string key;
  bool compacted = false;
  state::LetterResolution end;
};

class Reading {
 public:
  Reading(const Broker& broker, const Planted& planted);

  // The published range around an offset; nullptr: there is none.
  const Tile* TileOf(const TopicPartition& source, Offset offset) const;
  Offset CommittedOf(const TopicPartition& source) const;
  // The ticket under which a record of a stream may pass, at a state offset; nullptr: it has none.
  const state::Ticket* TicketOf(const Record& source, const std::string& stream,
                                Offset state_offset) const;
  // The last header of that name; "" if there is none.
  static std::string HeaderOf(const Record& record, std::string_view name);

  std::vector<ReadSummary> summaries;  // of one stream in their order
  std::map<TopicPartition, std::map<Offset, Tile>> tiles;
  std::map<TopicPartition, std::vector<ReadLetter>> letters;  // by source, as they were written
  std::vector<ReadControl> control;
  std::vector<wire::JournalEntry> journal;
  std::vector<ReadEnd> ends;
  StateLog state;
  std::vector<std::string> problems;  // what cannot be read, or is there twice

 private:
  template <typename Visit>
  void VisitLog(const TopicPartition& partition, Visit visit) const;
  void ReadSummaries();
  void ReadLetters(const Planted& planted);
  void ReadLanes();
  void ReadEnds();

  const Broker& broker_;
};

}  // namespace fracas::sim
