#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "wire/dead_letter.h"

namespace fracas::tools {

// Topics in memory whose records have headers.
class FakeLog : public Admin, public LogReader {
 public:
  using Headers = std::vector<std::pair<std::string, std::optional<std::string>>>;
  struct Record {
    std::optional<std::string> key{};
    std::optional<std::string> value{};
    Headers headers{};
    int64_t timestamp_ms = 1'769'860'800'000;
  };
  std::map<TopicPartition, std::deque<Record>> logs;
  std::map<TopicPartition, Offset> lows;  // retention took what is below
  std::map<std::string, int32_t> topics;
  uint64_t reads = 0;  // calls of Read

  void AddTopic(const std::string& name, int32_t partitions = 1) {
    topics[name] = partitions;
    for (Partition number = 0; number < partitions; ++number) logs[{name, number}];
  }
  Offset Append(const TopicPartition& to, Record record) {
    logs[to].push_back(std::move(record));
    return static_cast<Offset>(logs[to].size()) - 1;
  }

  Result<std::vector<TopicDescription>> Describe(const std::vector<std::string>& wanted) override {
    std::vector<TopicDescription> found;
    for (const std::string& name : wanted) {
      if (topics.contains(name)) found.push_back({name, topics[name], 1, {}, {}});
    }
    return found;
  }
  Result<std::vector<std::string>> ListTopics() override {
    std::vector<std::string> names;
    for (const auto& [name, partitions] : topics) names.push_back(name);
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
    return std::vector<Offset>(partitions.size(), kNoOffset);
  }
  Status Read(
      const TopicPartition& partition, Offset from, Offset to,
      const std::function<bool(const ConsumedRecord&, const PayloadLease&)>& visit) override {
    ++reads;
    const auto end = static_cast<Offset>(logs[partition].size());
    for (Offset offset = std::max(from, lows[partition]); offset < std::min(to, end); ++offset) {
      const Record& record = logs[partition][static_cast<size_t>(offset)];
      ConsumedRecord consumed;
      consumed.offset = offset;
      consumed.timestamp_ms = record.timestamp_ms;
      if (record.key.has_value()) consumed.key = *record.key;
      if (record.value.has_value()) consumed.value = *record.value;
      if (!visit(consumed, Lease(record.headers))) return {};
    }
    return {};
  }

 private:
  class Lease : public PayloadLease {
   public:
    explicit Lease(const Headers& headers) : headers_(headers) {}
    void VisitHeaders(
        uint32_t,
        const std::function<void(std::string_view, std::string_view)>& visit) const override {
      for (const auto& [name, value] : headers_) {
        visit(name, value.has_value() ? std::string_view(*value) : std::string_view());
      }
    }

   private:
    const Headers& headers_;
  };
};

// A dead letter of ours, as the program writes it.
inline FakeLog::Record OurLetter(const TopicPartition& source, Offset offset, Code code,
                                 std::string value = "{\"id\":1}",
                                 int64_t judged_ms = 1'769'860'800'000) {
  const BatchId batch{.source = source, .from = offset, .to = offset + 1};
  wire::DeadLetterContext context;
  context.code = code;
  context.pipeline = "ingest";
  context.stream = "orders";
  context.batch = &batch;
  context.offset = offset;
  context.message = "expected integer, found string";
  context.fingerprint = code == Code::kTypeMismatch ? "aa11" : "bb22";
  context.time_ms = judged_ms;
  context.has_finding = true;
  context.pointer = "/age";
  wire::DeadLetterEncoder encoder;
  encoder.Begin();
  const wire::DeadLetterHeaders block = encoder.Encode(context);
  FakeLog::Record record{.key = "k", .value = std::move(value), .headers = {{"trace", "abc"}}};
  for (const HeaderView& header : block.headers) {
    record.headers.emplace_back(std::string(header.name), std::string(header.value));
  }
  return record;
}

}  // namespace fracas::tools
