#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "config/model.h"
#include "core/ids.h"
#include "ports/log_reader.h"

namespace fracas::app {

// How old a record is that a stopped partition stands at: read once, for the partition does not move. What
// cannot be read (an open transaction in front of it, no rights) is tried again after kAgainMs. One thread.
class RecordTimes {
 public:
  explicit RecordTimes(const config::Config* config) : config_(config) {}

  // The Kafka timestamp of the first record of `source` in [from, to); 0: not known. Takes a connection
  // when it is asked first, and up to kWaitMs.
  int64_t Of(const TopicPartition& source, Offset from, Offset to, int64_t now_ms);
  // Whether there is a record in [from, to); true: not known, which it is until the partition has stood at
  // `from` for two looks. One that cannot be read keeps the others of the same look waiting only once.
  bool Any(const TopicPartition& source, Offset from, Offset to, int64_t now_ms);
  // Nobody stands: the connection ends, what was read is forgotten. Not while Any needs it.
  void Rest();

  static constexpr int64_t kWaitMs = 3'000;
  static constexpr int64_t kAgainMs = 300'000;

 private:
  struct Known {
    int64_t time_ms = 0;   // 0: not known …
    int64_t again_ms = 0;  // … and not asked before
  };
  struct Looked {
    Offset from = kNoOffset;
    Offset to = kNoOffset;  // kNoOffset: not looked yet
    bool any = true;
  };
  LogReader* Reader();
  int64_t Read(const TopicPartition& source, Offset from, Offset to);

  const config::Config* const config_;
  std::unique_ptr<LogReader> reader_;
  std::map<std::pair<TopicPartition, Offset>, Known> known_;
  std::map<TopicPartition, Looked> looked_;
  int64_t blocked_ms_ = 0;  // the look in which one could not be read
  bool needed_ = false;
};

}  // namespace fracas::app
