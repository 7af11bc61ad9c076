#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/model.h"
#include "core/codes.h"
#include "core/ids.h"
#include "core/outcome.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/cluster_probe.h"
#include "ports/log_reader.h"
#include "tools/live_state.h"
#include "tools/recovery/incident.h"
#include "wire/summary.h"

// What the topics of a group say about one stream since a point in time: everything that a recovery
// is judged by (tools/recovery/verdict.h). Reads only: no group is joined, nothing is committed.

namespace fracas::tools {

// A failure mode seen since the incident began.
struct ModeSeen {
  Code code = Code::kNone;
  std::string fingerprint{};
  bool of_incident = false;  // it is what the stream was stopped for
  bool held = false;         // it holds batches (or would, but for a diversion)
  uint64_t rows_before = 0;  // records, before the recovery …
  uint64_t rows_since = 0;   // … and since
  int64_t last_ms = 0;
  std::string message{};   // of the newest event; names the rule, never values
  std::string contract{};  // of the newest event before the recovery; "" none
};

// The proof that a read_committed reader gets past the incident: a record of the source and where
// it was read on the published topic.
struct Witness {
  Offset source = 0;
  Offset published = 0;
};

struct PartitionEvidence {
  TopicPartition source;
  Offset low = 0;
  Offset high = 0;
  Offset stable = 0;  // as far as a read_committed reader comes now; known where committed < high
  Offset committed = kNoOffset;
  // Kafka timestamp of the first record at or behind `committed`; 0: a reader finds none there.
  int64_t oldest_unread_ms = 0;
  // Published ranges of summaries since, ascending by `from`.
  std::vector<wire::SummaryRange> ranges{};
  std::optional<state::PendingRange> held{};  // what the incident held here
  // The published topic's partition of the same number; "" in mode none.
  TopicPartition target{};
  Offset target_high = 0;
  Offset target_stable = 0;
  std::optional<Witness> witness{};
  uint64_t scanned = 0;  // records of the published topic that were looked at for it

  // The next record is behind the first offset of an open transaction: no group reads it.
  bool IsHeldByTransaction() const {
    return committed != kNoOffset && committed < high && oldest_unread_ms == 0 && stable < high;
  }
  // Nothing is left to judge. A group's offset stands behind its last record: a transaction's
  // marker may lie between it and the end, as behind every replay.
  bool IsRead() const {
    if (committed == kNoOffset) return low == high;
    return committed >= high || (stable == high && oldest_unread_ms == 0);
  }
};

struct Evidence {
  std::string stream;  // "pipeline/stream"
  int64_t now_ms = 0;
  int64_t since_ms = 0;    // what is judged began then
  state::Breaker breaker;  // as it is now
  std::optional<Incident> incident;
  uint64_t summaries = 0;
  Tally counts;
  std::map<Code, uint64_t> codes;
  std::string broken_summary;  // what the first summary that does not add up says; "" all do
  int64_t last_output_ms = 0;  // newest summary with something published (or observed); 0: none
  std::vector<ModeSeen> modes;
  std::optional<Code> asked;  // the mode that was asked for: `of_incident` means it then
  std::vector<PartitionEvidence> partitions;
};

struct EvidencePorts {
  Admin* admin = nullptr;
  LogReader* reader = nullptr;
  ClusterProbe* probe = nullptr;
  const Clock* clock = nullptr;
  // What is being done and how far it is; may be empty.
  std::function<void(const std::string& what, uint64_t done, uint64_t total)> progress;
};

struct EvidenceQuestion {
  const config::Config* config = nullptr;
  const config::Stream* stream = nullptr;
  StreamLive live;                  // as it is now
  std::optional<int64_t> since_ms;  // nullopt: the recovery, or an hour ago when there was none
  std::optional<Code> code;         // the mode to look for instead of the incident's …
  std::string fingerprint;          // … "" any of the code
};

// kRetry: the cluster does not answer; kStop: a topic is missing or may not be read.
Result<Evidence> GatherEvidence(const EvidenceQuestion& question, const EvidencePorts& ports);

}  // namespace fracas::tools
