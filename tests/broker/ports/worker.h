#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/broker/ports/cluster.h"

namespace fracas::broker_test {

// A record that was polled, with its bytes copied.
struct Polled {
  PartitionSlot slot = 0;
  Offset offset = 0;
  std::string value;
};

// A source and a transaction under one name, as a worker has them, driven step by step by a test.
// Its leases are kept until it ends or LetGo, so that what was polled can be forwarded.
class Worker {
 public:
  // Opens both; the test fails if it cannot.
  Worker(kafka::SourceOptions options, kafka::Connection connection);

  Source& source() { return *source_; }
  Transaction& transaction() { return *transaction_; }

  // Polls once, at most 100 ms; keeps records and events. `records_max` 0 takes none.
  void Turn(size_t records_max = 1'000);
  // Turns until the condition holds.
  bool TurnUntil(const std::function<bool()>& condition, size_t records_max = 1'000);
  bool TurnUntilAssigned(size_t partitions);
  bool TurnUntilPolled(size_t count) {
    return TurnUntil([&] { return polled.size() >= count; });
  }

  // One transaction with a record to `topic`/0 and an offset of the current or a given epoch.
  CommitResult CommitOne(const std::string& topic, const std::string& value, OffsetToCommit offset,
                         std::shared_ptr<const AssignmentEpoch> under);
  OutputTopic Open(const std::string& topic);
  PartitionSlot SlotOf(int32_t partition) const;

  std::vector<Polled> polled;
  std::vector<SourceEvent> events;
  std::vector<ConsumedRecord> records;           // views into the leases
  std::shared_ptr<const AssignmentEpoch> epoch;  // of the current assignment; nullptr: none
  std::vector<AssignedPartition> assigned;
  PayloadLease* lease() { return lease_.get(); }
  // Drops leases and what was polled.
  void LetGo();
  int CountEvents(SourceEvent::Kind kind) const;

 private:
  std::unique_ptr<Source> source_;
  std::unique_ptr<Transaction> transaction_;
  std::unique_ptr<PayloadLease> lease_;
};

// Options of a worker in a group of its own.
kafka::SourceOptions GroupOf(const std::string& group, const std::string& member,
                             const std::vector<std::string>& topics);

}  // namespace fracas::broker_test
