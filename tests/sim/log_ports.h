#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/admin.h"
#include "ports/log_reader.h"
#include "ports/log_tail.h"
#include "ports/state_store.h"
#include "tests/sim/broker.h"
#include "tests/sim/random.h"

// Reading without a group, watermarks and a store, on the broker in memory.

namespace fracas::sim {

// What retention and outages do to reading; one per world.
struct LogFaults {
  bool away = false;  // no broker answers
  // The first offset that is there; where none is given, as the broker has it.
  std::map<TopicPartition, Offset> low;
  std::string unknown_topic;  // a broker that has just started does not know of it; "" none
  // Of the calls, where a source of randomness is given: no answer, or fewer records than asked
  // for.
  Random* random = nullptr;
  uint64_t retries = 0;        // per mille
  uint64_t short_polls = 0;    // per mille
  bool reads_aborted = false;  // a defect: a tail visits aborted records too

  bool Fails() const { return away || (retries > 0 && random->Chance(retries)); }
};

class SimLogTail : public LogTail {
 public:
  SimLogTail(Broker* broker, const LogFaults* faults) : broker_(broker), faults_(faults) {}
  Status Follow(const std::vector<TailStart>& starts) override;
  Status Poll(int wait_ms, size_t records_max, const Visitor& visit) override;
  Offset Position(size_t slot) const override { return starts_.at(slot).from; }
  std::string trouble() const override { return faults_->away ? "no broker answers" : ""; }

 private:
  Broker* const broker_;
  const LogFaults* const faults_;
  std::vector<TailStart> starts_;
};

class SimLogReader : public LogReader {
 public:
  SimLogReader(Broker* broker, const LogFaults* faults) : broker_(broker), faults_(faults) {}
  Status Read(
      const TopicPartition& partition, Offset from, Offset to,
      const std::function<bool(const ConsumedRecord&, const PayloadLease&)>& visit) override;

 private:
  Broker* const broker_;
  const LogFaults* const faults_;
};

// Describe and Query are of use here.
class SimAdmin : public Admin {
 public:
  SimAdmin(Broker* broker, const LogFaults* faults) : broker_(broker), faults_(faults) {}
  Result<std::vector<TopicDescription>> Describe(const std::vector<std::string>& wanted) override;
  Result<std::vector<std::string>> ListTopics() override;
  Result<std::vector<Status>> Create(const std::vector<NewTopic>& topics) override;
  Result<Watermarks> Query(const TopicPartition& partition) override;
  Result<std::vector<Offset>> Committed(const std::string& group,
                                        const std::vector<TopicPartition>& partitions) override;

 private:
  Broker* const broker_;
  const LogFaults* const faults_;
};

// From first to second, the second one left out.
using OffsetRanges = std::vector<std::pair<Offset, Offset>>;

// What compaction does to a log: of each key the last value below `end` stays; deletions below
// `forget` go too (their retention is over). Offsets stay.
struct Compaction {
  Offset end = INT64_MAX;
  Offset forget = 0;
};
void Compact(const TopicPartition& partition, const Compaction& compaction, Broker* broker);

// A store in memory.
class MemoryStore : public StateStore {
 public:
  Status Apply(const std::vector<StateChange>& changes,
               const std::map<TopicPartition, Offset>& positions, int64_t now_ms) override;
  Offset Position(const TopicPartition& partition) const override;
  int64_t AppliedMs() const override;
  Result<bool> Get(std::string_view key, std::string* value) const override;
  Status MultiGet(const std::vector<std::string>& keys, std::vector<std::string>* values,
                  std::vector<bool>* found) const override;
  Status Visit(std::string_view prefix,
               const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  Status Wipe() override;

  void FailFromNowOn() { failed_ = true; }
  void Mend() { failed_ = false; }
  // A folder that was put in the place of this one: all that a store keeps is `other`'s.
  void CopyFrom(const MemoryStore& other);
  // A defect: one change of a key that begins so is lost.
  void ForgetOne(char kind) { forgets_ = kind; }
  size_t wipes() const { return wipes_; }
  const std::map<std::string, std::string, std::less<>>& data() const { return data_; }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> data_;
  std::map<TopicPartition, Offset> positions_;
  int64_t applied_ms_ = 0;
  size_t wipes_ = 0;
  bool failed_ = false;
  std::optional<char> forgets_;
};

}  // namespace fracas::sim
