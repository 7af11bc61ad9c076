#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/status.h"
#include "state/format/entities.h"
#include "tools/letters/letter_reader.h"
#include "tools/state_fold.h"

// Replays that nobody has judged yet. There is one ticket for a letter, and a newer one takes its
// place: the replay of the older one is then published as an ordinary record, so that readers see
// the record twice.

namespace fracas::tools {

// The ticket's id says which job has registered it: its own are no obstacle when it goes on.
std::string TicketId(const std::string& job, const std::string& unique);
// "a replay of it is under way: sent by …", for people.
std::string Describe(const state::Ticket& under_way);

class ReplaysUnderWay {
 public:
  // The open tickets of <group>.state, up to its end now. As FoldState.
  static Result<ReplaysUnderWay> Read(const FoldOptions& options, int64_t now_ms);

  // The ticket of the replay of this record (source coordinates); nullptr: none is open. A ticket
  // whose replay failed stays open, though nothing is under way any more: such ones are found by
  // the stream's letters, which are read once, where any ticket of the stream is asked about. As
  // the reader.
  Result<const state::Ticket*> Of(const TopicPartition& source, Offset offset,
                                  LetterReader* letters);
  // All of a stream's, but those that `job` has registered itself. As Of.
  Result<std::vector<const state::Ticket*>> OfOthers(const std::string& stream,
                                                     const std::string& job, LetterReader* letters);
  // The ticket of this record, under way or failed, for TicketCreate::instead_of; "": it has none.
  std::string TicketOf(const TopicPartition& source, Offset offset) const;

 private:
  using Place = std::pair<TopicPartition, Offset>;
  Status ForgetFailed(const std::string& stream, LetterReader* letters);

  std::map<Place, state::Ticket> tickets_;
  std::map<Place, std::string> ids_;  // of all that were read
  std::set<std::string> looked_;  // streams whose failed replays are forgotten
};

}  // namespace fracas::tools
