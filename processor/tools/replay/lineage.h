#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/limits_tools.h"
#include "core/status.h"
#include "tools/letters/letter_reader.h"
#include "tools/replay/choice.h"
#include "tools/targets.h"

// A replay that fails comes back as a dead letter of its own, and the first one stays open. Both
// are the same record: sent together it would be published twice.

namespace fracas::tools {

// How far the clocks of two instances may be apart, or an instance's and the authority's: what is
// younger than a letter or a ticket is looked for from so much earlier on.
inline constexpr int64_t kClocksApartMs = 3'600'000;

// The source coordinates of dead letters whose replay has failed again, whatever became of the
// newer letter: if that is open, it is the one to send; if it was published, so was the record; if
// it was discarded, so was the record. Only letters that the pipeline itself counted as replays are
// believed. Of the stream of `selected` ("" all of ours), and of letters since its beginning: a
// newer letter is never the earlier one. kStop: they are more than `most`; otherwise as the reader.
Result<RecordPlaces> FindSuperseded(const Selection& selected, LetterReader* reader,
                                    size_t most = limits::kLineageMax);

// A dead letter that came of a replay. Its partitions live as long as the lineage.
struct NewerLetter {
  const TopicPartition* source = nullptr;  // of the replay itself
  Offset source_offset = 0;
  const TopicPartition* topic = nullptr;  // where it lies
  Offset offset = 0;
  int64_t judged_ms = 0;
  size_t ticket = 0;  // TicketHash of the replay's
  LetterState state = LetterState::kUnknown;
  bool sendable = false;  // it carries its record's bytes
  std::string Place() const { return ToString(*topic, offset); }
};
size_t TicketHash(std::string_view ticket);

// The same, with the newer letters themselves; some hundred bytes each.
class Lineage {
 public:
  // Those of FindSuperseded, with its limit.
  Status Read(const Selection& selected, LetterReader* reader, size_t most = limits::kLineageMax);
  // Also those that lie in `places`, as they are there now.
  Status ReadPlaces(const std::string& stream, const std::vector<OffsetRange>& places,
                    LetterReader* reader, size_t most = limits::kLineageMax);

  // The letter that the last replay of this record came back as; nullptr: none did.
  const NewerLetter* NextOf(const TopicPartition& source, Offset offset) const;
  // The last of the letters that followed it; nullptr: none did.
  const NewerLetter* NewestOf(const TopicPartition& source, Offset offset) const;
  // The records whose newest letter is meant.
  std::vector<RecordName> OlderThan(
      const std::function<bool(const NewerLetter& newest)>& meant) const;
  size_t size() const { return size_; }

 private:
  void Add(const Letter& newer, const RecordName& ancestor);
  void AddSibling(const NewerLetter& older, const NewerLetter& newer);

  std::map<TopicPartition, std::unordered_map<Offset, NewerLetter>> next_;  // by the older record
  std::set<TopicPartition> partitions_;
  size_t size_ = 0;
};

// Why a letter of this record is not to be sent, and what to do instead. `older`: the letter's
// place, "" it has none.
std::string WhySuperseded(const NewerLetter& newer, const std::string& older);

}  // namespace fracas::tools
