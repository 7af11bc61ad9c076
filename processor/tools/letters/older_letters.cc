#include "tools/letters/older_letters.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::tools {

namespace {

// Older letters whose newest ones lie in one partition: as many as one command takes.
struct Batch {
  Discarder discarder;
  Offset from = 0;  // of the newest ones
  Offset last = 0;
};

std::string ReasonOf(const TopicPartition& topic, const Batch& batch) {
  const std::string first = ToString(topic, batch.from);
  if (batch.from == batch.last) return Cat("its replay failed again: ", first, " stands for it");
  return Cat("its replay failed again: a dead letter of ", first, "-", batch.last + 1,
             " stands for it");
}

void Close(const TopicPartition& topic, const Batch& batch, const DiscardOptions& options,
           OlderLetters* found) {
  DiscardOptions with_reason = options;
  with_reason.why = ReasonOf(topic, batch);
  std::vector<wire::Command> commands = batch.discarder.Commands(with_reason);
  found->letters += batch.discarder.letters();
  std::move(commands.begin(), commands.end(), std::back_inserter(found->discards));
}

bool MayGo(const Letter& letter, const Lineage& lineage, const NewerLetter& newest,
           const ReplaysUnderWay& under_way) {
  if (letter.topic == *newest.topic && letter.offset == newest.offset) return false;
  if (newest.state == LetterState::kExpired) return false;
  if (newest.state == LetterState::kOpen && !newest.sendable) return false;
  // Its ticket is the failed replay's, or there is none: nothing of it is on its way.
  const std::string ticket = under_way.TicketOf(letter.origin.source, letter.origin.offset);
  const NewerLetter* next = lineage.NextOf(letter.origin.source, letter.origin.offset);
  return ticket.empty() || next->ticket == TicketHash(ticket);
}

}  // namespace

Result<OlderLetters> FindOlder(const OlderScope& scope, const Lineage& lineage,
                               const ReplaysUnderWay& under_way, const DiscardOptions& options,
                               LetterReader* reader) {
  OlderLetters found;
  if (lineage.size() == 0) return found;
  Selection open = scope.letters;
  open.state = LetterState::kOpen;
  std::map<TopicPartition, Batch> batches;
  const auto take = [&](const Letter& letter) {
    const NewerLetter* newest = lineage.NewestOf(letter.origin.source, letter.origin.offset);
    if (newest == nullptr || (scope.meant && !scope.meant(*newest))) return true;
    if (!MayGo(letter, lineage, *newest, under_way)) return true;
    Batch& batch = batches[*newest->topic];
    const bool first = batch.discarder.letters() == 0;
    if (!batch.discarder.Add(letter).ok()) return true;  // its origin is not sure
    batch.from = first ? newest->offset : std::min(batch.from, newest->offset);
    batch.last = first ? newest->offset : std::max(batch.last, newest->offset);
    if (batch.discarder.letters() < limits::kCommandTargetsMax) return true;
    Close(*newest->topic, batch, options, &found);
    batch = Batch();
    return true;
  };
  if (Status s = reader->Visit(open, LetterReader::Want::kFacts, take); !s.ok()) return s;
  for (const auto& [topic, batch] : batches) {
    if (batch.discarder.letters() > 0) Close(topic, batch, options, &found);
  }
  return found;
}

}  // namespace fracas::tools
