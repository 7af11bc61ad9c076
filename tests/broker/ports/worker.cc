#include "tests/broker/ports/worker.h"

#include <gtest/gtest.h>

#include <utility>

#include "core/check.h"
#include "core/record.h"

namespace fracas::broker_test {

kafka::SourceOptions GroupOf(const std::string& group, const std::string& member,
                             const std::vector<std::string>& topics) {
  kafka::SourceOptions options;
  options.connection = Connect();
  options.group = group;
  options.member = member;
  options.topics = topics;
  options.connection.consumer = {
      {"heartbeat.interval.ms", "300"}};  // rebalances are noticed by heartbeats
  return options;
}

Worker::Worker(kafka::SourceOptions options, kafka::Connection connection) {
  const std::string member = options.member;
  auto source = kafka::OpenSource(std::move(options));
  FRACAS_CHECK(source.ok(), source.status().message());
  source_ = std::move(*source);
  transaction_ = kafka::NewTransaction({.connection = std::move(connection),
                                        .transactional_id = member,
                                        .record_bytes_max = 1'000'000});
  const Status claimed = transaction_->Recreate();
  FRACAS_CHECK(claimed.ok(), claimed.message());
  lease_ = source_->NewLease();
}

void Worker::Turn(size_t records_max) {
  std::vector<SourceEvent> fresh;
  const PollLimits limits{.records_max = records_max, .bytes_max = 16'000'000, .wait_ms = 100};
  for (const ConsumedRecord& record : source_->Poll(limits, lease_.get(), &fresh)) {
    records.push_back(record);
    polled.push_back({.slot = record.slot,
                      .offset = record.offset,
                      .value = ToText(record.value).value_or("null")});
  }
  for (SourceEvent& event : fresh) {
    if (event.kind == SourceEvent::Kind::kAssigned) {
      epoch = event.epoch;
      assigned = event.partitions;
    }
    if (event.kind == SourceEvent::Kind::kRevoked) {
      epoch = nullptr;
      assigned.clear();
    }
    events.push_back(std::move(event));
  }
}

bool Worker::TurnUntil(const std::function<bool()>& condition, size_t records_max) {
  return Eventually([&] {
    if (condition()) return true;
    Turn(records_max);
    return condition();
  });
}

bool Worker::TurnUntilAssigned(size_t partitions) {
  return TurnUntil([&] { return epoch != nullptr && assigned.size() == partitions; }, 0);
}

OutputTopic Worker::Open(const std::string& topic) {
  const Result<OutputTopic> opened = transaction_->Open(topic);
  FRACAS_CHECK(opened.ok(), opened.status().message());
  return *opened;
}

CommitResult Worker::CommitOne(const std::string& topic, const std::string& value,
                               OffsetToCommit offset,
                               std::shared_ptr<const AssignmentEpoch> under) {
  const OutputTopic output = Open(topic);
  EXPECT_TRUE(transaction_->Begin().ok());
  ProducedRecord record;
  record.value = value;
  record.timestamp_ms = kNoTime;
  EXPECT_TRUE(transaction_->Produce(output, 0, record).ok());
  return transaction_->Commit(under.get(), std::span(&offset, 1));
}

PartitionSlot Worker::SlotOf(int32_t partition) const {
  for (const AssignedPartition& candidate : assigned) {
    if (candidate.partition.partition == partition) return candidate.slot;
  }
  FRACAS_CHECK(false, "the partition is not assigned");
}

void Worker::LetGo() {
  polled.clear();
  records.clear();
  lease_ = source_->NewLease();
}

int Worker::CountEvents(SourceEvent::Kind kind) const {
  int count = 0;
  for (const SourceEvent& event : events) count += event.kind == kind ? 1 : 0;
  return count;
}

}  // namespace fracas::broker_test
