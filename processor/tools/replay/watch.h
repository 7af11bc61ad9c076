#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "ports/log_tail.h"
#include "tools/replay/job.h"

// What becomes of what a job sent, seen from the side: the target stream's breaker and the dead
// letters that carry the job's name.

namespace fracas::tools {

struct JobFates {
  uint64_t failed_again = 0;  // dead letters; parked and masked ones are not counted here
  uint64_t parked = 0;        // failed as often as may be (REPLAY_PARKED)
  uint64_t masked = 0;        // quarantined
  uint64_t unpublished() const { return failed_again + parked + masked; }
};

struct WatchTarget {
  std::string job;
  std::string stream;                   // "pipeline/stream"
  std::vector<TopicPartition> sources;  // the partitions that the job writes to
  std::vector<LogPlace> letters;        // where the stream's dead letters ended when the job began
};

struct JobWatchPorts {
  LogTail* tail = nullptr;
  LogReader* reader = nullptr;
  Admin* admin = nullptr;
};

// One thread; the ports outlive it.
class JobWatch {
 public:
  JobWatch(const config::Config& config, WatchTarget target, const JobWatchPorts& ports)
      : config_(config),
        target_(std::move(target)),
        tail_(ports.tail),
        reader_(ports.reader),
        admin_(ports.admin) {}

  // Follows the job's dead letters from its first on, the breaker from now on: ask how that stands
  // afterwards.
  Status Begin();
  // Takes what has come without waiting.
  Status Look();
  // Offsets of the target that nobody has judged yet, other people's records included.
  Result<int64_t> Unjudged();
  // Everything that was in the target at the first call is judged, and every dead letter of it was
  // seen. REQUIRES: nothing more is sent.
  Result<bool> Settled();
  // Of what the job has sent, the records that nobody has judged yet: those behind the group's
  // offsets bear its name. Read one by one. REQUIRES: as Settled.
  Result<uint64_t> Waiting();

  const JobFates& fates() const { return fates_; }
  // Of these, the ones that were sent since Begin.
  const JobFates& fates_since_begin() const { return fates_since_begin_; }
  bool red() const { return red_; }
  const std::string& red_reason() const { return red_reason_; }
  int64_t red_since_ms() const { return red_since_ms_; }

 private:
  void TakeState(const ConsumedRecord& record);
  void TakeLetter(const ConsumedRecord& record, const PayloadLease& lease);
  Status TakeEnds();
  Result<bool> IsJudged(size_t source, Offset committed);

  const config::Config& config_;
  const WatchTarget target_;
  LogTail* const tail_;
  LogReader* const reader_;
  Admin* const admin_;
  JobFates fates_;
  JobFates fates_since_begin_;
  std::map<TopicPartition, Offset> begin_;  // the ends of the sources at Begin
  bool red_ = false;
  std::string red_reason_;
  int64_t red_since_ms_ = 0;
  std::vector<Offset> ends_;  // of the sources, when everything was sent
};

}  // namespace fracas::tools
