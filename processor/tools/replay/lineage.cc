#include "tools/replay/lineage.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/limits_tools.h"
#include "core/text.h"
#include "tools/targets.h"
#include "wire/replay.h"

namespace fracas::tools {

namespace {

constexpr Offset kGapMax = 1'000;  // letters that lie further apart are fetched by themselves

void TakeAncestor(const Letter& letter, RecordPlaces* places) {
  std::string_view named;
  for (const HeaderView& header : letter.OwnHeaders()) {
    if (header.name == wire::kReplayOfHeader) named = header.value;
  }
  Result<RecordName> ancestor = ParseRecord(named);
  if (!ancestor.ok()) return;
  if (ancestor->source == letter.origin.source && ancestor->offset == letter.origin.offset) return;
  places->emplace(std::move(ancestor->source), ancestor->offset);
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

Status TooMany() {
  return Status::Stop(Cat("more than ", limits::kSelectionMax,
                          " dead letters are replays that failed again: discard what is settled "
                          "(`fracas dlq discard`) first"));
}

}  // namespace

Result<RecordPlaces> FindSuperseded(const std::string& stream, LetterReader* reader) {
  Selection replays;
  replays.stream = stream;
  RecordPlaces places;
  std::map<TopicPartition, std::vector<OffsetRange>> unread;  // known by the index alone
  size_t count = 0;
  const auto take = [&](const Letter& letter) {
    if (letter.replay_count == 0) return true;
    if (++count > limits::kSelectionMax) return false;
    if (letter.loaded) {
      TakeAncestor(letter, &places);
    } else if (letter.state != LetterState::kExpired) {
      Extend(letter, &unread);
    }
    return true;
  };
  if (Status s = reader->Visit(replays, LetterReader::Want::kFacts, take); !s.ok()) return s;
  if (count > limits::kSelectionMax) return TooMany();
  for (auto& [partition, ranges] : unread) {
    replays.places.insert(replays.places.end(), ranges.begin(), ranges.end());
  }
  if (replays.places.empty()) return places;
  count = 0;
  const auto take_loaded = [&](const Letter& letter) {
    if (letter.replay_count > 0 && letter.loaded) TakeAncestor(letter, &places);
    return true;
  };
  if (Status s = reader->Visit(replays, LetterReader::Want::kBytes, take_loaded); !s.ok()) return s;
  return places;
}

}  // namespace fracas::tools
