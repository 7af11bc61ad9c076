#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/status.h"
#include "json/writer.h"

// A replay's progress as it is written to <group>.replays (compacted; key: the job's name), in the
// transaction that sends the records it speaks of: whoever reads the last one knows exactly what
// was sent. ADR 0010. Value: JSON,
//
//   { "v": "1.0", "job": text, "request": sha256 of what was asked for, "selection": text for
//     people, "to": topic, "state": "running" | "stopped" | "done", "reason": text, "who", "why",
//     "sequence": n, "started": time, "updated": time,
//     "ranges": [{"topic", "partition", "from", "to", "next"}],
//     "letters": [{"topic", "partition", "offset"}],  where the target's dead letters ended at
//     first "counts": {"read", "sent", "bytes", "filtered", "parked", "left_out", "elsewhere",
//                "rewritten", "superseded", "under_way"} }

namespace fracas::tools {

enum class JobState : uint8_t { kRunning, kStopped, kDone };
std::string_view Name(JobState state);

struct ReplayRange {
  TopicPartition source{};
  Offset from = 0;
  Offset to = 0;
  Offset next = 0;  // everything below was sent or passed over
  bool operator==(const ReplayRange&) const = default;
};

struct LogPlace {
  TopicPartition partition{};
  Offset offset = 0;
  bool operator==(const LogPlace&) const = default;
};

// What became of the records that were read. All but `read` and `bytes` exclude each other.
struct ReplayCounts {
  uint64_t read = 0;
  uint64_t sent = 0;
  uint64_t bytes = 0;      // of keys and values that were sent
  uint64_t filtered = 0;   // not selected
  uint64_t parked = 0;     // replayed too often already
  uint64_t left_out = 0;   // dead letters that do not carry their record's bytes
  uint64_t elsewhere = 0;  // dead letters that came from another topic than the target
  uint64_t rewritten = 0;  // dead letters whose bytes are not known to be their record's
  uint64_t superseded =
      0;  // dead letters whose replay failed again: the newer letter stands for both
  uint64_t under_way = 0;  // dead letters that somebody else replays at the moment
  bool operator==(const ReplayCounts&) const = default;
};

struct ReplayJob {
  std::string name{};
  std::string request{};
  std::string selection{};
  std::string to{};
  JobState state = JobState::kRunning;
  std::string reason{};  // why it stopped
  std::string who{};
  std::string why{};
  uint64_t sequence = 0;  // one more with each transaction
  int64_t started_ms = 0;
  int64_t updated_ms = 0;
  std::vector<ReplayRange> ranges{};
  std::vector<LogPlace> letters{};
  ReplayCounts counts{};
  bool operator==(const ReplayJob&) const = default;

  // Offsets that are still to be read, and all of them.
  uint64_t Remaining() const;
  uint64_t Total() const;
};

// {"read": …}: the same in the progress and in what is printed.
void Write(const ReplayCounts& counts, json::Writer* writer);

void Encode(const ReplayJob& job, std::string* out);
// kReject: not a job's progress; kStop: of a newer program.
Result<ReplayJob> DecodeReplayJob(std::string_view bytes);

}  // namespace fracas::tools
