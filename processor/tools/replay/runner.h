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
  double failed_ratio_max = 0.1;  // of what was judged; >= 1: never stops for it
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
  // With `authority`: a command without its arguments; until what it has written is known to those
  // who judge.
  std::function<wire::Command()> new_command;
  std::function<Status()> await_tickets;
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
  int64_t guarded_ms_ = 0;
  std::string stop_;  // why it stops; "" it goes on
  Status failed_;     // inside a visit
};

}  // namespace fracas::tools
