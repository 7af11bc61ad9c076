#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.h"

// A Kafka in memory with true transaction semantics: open, committed and aborted records, control
// markers that take offsets, the last stable offset, producer epochs, a consumer group with
// generations (eager rebalances), groups of one seat beside it, offsets that are pending inside
// transactions, compaction and retention. As Kafka does, it checks member and generation of
// committed offsets, never who owns the partition. Deterministic; whoever uses it from several
// threads holds mutex() around each call (the ports do).

namespace fracas::sim {

struct Header {
  std::string name;
  std::optional<std::string> value;
  bool operator==(const Header&) const = default;
};

struct Record {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<Header> headers;
  int64_t timestamp_ms = 0;
};

struct Entry {
  // kCompacted: no reader gets it any more; a checker looks at what it was.
  enum class State : uint8_t { kOpen, kCommitted, kAborted, kMarker, kCompacted };
  State state = State::kCommitted;
  Record record;
  uint64_t order = 0;  // among all entries that were produced
};

using PartitionLog = std::vector<Entry>;  // offset = index

struct GroupOffset {
  Offset offset = kNoOffset;
  std::string metadata;
};

struct Membership {
  uint64_t member = 0;
  int64_t generation = -1;
  std::string seat = "";  // of a group of one seat (TakeSeat); the generation is void then
};

class Broker {
 public:
  std::recursive_mutex& mutex() const { return mutex_; }

  void CreateTopic(const std::string& topic, int32_t partitions);
  void DeleteTopic(const std::string& topic) { topics_.erase(topic); }
  // 0: there is none.
  int32_t Partitions(const std::string& topic) const;
  // By Kafka's names ("retention.ms"), for whoever asks the cluster to describe its topics.
  using Settings = std::map<std::string, std::string>;
  void Configure(const std::string& topic, Settings settings) {
    settings_[topic] = std::move(settings);
  }
  Settings SettingsOf(const std::string& topic) const;
  PartitionLog& log(const TopicPartition& partition);
  const PartitionLog& log(const TopicPartition& partition) const;
  // The offset up to which a read_committed reader sees.
  Offset StableEnd(const TopicPartition& partition) const;
  // Retention: everything below is gone for consumers.
  void DeleteBelow(const TopicPartition& partition, Offset low) { lows_[partition] = low; }
  Offset Low(const TopicPartition& partition) const;
  // What a read_committed reader gets, in order.
  std::vector<Record> Visible(const TopicPartition& partition) const;

  // --- Producers ---
  enum class Answer : uint8_t { kOk, kFenced, kIllegalGeneration };
  // Claims the id: a new epoch, the predecessor's transaction is aborted.
  int64_t InitProducer(const std::string& id);
  // Off, a defect: predecessors of that id go on.
  void set_fences(const std::string& id, bool fences) { producers_[id].fences = fences; }
  Answer Append(const std::string& id, int64_t epoch, const TopicPartition& partition,
                Record record);
  Answer AddOffset(const std::string& id, int64_t epoch, const Membership& member,
                   const TopicPartition& partition, GroupOffset offset);
  Answer End(const std::string& id, int64_t epoch, bool commit);
  // The coordinator's transaction timeout: aborts and fences.
  void TimeOut(const std::string& id);
  bool HasOpen(const std::string& id) const;
  // Without a transaction; its offset.
  Offset AppendPlain(const TopicPartition& partition, Record record);
  // How many entries were produced so far.
  uint64_t order() const { return order_; }

  // --- The group ---
  // Joins (a static name takes its predecessor's place, which is fenced) and asks for a rebalance.
  uint64_t Join(const std::string& name, const std::vector<std::string>& topics);
  void Leave(uint64_t member);
  // The session timed out: as Leave, but the member does not know.
  void Kick(uint64_t member) { Leave(member); }
  void Rebalance();
  bool Knows(uint64_t member) const { return members_.contains(member); }
  // The member has seen the rebalance and let go of everything.
  void Rejoin(uint64_t member);
  bool rebalancing() const { return rebalancing_; }
  int64_t generation() const { return generation_; }
  // nullopt: the rebalance is not over, or an offset of the share is pending in a transaction
  // (KIP-447).
  std::optional<std::vector<TopicPartition>> Share(uint64_t member) const;
  // nullopt: pending in a transaction.
  std::optional<GroupOffset> Committed(const TopicPartition& partition) const;
  // An administrator moves it.
  void SetOffset(const TopicPartition& partition, Offset offset) {
    offsets_[partition] = {offset, ""};
  }
  // A group whose members all have one name: who joined last is its member, the others are fenced.
  uint64_t TakeSeat(const std::string& seat) { return seats_[seat] = next_member_++; }
  // Every offset that was ever committed, in order, for the checker.
  const std::vector<std::pair<TopicPartition, GroupOffset>>& history() const { return history_; }

 private:
  struct Producer {
    int64_t epoch = 0;
    bool fences = true;
    bool open = false;
    std::map<TopicPartition, std::vector<Offset>> records;
    std::map<TopicPartition, GroupOffset> offsets;
  };
  struct Member {
    std::string name;
    std::vector<std::string> topics;
    bool joined = false;  // for the rebalance that is going on
    std::vector<TopicPartition> share;
  };
  bool IsMember(const Membership& membership) const;
  void Close(Producer* producer, bool commit);
  void FinishRebalance();

  mutable std::recursive_mutex mutex_;
  std::map<std::string, std::vector<PartitionLog>> topics_;
  std::map<std::string, Settings> settings_;
  std::map<std::string, Producer> producers_;
  std::map<uint64_t, Member> members_;
  uint64_t next_member_ = 1;
  int64_t generation_ = 0;
  bool rebalancing_ = false;
  std::map<std::string, uint64_t> seats_;
  std::map<TopicPartition, Offset> lows_;
  uint64_t order_ = 0;
  std::map<TopicPartition, GroupOffset> offsets_;
  std::vector<std::pair<TopicPartition, GroupOffset>> history_;
};

}  // namespace fracas::sim
