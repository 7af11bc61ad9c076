#include "tools/replay/under_way.h"

#include <algorithm>

#include "tools/replay/lineage.h"
#include "wire/replay.h"

namespace fracas::tools {

Result<ReplaysUnderWay> ReplaysUnderWay::Read(const FoldOptions& options, int64_t now_ms) {
  Result<FoldedState> folded = FoldState(options);
  if (!folded.ok()) return folded.status();
  ReplaysUnderWay found;
  for (auto& [id, ticket] : folded->tickets) {
    if (ticket.expires_ms <= now_ms) continue;
    const std::pair place{ticket.letter, ticket.letter_offset};
    found.tickets_.insert_or_assign(place, std::move(ticket));
  }
  return found;
}

Result<const state::Ticket*> ReplaysUnderWay::Of(const TopicPartition& source, Offset offset,
                                                 LetterReader* letters) {
  auto found = tickets_.find({source, offset});
  if (found == tickets_.end()) return nullptr;
  if (Status s = ForgetFailed(found->second.stream, letters); !s.ok()) return s;
  found = tickets_.find({source, offset});
  return found == tickets_.end() ? nullptr : &found->second;
}

Status ReplaysUnderWay::ForgetFailed(const std::string& stream, LetterReader* letters) {
  if (looked_.contains(stream)) return {};
  std::map<std::string, Place> places;
  Selection replays;
  replays.stream = stream;
  replays.since_ms = INT64_MAX;
  for (const auto& [place, ticket] : tickets_) {
    if (ticket.stream != stream) continue;
    places.emplace(ticket.id, place);
    replays.since_ms = std::min(replays.since_ms, ticket.stamp.time_ms - kClocksApartMs);
  }
  const auto look = [&](const Letter& letter) {
    if (letter.replay_count == 0) return true;
    for (const HeaderView& header : letter.OwnHeaders()) {
      if (header.name != wire::kReplayTicketHeader) continue;
      if (const auto failed = places.find(std::string(header.value)); failed != places.end()) {
        tickets_.erase(failed->second);
      }
    }
    return true;
  };
  if (Status s = letters->Visit(replays, LetterReader::Want::kBytes, look); !s.ok()) return s;
  looked_.insert(stream);
  return {};
}

}  // namespace fracas::tools
