#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/audit.h"
#include "core/classify.h"
#include "core/finding.h"
#include "core/ids.h"
#include "core/record.h"
#include "pipeline/control_view.h"
#include "pipeline/replay.h"
#include "ports/crash_log.h"
#include "ports/source.h"

// The values that carry a round through the pipeline.

namespace fracas::pipeline {

// What a batch is there for. All but kRecords only report, have no records and are never judged.
enum class BatchKind : uint8_t {
  kRecords,
  kStuck,   // its partition cannot be read or written: abandoned, empty
  kPassed,  // its probed range lies behind the committed offset already: empty, the offset stays
  kRecalled,  // the offset's note tells of a trip that the breaker does not show: empty, the offset stays
  kLoss,    // source records [from, to) are gone and a person has accepted that: the offset moves
  kBegin,   // the group has no offset of it yet: it gets one where it begins, so that it begins once
};
// Nothing was judged and nothing moves: neither counted nor in a summary.
constexpr bool OnlyTells(BatchKind kind) {
  return kind == BatchKind::kPassed || kind == BatchKind::kRecalled || kind == BatchKind::kBegin;
}

// A masked record: what its dead letter says.
struct MaskedRecord {
  uint32_t record = 0;
  Code code = Code::kNone;
  std::string message;   // why, and what to do
  bool poison = false;   // isolated by this worker: the authority has not heard of it yet
  bool unread = false;   // by its coordinates: it was not even examined
};

// Consecutive records of one partition that are judged together.
struct Batch {
  BatchKind kind = BatchKind::kRecords;
  BatchId id;               // from = where the partition stood, to = behind the last record
  PartitionSlot slot = 0;   // of the round's assignment
  int32_t topic_partitions = 0;  // when the group began to read it: goes into the offset's metadata
  RecordColumns records;
  Findings findings;
  uint64_t bytes = 0;       // keys and values
  uint64_t gaps = 0;        // offsets in [from, to) without a record
  // What is special about some records; mostly empty, each ascending by record.
  std::vector<MaskedRecord> masked;
  std::vector<Replay> replays;          // those that name a ticket
  std::vector<Treatment> treatments;    // of all of them, for Classify
  CrashLog* watch = nullptr;            // a worker died in this range: it is told of each record
  std::shared_ptr<const Dispositions> diverted;  // what holds acts as a dead letter; null: as the stream says
  // Filled by the judgement.
  uint64_t proved = 0;      // records that prove answered
  uint64_t explained = 0;   // records that went to explain
  int64_t event_time_max_ms = kNoTime;
  Classified classified;
  Verdict verdict;
  AuditWindow::Entry counted;  // in its partition's window, while published
  uint32_t window_number = 0;  // of that window
  bool in_window = false;
  // Verdict::Reason::kSystem: what is wrong, for people, and whether the source partition still takes the
  // unmoved offset (a deleted topic does not).
  std::string trouble;
  bool fences_with_offset = true;

  const MaskedRecord* FindMasked(size_t record) const;  // nullptr: it is not
  const Replay* FindReplay(size_t record) const;        // nullptr: it names no ticket
  bool published() const { return verdict.action == Verdict::Action::kPublish; }
  const Dispositions& dispositions(const StreamPlan& stream) const {
    return diverted == nullptr ? stream.dispositions : *diverted;
  }
  // Empty, with its memory kept.
  void Reset();
};

// The batches that one worker judges together and puts into one transaction. At most kRoundsMax are
// alive per worker; they are reused, so a steady worker allocates nothing for its records.
struct Round {
  // Stamps: what it was taken and judged under.
  std::shared_ptr<const ControlView> view;
  std::shared_ptr<const AssignmentEpoch> epoch;
  int64_t wall_ms = 0;
  int64_t monotonic_ms = 0;

  std::unique_ptr<PayloadLease> lease;
  std::deque<std::string> texts;  // bytes of ours that the transaction refers to; addresses are stable

  std::span<Batch> batches() { return std::span(storage_).first(count_); }
  std::span<const Batch> batches() const { return std::span(storage_).first(count_); }
  // An empty batch behind the others; void at the next call.
  Batch* AddBatch();
  bool empty() const { return count_ == 0; }
  uint64_t Records() const;
  // Lets go of payloads and stamps, keeps the memory.
  void Reset();

 private:
  std::vector<Batch> storage_;
  size_t count_ = 0;
};

// Filling, waiting, flying.
inline constexpr size_t kRoundsMax = 3;

// The rounds of one worker. Not thread-safe: rounds travel to the publisher and come back to the worker,
// which alone takes and returns them.
class RoundPool {
 public:
  RoundPool();
  // nullptr: all are alive.
  std::unique_ptr<Round> Take();
  // Resets it (which frees its payloads).
  void Return(std::unique_ptr<Round> round);

 private:
  std::vector<std::unique_ptr<Round>> idle_;
};

}  // namespace fracas::pipeline
