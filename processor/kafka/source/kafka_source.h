#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "kafka/client.h"
#include "kafka/consumer.h"
#include "kafka/deadline.h"
#include "kafka/epoch.h"
#include "kafka/lease.h"
#include "kafka/partition_table.h"
#include "kafka/start_offsets.h"
#include "ports/source.h"

namespace fracas::kafka {

// The source behind OpenSource. Fetched records and the group's events come through two queues:
// records through `fetched_` (every assigned partition's queue is forwarded to it), rebalances and
// errors of the group through `group_`. So a worker that takes no records still follows its group,
// and taking many records with one call meets no callback on the way (K5). Inside kafka/ only.
//
// Its code: consumer.cc (joining, taking, the group), source_positions.cc, source_errors.cc.
class KafkaSource final : public Source, private ClientEvents {
 public:
  explicit KafkaSource(SourceOptions options)
      : options_(std::move(options)), starts_(options_.start) {}
  ~KafkaSource() override { Close(); }

  // Connects, checks the topics and subscribes.
  Status Join();

  std::unique_ptr<PayloadLease> NewLease() override;
  std::span<const ConsumedRecord> Poll(const PollLimits& limits, PayloadLease* lease,
                                       std::vector<SourceEvent>* events) override;
  Status Seek(PartitionSlot slot, Offset offset) override;
  Status Hold(PartitionSlot slot, Offset offset) override;
  Status Release(PartitionSlot slot) override;
  Offset Passed(PartitionSlot slot) const override;
  Result<CommittedOffset> Committed(const TopicPartition& partition) override;
  Status Recreate() override;
  void Close() override;

 private:
  void OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t what,
                   rd_kafka_topic_partition_list_t* partitions) override;
  Status Subscribe();
  void ServeGroup(int wait_ms);
  void Revoke(rd_kafka_t* client);
  void FinishAssignment();
  bool OldRoundGoesOn() const;
  void CheckCover();
  Status Hand();
  void Fetch(int wait_ms);
  size_t Take(const PollLimits& limits, size_t bytes, MessageLease* lease);
  void OnGroupError(const rd_kafka_message_t& message);
  void OnEnd(const rd_kafka_message_t& message);
  void OnFetchError(const rd_kafka_message_t& message);
  void OnFailure(const Failure& failure);
  void Fail(SourceEvent::Kind kind, Status status);
  void ReportPartition(PartitionSlot slot, Offset offset, Code code, std::string_view text);
  void DropFetched(std::optional<PartitionSlot> slot);
  Status SeekNow(AssignedSlot& slot, Offset offset);
  Status Restart();
  Failure Pause(const AssignedSlot& slot, bool pause);

  const SourceOptions options_;
  StartFinder starts_;
  std::shared_ptr<Client> client_;
  Queue group_;
  Queue fetched_;
  PartitionTable table_;
  uint64_t epochs_ = 0;
  bool assigned_ = false;  // kAssigned was announced and not revoked
  bool failed_ = false;    // reported; only Recreate helps
  bool covered_ = false;   // the group was seen to read every partition since this handle joined it
  int64_t cover_ms_ = 0;   // until it is looked at again
  int cover_tries_ = 0;    // how often this handle joined anew for it
  std::optional<Deadline> cover_due_;

  // An assignment that the group has handed over and that has no offsets yet.
  struct Pending {
    std::shared_ptr<const GroupEpoch> epoch;
    std::vector<AssignedPartition> partitions;
    Deadline deadline{limits::kKafkaCommittedMsMax};
  };
  std::optional<Pending> pending_;
  std::weak_ptr<const GroupEpoch> announced_;  // of this handle's last assignment

  std::deque<rd_kafka_message_t*> taken_;  // from the queue, not yet delivered: a Poll was full
  std::vector<ConsumedRecord> records_;    // of this Poll
  std::vector<SourceEvent> events_;        // of this Poll
};

}  // namespace fracas::kafka
