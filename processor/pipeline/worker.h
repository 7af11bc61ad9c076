#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/control_view.h"
#include "pipeline/examiner.h"
#include "pipeline/intake.h"
#include "pipeline/lane.h"
#include "pipeline/mask.h"
#include "pipeline/publisher.h"
#include "pipeline/recovery.h"
#include "pipeline/replay.h"
#include "pipeline/round.h"
#include "pipeline/suspects.h"
#include "ports/clock.h"
#include "ports/log.h"
#include "ports/source.h"
#include "ports/transaction.h"

namespace fracas::pipeline {

struct WorkerOptions {
  uint32_t worker = 0;
  std::unique_ptr<Source> source;
  std::unique_ptr<Transaction> transaction;
  ControlBoard* board = nullptr;
  const Clock* clock = nullptr;
  WorkerMeters meters;
  LogSink log;
  std::function<void(const TripFact&)> tripped;
  CrashLogs crash_logs;
  JudgingGate* judging = nullptr;  // shared by the process' workers (pipeline/suspects.h)
  bool stop_at_end = false;
  // The hand-over to the publisher; simulations bring their own, which needs no thread.
  std::function<std::unique_ptr<Lane>(Publisher*)> make_lane;
};

// One consumer, one transactional producer, the rounds between them. Its thread calls RunRound over and
// over, then Shutdown.
class Worker {
 public:
  explicit Worker(WorkerOptions options);
  ~Worker();

  // One turn: takes, judges and submits at most one round; returns after some tens of milliseconds at the
  // latest, so that membership, results and stops are served. A failure stops the worker for good.
  Status RunRound();
  // stop_at_end: everything was read, and all of it is committed or held.
  bool finished() const { return finished_; }
  // Takes nothing more, drops what was not begun, waits for the transaction in flight (at most `wait_ms`)
  // and closes. Offsets live in transactions: nothing is half done.
  void Shutdown(int64_t wait_ms);

  // --- Any thread ---
  // "" when it has joined the group and moves; else what it waits for.
  std::string WaitingFor() const;
  std::vector<PartitionPosition> Positions() const { return intake_.Positions(); }

 private:
  std::unique_ptr<Round> Take(std::shared_ptr<const ControlView> view, Status* status);
  Status Submit(std::unique_ptr<Round> round);
  Status HandleEvents(std::vector<SourceEvent>* events);
  Status HandleEvent(const SourceEvent& event);
  void Assigned(const SourceEvent& event);
  void Revoked();
  void PartitionTrouble(const SourceEvent& event);
  // The source's handle cannot be trusted any more: throw it away and join anew.
  Status Rejoin(const Status& why);
  void AskForTopics();
  Status Opened(const Job& job);
  void CheckOutputs(const Job& job);
  static std::string MissingOutput(const ControlView& view, const Slot& slot, const Job& job);
  void ShareState();
  void Share(std::string waiting_for);
  void ShareHolds();
  void ShowStates(const std::shared_ptr<const ControlView>& view);
  void Log(LogLevel level, std::string_view event, std::string message,
           std::vector<LogField> fields = {}) const;
  bool may_take() const;

  WorkerOptions options_;
  RoundPool pool_;
  std::atomic<uint64_t> epoch_{0};
  Intake intake_;
  Replays replays_;
  Suspects suspects_;
  Mask mask_;
  Examiner examiner_;
  Publisher publisher_;
  std::unique_ptr<Lane> lane_;
  Recovery recovery_;

  std::vector<SourceEvent> events_;
  int64_t started_ms_;
  int64_t fenced_ms_ = INT64_MIN / 2;
  int idle_ms_ = 0;             // nothing can be taken: wait for the lane instead
  bool claimed_ = false;        // our own topics are open
  bool asked_ = false;          // a kOpen job is on its way
  bool outputs_known_ = false;  // for the current assignment
  uint64_t asked_epoch_ = 0;
  int64_t ask_again_ms_ = INT64_MAX;  // an output is missing: when to look again
  bool rejoin_ = false;
  std::string rejoin_why_;
  std::string shared_state_ = "joining the group";
  std::shared_ptr<const ControlView> shown_;  // as the meters show it
  uint64_t stuck_shown_ = 0;
  bool at_end_ = false;
  bool finished_ = false;

  mutable std::mutex waiting_mutex_;
  std::string waiting_for_ = "joining the group";
};

}  // namespace fracas::pipeline
