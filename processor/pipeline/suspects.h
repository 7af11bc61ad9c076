#pragma once

#include <mutex>
#include <shared_mutex>
#include <vector>

#include "pipeline/round.h"
#include "ports/crash_log.h"

namespace fracas::pipeline {

// The workers of a process judge and describe under it, side by side or one alone. Whoever waits to be alone
// goes before those who come later, so that many busy workers cannot keep it waiting. Not recursive.
class JudgingGate {
 public:
  void EnterBesides() {
    const std::lock_guard turn(turn_);
    inside_.lock_shared();
  }
  void EnterAlone() {
    const std::lock_guard turn(turn_);
    inside_.lock();
  }
  void LeaveBesides() { inside_.unlock_shared(); }
  void LeaveAlone() { inside_.unlock(); }

 private:
  std::mutex turn_;
  std::shared_mutex inside_;
};

// Keeps a record that kills its worker from doing so for ever. A range in which the worker has died is judged
// with each record written down before it is looked at, alone in its process; a record that was found there
// and has caused limits::kPoisonDeathsMax deaths is masked by its coordinates, unread, as POISON_RECORD.
// A publisher has one of its own: it writes down each record that it describes, for as long as it does that.
// (Not while it sends: whoever is killed while brokers do not answer has died of something else.)
class Suspects {
 public:
  // They outlive it. `log`: this thread's; null: nothing is remembered. `others`: deaths that the worker's
  // other thread has left. `gate`: the process' workers judge and describe under it; who is alone keeps the
  // others out, so that a death names nobody else. Null: there is one worker.
  Suspects(CrashLog* log, const std::vector<CrashRange>& others, JudgingGate* gate);
  ~Suspects() { End(); }
  Suspects(const Suspects&) = delete;
  Suspects& operator=(const Suspects&) = delete;

  // Before a batch is examined: masks what is poison in it, sets batch->watch, writes it down.
  void Begin(Batch* batch);
  // Before one record is described.
  void Begin(const TopicPartition& source, Offset offset);
  // It was judged, or described.
  void End();
  // Suspicion ends where the committed offset has passed.
  void Committed(const Round& round);

 private:
  void MaskPoison(const CrashRange& range, Batch* batch) const;

  enum class Lock : uint8_t { kNone, kBesides, kAlone };
  void Take(Lock lock);

  CrashLog* const log_;
  JudgingGate* const gate_;
  Lock lock_ = Lock::kNone;
  std::vector<CrashRange> ranges_;
};

}  // namespace fracas::pipeline
