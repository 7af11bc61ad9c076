// Moving a source: seeking, holding, releasing. librdkafka 2.0.2 cannot be trusted with a position
// across a pause (K1, K2), so every move ends with a seek.

#include <algorithm>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "kafka/source/kafka_source.h"

namespace fracas::kafka {
namespace {

constexpr int kSeekTries = 3;

}  // namespace

// Moves librdkafka and our own position. A timeout leaves the state unknown, so it is tried again.
Status KafkaSource::SeekNow(AssignedSlot& slot, Offset offset) {
  Failure failure;
  for (int i = 0; i < kSeekTries; ++i) {
    failure = FromCode(rd_kafka_seek(slot.topic.get(), slot.partition.partition, offset,
                                     static_cast<int>(limits::kKafkaCallMsMax)));
    if (failure.error != RD_KAFKA_RESP_ERR__TIMED_OUT) break;
  }
  const bool stopped = failure.error == RD_KAFKA_RESP_ERR__STATE;
  if (!failure.ok() && !stopped) {
    return CallFailed(Cat("the seek to ", ToString(slot.partition, offset)), failure);
  }
  slot.position = offset;
  slot.end = kNoOffset;
  slot.reported = false;
  slot.failures = 0;
  return stopped ? Restart() : Status();
}

// After lost data (auto.offset.reset=error) librdkafka has stopped the partition for good; with an
// eager assignor only a new assignment to the handle starts it again, so all are started where they
// stand.
Status KafkaSource::Restart() {
  DropFetched(std::nullopt);
  const PartitionList nothing = NewPartitionList();
  rd_kafka_assign(client_->get(), nothing.get());
  // IMPORTANT: stopping a partition takes its queue from `fetched_`, some time later. A seek is
  // answered behind the stop, whatever it answers; forwarding again before would lose the records'
  // way.
  for (PartitionSlot slot = 0; slot < table_.size(); ++slot) {
    const AssignedSlot& assigned = table_.at(slot);
    rd_kafka_seek(assigned.topic.get(), assigned.partition.partition, assigned.position,
                  static_cast<int>(limits::kKafkaCallMsMax));
  }
  if (Status handed = Hand(); !handed.ok()) return handed;
  for (PartitionSlot slot = 0; slot < table_.size(); ++slot) {
    if (!table_.at(slot).held) continue;
    if (const Failure failure = Pause(table_.at(slot), true); !failure.ok()) {
      return CallFailed(
          Cat("the pause of ", ToString(table_.at(slot).partition, table_.at(slot).position)),
          failure);
    }
  }
  return {};
}

Failure KafkaSource::Pause(const AssignedSlot& slot, bool pause) {
  const PartitionList list = NewPartitionList();
  rd_kafka_topic_partition_list_add(list.get(), slot.partition.topic.c_str(),
                                    slot.partition.partition);
  const Failure failure = FromCode(pause ? rd_kafka_pause_partitions(client_->get(), list.get())
                                         : rd_kafka_resume_partitions(client_->get(), list.get()));
  return failure.ok() ? FromCode(list->elems[0].err) : failure;
}

Status KafkaSource::Seek(PartitionSlot slot, Offset offset) {
  FRACAS_CHECK(table_.contains(slot) && offset >= 0, "Seek of an unknown slot");
  DropFetched(slot);
  AssignedSlot& assigned = table_.at(slot);
  if (assigned.held) {
    assigned.position = offset;  // Release seeks
    assigned.end = kNoOffset;
    return {};
  }
  return SeekNow(assigned, offset);
}

Status KafkaSource::Hold(PartitionSlot slot, Offset offset) {
  if (Status sought = Seek(slot, offset); !sought.ok()) return sought;
  AssignedSlot& assigned = table_.at(slot);
  if (assigned.held) return {};
  if (const Failure failure = Pause(assigned, true); !failure.ok()) {
    return CallFailed(Cat("the pause of ", ToString(assigned.partition, offset)), failure);
  }
  assigned.held = true;
  return {};
}

Status KafkaSource::Release(PartitionSlot slot) {
  FRACAS_CHECK(table_.contains(slot), "Release of an unknown slot");
  AssignedSlot& assigned = table_.at(slot);
  // IMPORTANT: resuming a partition that is not paused starts it at a stale offset (K1).
  if (!assigned.held) return {};
  if (const Failure failure = Pause(assigned, false); !failure.ok()) {
    return CallFailed(Cat("the resumption of ", ToString(assigned.partition, assigned.position)),
                      failure);
  }
  assigned.held = false;
  // Where librdkafka would go on is its own idea (K2); what it fetched meanwhile is outdated by
  // this.
  return SeekNow(assigned, assigned.position);
}

// The end of the log tells of markers, in the order of the records; rd_kafka_position is another
// idea that 2.0.2 loses when it pauses and seeks (K2).
void KafkaSource::OnEnd(const rd_kafka_message_t& message) {
  const std::optional<PartitionSlot> slot = table_.Find(message);
  if (slot.has_value() && !table_.at(*slot).held) table_.at(*slot).end = message.offset;
}

Offset KafkaSource::Passed(PartitionSlot slot) const {
  const AssignedSlot& assigned = table_.at(slot);
  if (assigned.held || assigned.end == kNoOffset) return kNoOffset;
  return std::max(assigned.end, assigned.position);
}

Result<CommittedOffset> KafkaSource::Committed(const TopicPartition& partition) {
  const Deadline deadline(limits::kKafkaCommittedMsMax);
  for (;;) {
    Result<std::vector<CommittedOffset>> answer =
        AskCommitted(*client_, {partition}, deadline.SliceMs(limits::kKafkaCallMsMax));
    if (answer.ok()) return std::move(answer->front());
    if (answer.status().action() != Action::kRetry || deadline.passed()) return answer.status();
  }
}

}  // namespace fracas::kafka
