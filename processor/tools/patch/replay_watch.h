#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/log_tail.h"
#include "state/format/entities.h"
#include "tools/patch/replay_draft.h"

// What became of records that were sent again, as a reader of committed records sees it.

namespace fracas::tools {

struct SentReplay {
  const ReplayDraft* draft = nullptr;
  Offset offset = kNoOffset;  // in draft->to
};

struct ReplayFate {
  enum class Kind : uint8_t {
    kWaiting,       // nobody has judged it yet: `because` says what it waits for
    kPublished,     // it is in `topic`
    kDeadLettered,  // it failed again and lies in `topic`: `because`
    kHeld,          // its batch turned the stream RED: `because`
  };
  Kind kind = Kind::kWaiting;
  TopicPartition topic{};
  Offset offset = kNoOffset;
  bool resolved = false;  // kPublished: the dead letter that it replaces is closed
  std::string code{};     // kDeadLettered, kHeld
  std::string because{};
};
std::string_view Name(ReplayFate::Kind kind);  // "published", "dead_lettered", "held", "waiting"

struct ReplayWatchPorts {
  LogTail* tail = nullptr;
  Admin* admin = nullptr;
  const Clock* clock = nullptr;
};

// One thread; ports and configuration outlive it.
class ReplayWatch {
 public:
  ReplayWatch(const config::Config& config, const ReplayWatchPorts& ports)
      : config_(config), ports_(ports) {}

  // Before anything is sent: where to look for what will come of `drafts`, all of the one stream
  // whose breaker is as given.
  Status Begin(const config::Stream& stream, const state::Breaker& breaker,
               const std::vector<ReplayDraft>& drafts);
  // Until each has its fate, the stream is RED so that nothing more will be judged, or `ms` have
  // passed. Parallel to `sent`, which outlives the call.
  Result<std::vector<ReplayFate>> Wait(const std::vector<SentReplay>& sent, int64_t ms,
                                       const std::function<void(int64_t elapsed_ms)>& waiting);

 private:
  enum class Role : uint8_t { kState, kLedger, kPublished, kDeadLetters };
  struct Followed {
    Role role;
    TopicPartition partition;
  };
  Status Follow(Role role, const TopicPartition& partition, std::vector<TailStart>* starts);
  void Take(const ConsumedRecord& record, const PayloadLease& lease);
  void TakePublished(const Followed& from, const ConsumedRecord& record, const PayloadLease& lease);
  void TakeDeadLetter(const Followed& from, const ConsumedRecord& record,
                      const PayloadLease& lease);
  void TakeState(const ConsumedRecord& record);
  void CheckHeld();
  bool AllKnown(int64_t now_ms) const;
  std::string WhyWaiting() const;

  const config::Config& config_;
  const ReplayWatchPorts ports_;
  std::string stream_;
  state::Breaker breaker_;
  std::vector<Followed> followed_;
  std::vector<SentReplay> sent_;
  std::vector<ReplayFate> fates_;
  std::vector<int64_t> known_ms_;  // when it was published; parallel
};

}  // namespace fracas::tools
