#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/status.h"
#include "pipeline/control_view.h"
#include "pipeline/intake.h"
#include "pipeline/lane.h"
#include "ports/clock.h"
#include "ports/log.h"
#include "ports/meter.h"
#include "ports/source.h"

namespace fracas::pipeline {

// The cells of one worker; its thread writes them.
struct WorkerMeters {
  WorkerCell* worker = nullptr;
  std::vector<StreamCell*> streams;  // by StreamIndex
};

// Decides what happens after a round has ended, well or not. The only place that switches over
// CommitResult. One per worker, its thread.
//
//   committed      positions move, meters count
//   not committed  what waits is dropped, everything goes back to the committed offsets, retry with backoff
//   topic refused  the round's batches are tried one per transaction; one that fails alone is abandoned
//                  with a system code: its stream is tripped, not the worker
//   unknown        the producer is recreated, the group is asked where it stands, then one of the first two
//   fenced         the same; twice within limits::kFencedWindowMs, of transactions that were not overdue:
//                  stop, another process has our name
class Recovery {
 public:
  struct Options {
    Source* source = nullptr;
    Intake* intake = nullptr;
    Lane* lane = nullptr;
    RoundPool* pool = nullptr;
    ControlBoard* board = nullptr;
    const Clock* clock = nullptr;
    WorkerMeters meters;
    LogSink log;
    std::function<void(const TripFact&)> tripped;
    std::function<void(const Round&)> committed;  // may be empty
    // A kOpen job that came back (or was withdrawn: its status is a kRetry).
    std::function<Status(const Job&)> opened;
    // The source would not go back: throw its handle away and join anew.
    std::function<Status(const Status&)> rejoin;
  };
  explicit Recovery(Options options);

  // Deals with every job that has ended, waiting up to `wait_ms` for the first. A failure stops the worker.
  Status Settle(int wait_ms);
  // While true nothing is taken: a round is in doubt, or it is too early to try again.
  bool recovering() const;
  // Not before this long: grows with each failure in a row.
  void BackOff();
  // Takes back what waits in the lane and forgets it: its assignment or its past is gone.
  void DropWaiting();
  // A second fencing within the window is a failure that names the likely cause. `last_ms` remembers.
  Status CountFenced(std::string_view what, int64_t* last_ms) const;
  // Why nothing moves, for readiness; "" when all is well.
  const std::string& trouble() const { return trouble_; }

 private:
  Status Handle(std::unique_ptr<Job> job);
  // What waits and what `round` held is dropped, positions go back to the committed offsets.
  Status GoBack(std::unique_ptr<Round> round);
  Status Decide(std::unique_ptr<Job> job);
  Status Committed(std::unique_ptr<Round> round);
  Status NotCommitted(std::unique_ptr<Round> round, const Status& why);
  Status Refused(std::unique_ptr<Job> job);
  Status Abandon(std::unique_ptr<Round> round, const CommitResult& result);
  Status InDoubt(std::unique_ptr<Job> job);
  Status Recreated(std::unique_ptr<Job> job);
  // Asks the group whether the round in doubt is committed.
  Status Resolve();
  Result<bool> AskGroup(const Round& round) const;
  void Count(const Batch& batch, const Round& round) const;
  static void KeepTickets(Batch* batch);
  void Log(LogLevel level, std::string_view event, std::string message) const;

  const Options options_;
  int failures_ = 0;              // in a row
  int64_t retry_at_ms_ = 0;
  bool recreating_ = false;       // a kRecreate job is on its way or waits for its next try
  std::unique_ptr<Job> again_;    // a kRecreate job to be submitted again
  std::unique_ptr<Round> doubt_;  // recreated; the group has not answered yet
  int64_t fenced_ms_ = INT64_MIN / 2;
  std::string trouble_;
};

}  // namespace fracas::pipeline
