#include "tools/letters/endings.h"

#include <functional>
#include <map>
#include <utility>

#include "core/text.h"
#include "state/format/codec.h"

namespace fracas::tools {

namespace {

using ByKey = std::multimap<std::string, Letter*, std::less<>>;

Status Take(std::string_view value, ByKey::iterator begin, ByKey::iterator end) {
  if (begin == end) return {};
  state::LetterResolution ending;
  if (!value.empty()) {
    Result<state::LetterResolution> read = state::DecodeLetterResolution(value);
    if (!read.ok()) return read.status();
    ending = std::move(*read);
  }
  for (auto each = begin; each != end; ++each) {
    each->second->ended_by = ending.who;
    each->second->ended_why = ending.why;
  }
  return {};
}

}  // namespace

Status ReadEndings(const std::string& ledger_topic, Admin* admin, LogReader* reader,
                   std::vector<Letter>* letters) {
  ByKey settled;
  for (Letter& letter : *letters) {
    if (letter.state != LetterState::kResolved && letter.state != LetterState::kDiscarded) continue;
    settled.emplace(state::LetterKey(letter.origin.source, letter.origin.offset), &letter);
  }
  if (settled.empty()) return {};
  Result<std::vector<TopicDescription>> topics = admin->Describe({ledger_topic});
  if (!topics.ok()) return topics.status();
  const int32_t partitions = topics->empty() ? 0 : topics->front().partitions;
  for (Partition number = 0; number < partitions; ++number) {
    const TopicPartition partition{ledger_topic, number};
    Result<Watermarks> ends = admin->Query(partition);
    if (!ends.ok()) return ends.status();
    Status taken;
    Status read = reader->Read(partition, ends->low, ends->high,
                               [&](const ConsumedRecord& record, const PayloadLease&) {
                                 const auto [begin, end] = settled.equal_range(record.key);
                                 taken = Take(record.value, begin, end);
                                 return taken.ok();
                               });
    if (!taken.ok()) return taken.WithPrefix(Cat("topic ", ledger_topic, ": "));
    if (!read.ok()) return read;
  }
  return {};
}

}  // namespace fracas::tools
