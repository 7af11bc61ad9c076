#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/text.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/log_reader.h"
#include "ports/log_tail.h"
#include "ports/outbox.h"
#include "wire/command.h"
#include "wire/journal.h"

namespace fracas::tools {

class NoHeaders : public PayloadLease {
 public:
  void VisitHeaders(uint32_t,
                    const std::function<void(std::string_view, std::string_view)>&) const override {}
};

// Moves by itself: each look at the monotonic clock is a millisecond, each empty poll as long as it waits.
class MovingClock : public Clock {
 public:
  int64_t WallMs() const override { return wall_ms + moved_ms; }
  int64_t MonotonicMs() const override { return ++moved_ms; }
  int64_t wall_ms = 1'769'860'800'000;
  mutable int64_t moved_ms = 0;
};

// A cluster's logs in memory, with an authority that answers what is written to a control topic.
class FakeGroup : public Admin, public LogReader, public Outbox {
 public:
  struct Record {
    std::string key;
    std::string value;
    int64_t timestamp_ms = 0;
  };
  std::map<TopicPartition, std::deque<Record>> logs;
  std::map<TopicPartition, Offset> lows;       // deleted by retention below it
  std::map<std::string, TopicDescription> topics;
  std::map<TopicPartition, Offset> committed;
  MovingClock clock;
  // What the authority does with a command; none: nobody answers.
  std::function<wire::JournalEntry(const wire::Command&)> authority;
  std::vector<wire::Command> commands;         // in the order of arrival
  Status send_status;                          // of every send

  void AddTopic(const std::string& name, int32_t partitions = 1,
                std::map<std::string, std::string> config = {}) {
    topics[name] = {name, partitions, 1, std::move(config), {}};
    for (Partition number = 0; number < partitions; ++number) logs[{name, number}];
  }
  Offset Append(const TopicPartition& to, std::string key, std::string value, int64_t timestamp_ms = 1) {
    logs[to].push_back({std::move(key), std::move(value), timestamp_ms});
    return static_cast<Offset>(logs[to].size()) - 1;
  }

  // Admin.
  Result<std::vector<TopicDescription>> Describe(const std::vector<std::string>& wanted) override {
    std::vector<TopicDescription> found;
    for (const std::string& name : wanted) {
      if (topics.contains(name)) found.push_back(topics[name]);
    }
    return found;
  }
  Result<std::vector<std::string>> ListTopics() override {
    std::vector<std::string> names;
    for (const auto& [name, topic] : topics) names.push_back(name);
    return names;
  }
  Result<std::vector<Status>> Create(const std::vector<NewTopic>& wanted) override {
    return std::vector<Status>(wanted.size());
  }
  Result<Watermarks> Query(const TopicPartition& partition) override {
    return Watermarks{lows[partition], static_cast<Offset>(logs[partition].size())};
  }
  Result<std::vector<Offset>> Committed(const std::string&,
                                        const std::vector<TopicPartition>& partitions) override {
    std::vector<Offset> offsets;
    for (const TopicPartition& partition : partitions) {
      const auto found = committed.find(partition);
      offsets.push_back(found == committed.end() ? kNoOffset : found->second);
    }
    return offsets;
  }

  // LogReader.
  Status Read(const TopicPartition& partition, Offset from, Offset to,
              const std::function<bool(const ConsumedRecord&, const PayloadLease&)>& visit) override {
    const NoHeaders lease;
    for (Offset offset = from; offset < to; ++offset) {
      if (!visit(At(partition, offset, 0), lease)) return {};
    }
    return {};
  }

  // Outbox.
  Result<Offset> Send(const TopicPartition& to, std::string_view key, std::string_view value,
                      std::span<const HeaderView>, int64_t timestamp_ms) override {
    if (!send_status.ok()) return send_status;
    const Offset offset = Append(to, std::string(key), std::string(value), timestamp_ms);
    Answer(value);
    return offset;
  }
  Status Queue(const TopicPartition& to, std::string_view key, std::string_view value,
               std::span<const HeaderView> headers, int64_t timestamp_ms) override {
    Result<Offset> sent = Send(to, key, value, headers, timestamp_ms);
    return sent.ok() ? Status() : sent.status();
  }
  Status Flush() override { return {}; }

  ConsumedRecord At(const TopicPartition& partition, Offset offset, PartitionSlot slot) {
    const Record& record = logs[partition][static_cast<size_t>(offset)];
    ConsumedRecord consumed;
    consumed.slot = slot;
    consumed.offset = offset;
    consumed.timestamp_ms = record.timestamp_ms;
    consumed.key = record.key;
    consumed.value = record.value;
    return consumed;
  }

 private:
  void Answer(std::string_view value) {
    Result<wire::ControlMessage> message = wire::DecodeControl(value);
    if (!message.ok() || !std::holds_alternative<wire::Command>(*message)) return;
    commands.push_back(std::get<wire::Command>(*message));
    if (!authority) return;
    const wire::JournalEntry entry = authority(commands.back());
    if (entry.id.empty()) return;
    std::string bytes;
    wire::Encode(entry, &bytes);
    Append({"shop.journal", 0}, entry.id, bytes);
  }
};

class FakeTail : public LogTail {
 public:
  explicit FakeTail(FakeGroup* group) : group_(group) {}
  Status Follow(const std::vector<TailStart>& starts) override {
    starts_ = starts;
    return {};
  }
  Status Poll(int wait_ms, size_t records_max,
              const std::function<void(const ConsumedRecord&, const PayloadLease&)>& visit) override {
    const NoHeaders lease;
    size_t visited = 0;
    for (size_t slot = 0; slot < starts_.size(); ++slot) {
      TailStart& start = starts_[slot];
      const auto end = static_cast<Offset>(group_->logs[start.partition].size());
      for (; start.from < end && visited < records_max; ++start.from, ++visited) {
        visit(group_->At(start.partition, start.from, static_cast<PartitionSlot>(slot)), lease);
      }
    }
    if (visited == 0) group_->clock.moved_ms += wait_ms;
    return {};
  }
  Offset Position(size_t slot) const override { return starts_[slot].from; }
  std::string trouble() const override { return ""; }

 private:
  FakeGroup* const group_;
  std::vector<TailStart> starts_;
};

// Answers as an authority that applies everything.
inline wire::JournalEntry Applied(const wire::Command& command) {
  wire::JournalEntry entry;
  entry.id = command.id;
  entry.type = wire::TypeName(command.args);
  entry.stream = command.stream;
  entry.who = command.who;
  entry.why = command.why;
  entry.time_ms = command.time_ms;
  entry.applied = true;
  entry.because = "done";
  entry.version = command.expected_version.value_or(0) + 1;
  return entry;
}
inline wire::JournalEntry Refused(const wire::Command& command, std::string because) {
  wire::JournalEntry entry = Applied(command);
  entry.applied = false;
  entry.because = std::move(because);
  return entry;
}

}  // namespace fracas::tools
