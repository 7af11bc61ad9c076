#include "tools/replay/lineage.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "core/limits_tools.h"
#include "core/text.h"
#include "wire/replay.h"

namespace fracas::tools {

namespace {

constexpr int kGenerationsMax = 1'000;
constexpr Offset kGapMax = 1'000;  // letters that lie further apart are fetched by themselves

// The record that this letter's replay was sent for.
std::optional<RecordName> AncestorOf(const Letter& letter) {
  std::string_view named;
  for (const HeaderView& header : letter.OwnHeaders()) {
    if (header.name == wire::kReplayOfHeader) named = header.value;
  }
  Result<RecordName> ancestor = ParseRecord(named);
  if (!ancestor.ok()) return std::nullopt;
  const bool itself =
      ancestor->source == letter.origin.source && ancestor->offset == letter.origin.offset;
  return itself ? std::nullopt : std::optional<RecordName>(std::move(*ancestor));
}

void Extend(const Letter& letter, std::map<TopicPartition, std::vector<OffsetRange>>* ranges) {
  std::vector<OffsetRange>& of_partition = (*ranges)[letter.topic];
  const bool near = !of_partition.empty() && letter.offset - of_partition.back().to <= kGapMax &&
                    letter.offset >= of_partition.back().from;
  if (near) {
    of_partition.back().to = std::max(of_partition.back().to, letter.offset + 1);
  } else {
    of_partition.push_back({letter.topic, letter.offset, letter.offset + 1});
  }
}

Status TooMany(const Selection& selected, size_t most) {
  return Status::Stop(Cat(
      "more than ", most, " dead letters", selected.stream.empty() ? "" : " of ", selected.stream,
      " are replays that failed again, too many to tell the newest of each record: ",
      selected.stream.empty() ? "replay one stream at a time (--stream), or " : "",
      "select later letters (--since): only those that are younger are looked at"));
}

size_t Count(const std::map<TopicPartition, std::vector<OffsetRange>>& ranges) {
  size_t count = 0;
  for (const auto& [partition, of_partition] : ranges) count += of_partition.size();
  return count;
}

// Takes a letter that came of a replay; the answer is how many older ones are known by then.
using TakeNewer = std::function<size_t(const Letter& newer, const RecordName& ancestor)>;

// REQUIRES: letters that were loaded.
struct Taker {
  const TakeNewer& take;
  size_t known = 0;
  void operator()(const Letter& letter) {
    const std::optional<RecordName> ancestor = AncestorOf(letter);
    if (ancestor.has_value()) known = take(letter, *ancestor);
  }
};

Status VisitPlaces(const Selection& replays, LetterReader* reader, size_t most, Taker* taker) {
  const auto take = [&](const Letter& letter) {
    if (letter.replay_count > 0 && letter.loaded) (*taker)(letter);
    return taker->known <= most;
  };
  if (Status s = reader->Visit(replays, LetterReader::Want::kBytes, take); !s.ok()) return s;
  return taker->known > most ? TooMany(replays, most) : Status();
}

Status VisitNewer(const Selection& selected, LetterReader* reader, size_t most,
                  const TakeNewer& take) {
  Selection replays;
  replays.stream = selected.stream;
  if (selected.since_ms > kClocksApartMs) replays.since_ms = selected.since_ms - kClocksApartMs;
  std::map<TopicPartition, std::vector<OffsetRange>> unread;  // known by the index alone
  Taker taker{.take = take};
  const auto look = [&](const Letter& letter) {
    if (letter.replay_count == 0) return true;
    if (letter.loaded) {
      taker(letter);
    } else if (letter.state != LetterState::kExpired) {
      Extend(letter, &unread);
    }
    return taker.known <= most;
  };
  if (Status s = reader->Visit(replays, LetterReader::Want::kFacts, look); !s.ok()) return s;
  if (taker.known > most || Count(unread) > most) return TooMany(selected, most);
  for (auto& [partition, ranges] : unread) {
    replays.places.insert(replays.places.end(), ranges.begin(), ranges.end());
  }
  return replays.places.empty() ? Status() : VisitPlaces(replays, reader, most, &taker);
}

}  // namespace

Result<RecordPlaces> FindSuperseded(const Selection& selected, LetterReader* reader, size_t most) {
  RecordPlaces places;
  Status read = VisitNewer(selected, reader, most, [&](const Letter&, const RecordName& ancestor) {
    places.Add(ancestor.source, ancestor.offset);
    return places.size();
  });
  if (!read.ok()) return read;
  return places;
}

Status Lineage::Read(const Selection& selected, LetterReader* reader, size_t most) {
  return VisitNewer(selected, reader, most, [this](const Letter& newer, const RecordName& older) {
    Add(newer, older);
    return size_;
  });
}

Status Lineage::ReadPlaces(const std::string& stream, const std::vector<OffsetRange>& places,
                           LetterReader* reader, size_t most) {
  if (places.empty()) return {};
  const TakeNewer take = [this](const Letter& newer, const RecordName& older) {
    Add(newer, older);
    return size_;
  };
  Taker taker{.take = take};
  Selection replays;
  replays.stream = stream;
  replays.places = places;
  return VisitPlaces(replays, reader, most, &taker);
}

size_t TicketHash(std::string_view ticket) { return std::hash<std::string_view>()(ticket); }

// Of several replays of the same letter the last one's counts.
void Lineage::Add(const Letter& newer, const RecordName& ancestor) {
  if (newer.origin.coordinates != formats::CoordinateTrust::kProven) return;
  NewerLetter letter{.source = &*partitions_.insert(newer.origin.source).first,
                     .source_offset = newer.origin.offset,
                     .topic = &*partitions_.insert(newer.topic).first,
                     .offset = newer.offset,
                     .judged_ms = newer.judged_ms,
                     .ticket = TicketHash(""),
                     .state = newer.state,
                     .sendable = newer.has_value()};
  for (const HeaderView& header : newer.OwnHeaders()) {
    if (header.name == wire::kReplayTicketHeader) letter.ticket = TicketHash(header.value);
  }
  auto& of_partition = next_[ancestor.source];
  const auto known = of_partition.find(ancestor.offset);
  if (known == of_partition.end()) {
    of_partition.emplace(ancestor.offset, letter);
    ++size_;
    return;
  }
  const NewerLetter before = known->second;
  if (before.topic == letter.topic && before.offset == letter.offset) return;
  const bool later = std::pair(letter.judged_ms, letter.source_offset) >
                     std::pair(before.judged_ms, before.source_offset);
  if (later) known->second = letter;
  later ? AddSibling(before, letter) : AddSibling(letter, before);
}

// Two replays of one letter that failed, as --force sends them: both are the same record.
void Lineage::AddSibling(const NewerLetter& older, const NewerLetter& newer) {
  if (next_[*older.source].emplace(older.source_offset, newer).second) ++size_;
}

const NewerLetter* Lineage::NextOf(const TopicPartition& source, Offset offset) const {
  const auto of_partition = next_.find(source);
  if (of_partition == next_.end()) return nullptr;
  const auto found = of_partition->second.find(offset);
  return found == of_partition->second.end() ? nullptr : &found->second;
}

const NewerLetter* Lineage::NewestOf(const TopicPartition& source, Offset offset) const {
  const NewerLetter* newest = NextOf(source, offset);
  // Headers that name each other in a ring have no last one: it ends somewhere.
  for (int steps = 0; newest != nullptr && steps < kGenerationsMax; ++steps) {
    const NewerLetter* next = NextOf(*newest->source, newest->source_offset);
    if (next == nullptr) break;
    newest = next;
  }
  return newest;
}

std::vector<RecordName> Lineage::OlderThan(
    const std::function<bool(const NewerLetter& newest)>& meant) const {
  std::vector<RecordName> older;
  for (const auto& [source, of_partition] : next_) {
    for (const auto& [offset, next] : of_partition) {
      if (meant(*NewestOf(source, offset))) older.push_back({source, offset});
    }
  }
  return older;
}

std::string WhySuperseded(const NewerLetter& newer, const std::string& older) {
  const std::string begin = Cat("its replay failed again as dead letter ", newer.Place());
  const std::string discard =
      older.empty() ? std::string() : Cat(": `fracas dlq discard ", older, "` is what is left");
  switch (newer.state) {
    case LetterState::kResolved:
      return Cat(begin, ", which was published since: readers have the record", discard,
                 "; --force sends it once more");
    case LetterState::kDiscarded:
      return Cat(begin, ", which was discarded since", discard, "; --force sends it all the same");
    default:
      return Cat(begin,
                 ", which stands for both: mend that one; --force sends this one all the same");
  }
}

}  // namespace fracas::tools
