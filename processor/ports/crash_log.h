#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/ids.h"

namespace fracas {

// A range of records at which a worker has died, and how often.
struct CrashRange {
  TopicPartition source;
  Offset from = 0;
  Offset to = 0;       // from + 1: the record itself is known
  int32_t deaths = 0;
};

// What a worker or its publisher was about to do, where its next incarnation finds it: survives the
// process, not the machine. One thread's. Failing to write it down is no reason to stop: it forgets then.
// Implementations: files/crash_log.h, tests.
class CrashLog {
 public:
  virtual ~CrashLog() = default;
  // Where earlier incarnations died, the last one included; those of Forget left out.
  virtual std::vector<CrashRange> Deaths() const = 0;
  // From here on [from, to) is being worked on. A few stores, no system call.
  virtual void Begin(const TopicPartition& source, Offset from, Offset to) = 0;
  // Between Begin and End: at this record.
  virtual void At(Offset offset) = 0;
  virtual void End() = 0;
  // Everything of the partition below `offset` is through.
  virtual void Forget(const TopicPartition& source, Offset offset) = 0;
};

// One for each of a worker's threads. Null: it remembers nothing.
struct CrashLogs {
  std::unique_ptr<CrashLog> judging;
  std::unique_ptr<CrashLog> describing;  // the publisher's
};

}  // namespace fracas
