#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ports/clock.h"
#include "ports/source.h"
#include "ports/transaction.h"
#include "tests/sim/broker.h"
#include "tests/sim/lease.h"
#include "tests/sim/random.h"

// The ports on the broker in memory, with faults.

namespace fracas::sim {

class SimClock : public Clock {
 public:
  int64_t WallMs() const override { return 1'700'000'000'000 + now_ms_; }
  int64_t MonotonicMs() const override { return now_ms_; }
  void Advance(int64_t ms) { now_ms_ += ms; }

 private:
  int64_t now_ms_ = 1'000;
};

// What can go wrong, decided call by call. One per world.
struct Faults {
  bool on = true;
  uint64_t not_committed = 0;  // per mille of commits …
  uint64_t unknown_committed = 0;
  uint64_t unknown_aborted = 0;
  uint64_t fenced = 0;
  uint64_t seek_fails = 0;  // per mille of seeks
  uint64_t interleave = 0;  // per mille: others run in the middle of a commit
  uint64_t joins_anew = 0;  // per mille of polls: a member gets what it has once more, in its generation
  uint64_t retries = 0;     // per mille of every other call: no answer in time, try again
  uint64_t open_fails = 0;  // per mille of the looks at output topics: the same
  // A defect, not a fault: offsets are sent with the generation of now instead of the one that
  // their records were read under (facts of Kafka: it is accepted, and duplicates).
  bool fresh_metadata = false;
  bool forgets_notes = false;  // another: the metadata of offsets is not told
  bool hasty = false;          // another: an assignment of the same generation waits for no round
  // A source partition whose data retention has taken: each assignment of it meets the error at
  // once.
  TopicPartition lost;
  // A topic that refuses records of some source offsets: "topic/partition" → from this length on.
  std::string refusing_topic;  // "" none
  int32_t refusing_partition = -1;
  bool refuses_all = false;                         // also the reports
  std::function<void(const Record&)> headers_read;  // of a consumed record; may be empty

  bool Retries(Random* random) const { return on && retries > 0 && random->Chance(retries); }
};

class SimSource : public Source {
 public:
  SimSource(Broker* broker, Random* random, const Faults* faults, std::string name,
            std::vector<std::string> topics);
  std::unique_ptr<PayloadLease> NewLease() override;
  std::span<const ConsumedRecord> Poll(const PollLimits& limits, PayloadLease* lease,
                                       std::vector<SourceEvent>* events) override;
  Status Seek(PartitionSlot slot, Offset offset) override;
  Status Hold(PartitionSlot slot, Offset offset) override;
  Status Release(PartitionSlot slot) override;
  Result<CommittedOffset> Committed(const TopicPartition& partition) override;
  Status Recreate() override;
  void Close() override;
  uint64_t member() const { return member_; }

 private:
  struct Fetch {
    TopicPartition partition;
    Offset position = 0;
    bool held = false;
    bool told = false;  // of its loss
  };
  void ServeGroup(std::vector<SourceEvent>* events);
  void LetGo(std::vector<SourceEvent>* events);
  void TellLoss(PartitionSlot slot, std::vector<SourceEvent>* events);

  Broker* const broker_;
  Random* const random_;
  const Faults* const faults_;
  const std::string name_;
  const std::vector<std::string> topics_;
  uint64_t member_ = 0;
  int64_t generation_ = -1;  // of the current assignment; -1: none
  bool rejoined_ = false;
  uint64_t epochs_ = 0;
  std::weak_ptr<const SimEpoch> announced_;
  std::vector<Fetch> slots_;
  size_t next_slot_ = 0;
  std::vector<ConsumedRecord> records_;
};

class SimTransaction : public Transaction {
 public:
  struct Options {
    Broker* broker = nullptr;
    Random* random = nullptr;
    const Faults* faults = nullptr;
    std::string id;
    const bool* crashed = nullptr;  // the process is dead: nothing reaches the broker any more
    std::function<void()> in_the_middle;  // others run
    std::function<void(const std::string&)> trace;
  };
  explicit SimTransaction(Options options) : options_(std::move(options)) {}
  Status Recreate() override;
  Result<OutputTopic> Open(const std::string& topic) override;
  Status Begin() override;
  Status Forward(OutputTopic topic, Partition partition, const ConsumedRecord& record,
                 PayloadLease* lease) override;
  Status Produce(OutputTopic topic, Partition partition, const ProducedRecord& record) override;
  CommitResult Commit(const AssignmentEpoch* epoch,
                      std::span<const OffsetToCommit> offsets) override;
  CommitResult Abort() override;
  uint64_t accepted() const override { return accepted_; }
  uint64_t failed() const override { return 0; }

 private:
  // A produced record: views, read when it is sent, as a client library does.
  struct Queued {
    TopicPartition to;
    std::string_view key;
    std::string_view value;
    int64_t timestamp_ms = 0;
    const PayloadLease* original = nullptr;
    uint32_t original_index = 0;
    std::vector<Header> headers;
  };
  CommitResult TryCommit(const AssignmentEpoch* epoch, std::span<const OffsetToCommit> offsets);
  Status Refuse(OutputTopic topic, Partition partition);
  bool Send();
  CommitResult Fenced();

  const Options options_;
  std::vector<std::string> topics_;
  int64_t epoch_ = 0;
  std::vector<Queued> queued_;
  uint64_t accepted_ = 0;
  std::string refused_;
};

}  // namespace fracas::sim
