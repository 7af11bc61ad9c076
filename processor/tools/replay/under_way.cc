#include "tools/replay/under_way.h"

#include <algorithm>

#include "core/text.h"
#include "core/timestamp.h"
#include "tools/replay/lineage.h"
#include "wire/command.h"
#include "wire/replay.h"

namespace fracas::tools {

namespace {

std::string Prefix(const std::string& job) { return Cat(job, "/"); }

}  // namespace

std::string TicketId(const std::string& job, const std::string& unique) {
  return Prefix(job) + unique;
}

std::string Describe(const state::Ticket& under_way) {
  return Cat(wire::kReplayUnderWay, ": sent by ", under_way.who, " at ",
             FormatTimestamp(under_way.stamp.time_ms), under_way.why.empty() ? "" : " (",
             under_way.why, under_way.why.empty() ? "" : ")",
             " and not judged yet; wait until it is (`fracas status` says whether ",
             under_way.stream,
             " flows). If it never reached the topic, wait for its ticket to lapse at ",
             FormatTimestamp(under_way.expires_ms),
             ", or --force sends another, and readers see both if it did");
}

Result<ReplaysUnderWay> ReplaysUnderWay::Read(const FoldOptions& options, int64_t now_ms) {
  Result<FoldedState> folded = FoldState(options);
  if (!folded.ok()) return folded.status();
  ReplaysUnderWay found;
  for (auto& [id, ticket] : folded->tickets) {
    if (ticket.expires_ms <= now_ms) continue;
    const std::pair place{ticket.letter, ticket.letter_offset};
    found.ids_.insert_or_assign(place, ticket.id);
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

Result<std::vector<const state::Ticket*>> ReplaysUnderWay::OfOthers(const std::string& stream,
                                                                    const std::string& job,
                                                                    LetterReader* letters) {
  const auto is_anothers = [&](const auto& ticket) {
    return ticket.second.stream == stream && !ticket.second.id.starts_with(Prefix(job));
  };
  std::vector<const state::Ticket*> others;
  if (std::none_of(tickets_.begin(), tickets_.end(), is_anothers)) return others;
  if (Status s = ForgetFailed(stream, letters); !s.ok()) return s;
  for (const auto& ticket : tickets_) {
    if (is_anothers(ticket)) others.push_back(&ticket.second);
  }
  return others;
}

std::string ReplaysUnderWay::TicketOf(const TopicPartition& source, Offset offset) const {
  const auto found = ids_.find({source, offset});
  return found == ids_.end() ? "" : found->second;
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
