#pragma once

#include <shared_mutex>
#include <vector>

#include "pipeline/round.h"
#include "ports/crash_log.h"

namespace fracas::pipeline {

// Keeps a record that kills its worker from doing so for ever. A range in which the worker has died is judged
// with each record written down before it is looked at, alone in its process; a record that was found there
// and has caused limits::kPoisonDeathsMax deaths is masked by its coordinates, unread, as POISON_RECORD.
class Suspects {
 public:
  // They outlive it. `log`: null: nothing is remembered. `gate`: the process' workers judge under it; who
  // is alone keeps the others out, so that a death names nobody else. Null: there is one worker.
  Suspects(CrashLog* log, std::shared_mutex* gate);
  ~Suspects() { End(); }
  Suspects(const Suspects&) = delete;
  Suspects& operator=(const Suspects&) = delete;

  // Before a batch is examined: masks what is poison in it, sets batch->watch, writes it down.
  void Begin(Batch* batch);
  // It was judged.
  void End();
  // Suspicion ends where the committed offset has passed.
  void Committed(const Round& round);

 private:
  void MaskPoison(const CrashRange& range, Batch* batch) const;

  enum class Lock : uint8_t { kNone, kShared, kAlone };
  void Take(Lock lock);

  CrashLog* const log_;
  std::shared_mutex* const gate_;
  Lock lock_ = Lock::kNone;
  std::vector<CrashRange> ranges_;
};

}  // namespace fracas::pipeline
