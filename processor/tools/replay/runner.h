#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "ports/clock.h"
#include "tools/command_client.h"
#include "tools/replay/chunk.h"
#include "tools/replay/feed.h"
#include "tools/replay/job.h"
#include "tools/replay/pace.h"
#include "tools/replay/plan.h"
#include "tools/replay/sender.h"
#include "tools/replay/watch.h"

// Carries a replay out. Each transaction holds the records of a chunk and the job's progress behind
// them, so that a job that was killed goes on exactly where its last commit was, without a loss and
// without sending anything twice.

namespace fracas::tools {

struct ReplayPolicy {
  Rates rates;
  // Of what was sent since the watch began and is judged; >= 1: never stops for it.
  double failed_ratio_max = 0.1;
  uint64_t limit = 0;             // records to send in this run; 0: all
};

struct ReplayPorts {
  ReplayFeed* feed = nullptr;
  ReplaySender* sender = nullptr;
  JobWatch* watch = nullptr;           // nullptr: nobody of ours judges what is sent
  CommandClient* authority = nullptr;  // nullptr: no tickets
  const Clock* clock = nullptr;
  std::function<void(int64_t ms)> pause;
  std::function<std::string()> new_id;
  // With `authority`: a command without its arguments; until what it has written is known here; who judges
  // elsewhere waits for it.
  std::function<wire::Command()> new_command;
  std::function<Status()> await_tickets;
  // The open ticket of a letter as it was seen, which alone may be replaced; "": none. Empty: any.
  std::function<std::string(const TopicPartition& source, Offset offset)> ticket_seen;
  // Once they have their tickets: false if one of the letters was settled since it was chosen.
  // Empty: it does not matter.
  std::function<Result<bool>(const std::vector<PendingTicket>& tickets)> still_open;
  std::function<void(const ReplayJob& job)> progress;  // after each transaction; may be empty
};

class ReplayRunner {
 public:
  // All of it outlives the runner.
  ReplayRunner(const ReplayPlan& plan, const ReplayPolicy& policy, const ReplayPorts& ports);

  // Claims the job, goes on where it is, and returns how it stands: done, or stopped with a reason.
  // kReject: a job of this name was another request. Otherwise what went wrong; the same request
  // goes on.
  Result<ReplayJob> Run();
  // Run has failed because somebody else replays some of the same letters: another runner goes on
  // with what is known of them by then.
  bool met_another() const { return met_another_; }
  uint64_t sent() const { return sent_now_; }

 private:
  Status Claim();
  Status ReadAll();
  // False: no more.
  bool Take(const FeedRecord& record);
  ReplayRange* RangeOf(const FeedRecord& record);
  Choice Add(const FeedRecord& record);
  std::optional<wire::TicketCreate> TicketFor(const FeedRecord& record, std::string_view value,
                                              const std::vector<LetterHeader>& headers);
  bool ChunkIsFull() const;
  bool AtLimit() const;
  Status Flush(JobState state, const std::string& reason);
  Status CreateTickets();
  Status AskForTickets(BulkReport* report, size_t from);
  Status CheckStillOpen();
  Status MetAnother(const std::string& because);
  Status Wait();
  Status Guard();
  Status WaitForJudges();
  std::string TooManyFailures(int64_t unjudged) const;

  const ReplayPlan& plan_;
  const ReplayPolicy policy_;
  const ReplayPorts ports_;
  ReplayMarks marks_;
  std::string stream_;  // "pipeline/stream" of the plan's; "" none
  Pace pace_;
  ReplayJob job_;    // as committed
  ReplayJob ahead_;  // with the chunk
  Chunk chunk_;
  std::map<TopicPartition, size_t> range_of_;  // the first range of a partition that is not done
  uint64_t sent_now_ = 0;                      // in this run
  bool met_another_ = false;
  int64_t guarded_ms_ = 0;
  std::string stop_;  // why it stops; "" it goes on
  Status failed_;     // inside a visit
};

}  // namespace fracas::tools
