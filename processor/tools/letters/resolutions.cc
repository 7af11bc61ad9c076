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

Result<Resolutions> Resolutions::Read(const std::string& ledger_topic, Admin* admin,
                                      LogReader* reader,
                                      const std::function<void(uint64_t, uint64_t)>& progress) {
  Resolutions resolutions;
  Result<std::vector<TopicDescription>> topics = admin->Describe({ledger_topic});
  if (!topics.ok()) return topics.status();
  if (topics->empty()) return resolutions;
  for (Partition number = 0; number < topics->front().partitions; ++number) {
    const TopicPartition partition{ledger_topic, number};
    Result<Watermarks> ends = admin->Query(partition);
    if (!ends.ok()) return ends.status();
    Status taken;
    Status read = reader->Read(partition, ends->low, ends->high,
                               [&](const ConsumedRecord& record, const PayloadLease&) {
                                 taken = resolutions.Take(record.key, record.value);
                                 if (progress) {
                                   progress(static_cast<uint64_t>(record.offset - ends->low),
                                            static_cast<uint64_t>(ends->high - ends->low));
                                 }
                                 return taken.ok();
                               });
    if (!taken.ok()) return taken.WithPrefix(Cat("topic ", ledger_topic, ": "));
    if (!read.ok()) return read;
  }
  return resolutions;
}

LetterState Resolutions::StateOf(const TopicPartition& source, Offset offset) const {
  const auto partition = ended_.find(source);
  if (partition == ended_.end()) return LetterState::kOpen;
  const auto found = partition->second.find(offset);
  return found == partition->second.end() ? LetterState::kOpen : found->second;
}

}  // namespace fracas::tools
