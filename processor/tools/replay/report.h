#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/status.h"
#include "tools/replay/feed.h"
#include "tools/replay/plan.h"
#include "tools/replay/watch.h"

// What a replay would do, and what it did.

namespace fracas::tools {

struct ReplaySample {
  TopicPartition place;
  Offset offset = 0;
  int64_t timestamp_ms = 0;
  size_t bytes = 0;    // of key and value
  std::string code;    // a dead letter's, or what another system says of it
  uint32_t count = 0;  // replayed so often
};

struct DryRun {
  ReplayCounts counts;                 // `sent`: would be
  std::optional<uint64_t> would_fail;  // of these, by the stream's contract as it is here
  std::vector<ReplaySample> samples;   // of these, the first
};
// Reads what is left of the selection and sends nothing. `limit`: as ReplayPolicy.
Result<DryRun> TryReplay(const ReplayPlan& plan, uint64_t limit, int64_t now_ms, ReplayFeed* feed,
                         const std::function<void(uint64_t done, uint64_t total)>& progress);

struct ReplayReport {
  ReplayJob job;
  bool watched = false;  // a stream of ours judges what was sent
  bool settled = false;  // all that was sent is judged
  uint64_t waiting = 0;  // of it, not judged yet, or nobody could tell; 0 where it is settled
  JobFates fates;
  std::string red_reason;    // with `red_since_ms`
  int64_t red_since_ms = 0;  // the stream is RED since then, and what waits is not judged; 0: no
  // Older letters of the same records that were discarded (tools/letters/older_letters.h), or why
  // some stay open.
  uint64_t older_discarded = 0;
  std::string older_trouble;
  // Judged, and not among the fates.
  uint64_t published() const;
  // All of it was sent, and published where a stream of ours judges it.
  bool clean() const;
};

// Schema: schemas/outputs/replay.schema.json.
std::string ToJson(const ReplayReport& report);
std::string ToJson(const ReplayPlan& plan, const DryRun& dry_run);

}  // namespace fracas::tools
