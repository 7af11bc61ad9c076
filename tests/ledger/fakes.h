#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/codes.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "ledger/ledger.h"
#include "state/format/codec.h"
#include "wire/dead_letter.h"

// Topics, a store and a clock in memory, for the ledger.

namespace fracas::ledger {

inline constexpr int64_t kStartMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
inline constexpr int64_t kDayMs = 24 * 3'600'000LL;

class FakeClock : public Clock {
 public:
  int64_t WallMs() const override { return kStartMs + now_ms; }
  int64_t MonotonicMs() const override { return 1'000 + now_ms; }
  int64_t now_ms = 0;
};

class MemoryStore : public StateStore {
 public:
  std::map<std::string, std::string> data;
  std::map<TopicPartition, Offset> positions;
  int64_t applied_ms = 0;
  int applies = 0;
  int fail_after = INT32_MAX;  // so many more Apply calls succeed

  Status Apply(const std::vector<StateChange>& changes,
               const std::map<TopicPartition, Offset>& to, int64_t now_ms) override {
    if (applies >= fail_after) return Status::Stop("no space");
    ++applies;
    for (const StateChange& change : changes) {
      if (change.value.empty()) {
        data.erase(change.key);
      } else {
        data[change.key] = change.value;
      }
    }
    for (const auto& [partition, offset] : to) positions[partition] = offset;
    applied_ms = now_ms;
    return {};
  }
  Offset Position(const TopicPartition& partition) const override {
    const auto found = positions.find(partition);
    return found == positions.end() ? 0 : found->second;
  }
  int64_t AppliedMs() const override { return applied_ms; }
  Result<bool> Get(std::string_view key, std::string* value) const override {
    const auto found = data.find(std::string(key));
    if (found == data.end()) return false;
    *value = found->second;
    return true;
  }
  Status MultiGet(const std::vector<std::string>& keys, std::vector<std::string>* values,
                  std::vector<bool>* found) const override {
    values->resize(keys.size());
    found->assign(keys.size(), false);
    for (size_t i = 0; i < keys.size(); ++i) (*found)[i] = *Get(keys[i], &(*values)[i]);
    return {};
  }
  Status Visit(std::string_view prefix,
               const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const std::map<std::string, std::string> moment = data;
    for (auto at = moment.lower_bound(std::string(prefix));
         at != moment.end() && at->first.starts_with(prefix) && visit(at->first, at->second); ++at) {
    }
    return {};
  }
  Status Wipe() override {
    data.clear();
    positions.clear();
    applied_ms = 0;
    return {};
  }
};

struct FakeRecord {
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
  int64_t timestamp_ms = 0;
};

// Partitions of offsets to records; a gap (a control marker, a compacted record) has none.
struct FakePartition {
  std::map<Offset, FakeRecord> records;
  Offset low = 0;
  Offset high = 0;
  Offset Append(FakeRecord record) {
    records[high] = std::move(record);
    return high++;
  }
};

struct FakeTopic {
  std::vector<FakePartition> partitions{1};
  std::map<std::string, std::string> config;
};

struct FakeCluster {
  std::map<std::string, FakeTopic> topics;
  bool away = false;

  FakePartition& at(const std::string& topic, Partition partition = 0) {
    return topics.at(topic).partitions.at(static_cast<size_t>(partition));
  }
};

class FakeLease : public PayloadLease {
 public:
  const FakeRecord* record = nullptr;
  void VisitHeaders(uint32_t, const std::function<void(std::string_view, std::string_view)>& visit)
      const override {
    for (const auto& [name, value] : record->headers) visit(name, value);
  }
};

class FakeTail : public LogTail {
 public:
  explicit FakeTail(FakeCluster* cluster) : cluster_(cluster) {}
  size_t records_max = SIZE_MAX;  // less than a Poll asks for: a turn sees part of what is there
  int follows = 0;

  Status Follow(const std::vector<TailStart>& starts) override {
    if (cluster_->away) return Status::Retry("no broker answers");
    starts_ = starts;
    ++follows;
    return {};
  }
  Status Poll(int, size_t max, const Visitor& visit) override {
    if (cluster_->away) return {};
    size_t left = std::min(max, records_max);
    for (size_t slot = 0; slot < starts_.size(); ++slot) {
      auto& [name, from] = starts_[slot];
      const auto topic = cluster_->topics.find(name.topic);
      if (topic == cluster_->topics.end()) return Status::Stop(Cat("topic ", name.topic, " is gone"));
      const FakePartition& partition = topic->second.partitions.at(static_cast<size_t>(name.partition));
      if (from < partition.low || from > partition.high) {
        return Status::Stop(Cat(name.topic, ": offsets ", partition.low, " to ", partition.high));
      }
      while (left > 0 && from < partition.high) {
        const auto next = partition.records.lower_bound(from);
        if (next == partition.records.end()) {
          from = partition.high;
          break;
        }
        FakeLease lease;
        lease.record = &next->second;
        visit({.slot = static_cast<PartitionSlot>(slot),
               .offset = next->first,
               .timestamp_ms = next->second.timestamp_ms,
               .key = next->second.key,
               .value = next->second.value},
              lease);
        from = next->first + 1;
        --left;
      }
    }
    return {};
  }
  Offset Position(size_t slot) const override { return starts_.at(slot).from; }
  std::string trouble() const override { return cluster_->away ? "no broker answers" : ""; }

 private:
  FakeCluster* const cluster_;
  std::vector<TailStart> starts_;
};

class FakeAdmin : public Admin {
 public:
  explicit FakeAdmin(FakeCluster* cluster) : cluster_(cluster) {}
  Result<std::vector<TopicDescription>> Describe(const std::vector<std::string>& wanted) override {
    if (cluster_->away) return Status::Retry("no broker answers");
    std::vector<TopicDescription> described;
    for (const std::string& name : wanted) {
      const auto topic = cluster_->topics.find(name);
      if (topic == cluster_->topics.end()) continue;
      described.push_back({.name = name,
                           .partitions = static_cast<int32_t>(topic->second.partitions.size()),
                           .replication = 1,
                           .config = topic->second.config,
                           .config_status = {}});
    }
    return described;
  }
  Result<std::vector<std::string>> ListTopics() override { return Status::Retry("not asked"); }
  Result<std::vector<Status>> Create(const std::vector<NewTopic>&) override {
    return Status::Retry("not asked");
  }
  Result<Watermarks> Query(const TopicPartition& partition) override {
    if (cluster_->away) return Status::Retry("no broker answers");
    if (!cluster_->topics.contains(partition.topic)) return Status::Retry("no such topic");
    const FakePartition& found = cluster_->at(partition.topic, partition.partition);
    return Watermarks{.low = found.low, .high = found.high};
  }
  Result<std::vector<Offset>> Committed(const std::string&, const std::vector<TopicPartition>&) override {
    return Status::Retry("not asked");
  }

 private:
  FakeCluster* const cluster_;
};

// A dead letter as a worker writes it.
struct NewLetter {
  Place source{{"raw", 0}, 0};
  std::string stream = "s";
  Code code = Code::kTypeMismatch;
  int64_t judged_ms = kStartMs;
  uint32_t replay_count = 0;
};

inline FakeRecord LetterRecord(const NewLetter& letter) {
  const BatchId batch{.source = letter.source.partition,
                      .from = letter.source.offset,
                      .to = letter.source.offset + 1,
                      .attempt = 1};
  wire::DeadLetterEncoder encoder;
  encoder.Begin();
  wire::DeadLetterContext context;
  context.code = letter.code;
  context.pipeline = "p";
  context.stream = letter.stream;
  context.batch = &batch;
  context.offset = letter.source.offset;
  context.message = "text";
  context.fingerprint = "f1";
  context.replay_count = letter.replay_count;
  context.time_ms = letter.judged_ms;
  const wire::DeadLetterHeaders block = encoder.Encode(context);
  FakeRecord record{.key = "key", .value = "{}", .headers = {}, .timestamp_ms = kStartMs - 5'000};
  for (const HeaderView& header : block.headers) {
    record.headers.emplace_back(std::string(header.name), std::string(header.value));
  }
  return record;
}

inline FakeRecord ResolutionRecord(const Place& source, state::LetterEnd end) {
  state::LetterResolution resolution;
  resolution.stamp.time_ms = kStartMs + 7'000;
  resolution.stream = "p/s";
  resolution.letter = source.partition;
  resolution.letter_offset = source.offset;
  resolution.end = end;
  resolution.ticket = end == state::LetterEnd::kResolved ? "t1" : "";
  resolution.who = "ada";
  resolution.why = "mended";
  return {.key = ResolutionKey(source), .value = state::Encode(resolution), .headers = {}};
}

inline FakeRecord ResolutionGone(const Place& source) {
  return {.key = ResolutionKey(source), .value = "", .headers = {}};
}

// "p/s 2103 open 1 resolved 2 discarded 0 expired 0", one row a line.
inline std::string CountsOf(const std::vector<LetterCount>& counts) {
  std::string text;
  for (const LetterCount& row : counts) {
    AppendTo(&text, text.empty() ? "" : "\n", row.stream, " ", row.code, " open ", row.open, " resolved ",
             row.resolved, " discarded ", row.discarded, " expired ", row.expired);
  }
  return text;
}

}  // namespace fracas::ledger
