#include "tools/letters/resolutions.h"

#include <algorithm>

#include "core/text.h"
#include "state/format/codec.h"

namespace fracas::tools {

Status Resolutions::Take(std::string_view key, std::string_view value) {
  Result<state::Kind> kind = state::KindOf(key);
  if (!kind.ok() || *kind != state::Kind::kLetter) return {};  // modes, actions, a newer version's
  Result<state::LetterCoordinates> letter = state::DecodeLetterKey(key);
  if (!letter.ok()) return letter.status();
  auto& ended = ended_[letter->source];
  if (value.empty()) {
    ended.erase(letter->offset);
    return {};
  }
  Result<state::LetterResolution> resolution = state::DecodeLetterResolution(value);
  if (!resolution.ok()) return resolution.status();
  ended[letter->offset] = resolution->end == state::LetterEnd::kResolved ? LetterState::kResolved
                                                                         : LetterState::kDiscarded;
  return {};
}

Status Resolutions::Follow(Admin* admin, LogReader* reader) {
  Result<std::vector<TopicDescription>> topics = admin->Describe({topic_});
  if (!topics.ok()) return topics.status();
  const int32_t partitions = topics->empty() ? 0 : topics->front().partitions;
  for (Partition number = 0; number < partitions; ++number) {
    const TopicPartition partition{topic_, number};
    Result<Watermarks> ends = admin->Query(partition);
    if (!ends.ok()) return ends.status();
    Offset& next = next_[number];
    Status taken;
    Status read = reader->Read(partition, std::max(next, ends->low), ends->high,
                               [&](const ConsumedRecord& record, const PayloadLease&) {
                                 taken = Take(record.key, record.value);
                                 return taken.ok();
                               });
    if (!taken.ok()) return taken.WithPrefix(Cat("topic ", topic_, ": "));
    if (!read.ok()) return read;
    next = ends->high;
  }
  return {};
}

LetterState Resolutions::StateOf(const TopicPartition& source, Offset offset) const {
  const auto partition = ended_.find(source);
  if (partition == ended_.end()) return LetterState::kOpen;
  const auto found = partition->second.find(offset);
  return found == partition->second.end() ? LetterState::kOpen : found->second;
}

}  // namespace fracas::tools
