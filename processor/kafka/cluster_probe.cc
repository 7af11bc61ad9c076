#include "kafka/cluster_probe.h"

#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "kafka/client.h"
#include "kafka/log_ends.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

constexpr int kCallMs = static_cast<int>(limits::kKafkaCallMsMax);

// The handle reads as a read_committed consumer does: its "end" is the last stable offset.
class KafkaClusterProbe final : public ClusterProbe {
 public:
  explicit KafkaClusterProbe(std::shared_ptr<Client> client) : client_(std::move(client)) {}

  Result<Offset> OffsetAt(const TopicPartition& partition, int64_t time_ms) override;
  Result<Watermarks> Stable(const TopicPartition& partition) override;

 private:
  Status CheckPartition(const TopicPartition& partition) const;

  const std::shared_ptr<Client> client_;
};

// A partition that does not exist would only be waited for.
Status KafkaClusterProbe::CheckPartition(const TopicPartition& partition) const {
  const Topic topic(rd_kafka_topic_new(client_->get(), partition.topic.c_str(), nullptr));
  if (topic == nullptr) {
    return Status::Reject(Cat("topic '", partition.topic, "' is not a possible name"));
  }
  const Result<int32_t> partitions = CountPartitions(*client_, topic.get());
  if (!partitions.ok()) return partitions.status();
  if (partition.partition >= 0 && partition.partition < *partitions) return {};
  return Status::Reject(Cat("topic ", partition.topic, " has no partition ", partition.partition,
                            " (it has ", *partitions, ")"));
}

Result<Offset> KafkaClusterProbe::OffsetAt(const TopicPartition& partition, int64_t time_ms) {
  if (Status there = CheckPartition(partition); !there.ok()) return there;
  const PartitionList list = NewPartitionList();
  rd_kafka_topic_partition_t* const entry =
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
  entry->offset = time_ms;  // below 0 the protocol means other questions
  if (time_ms < 0) entry->offset = 0;
  Failure failure = FromCode(rd_kafka_offsets_for_times(client_->get(), list.get(), kCallMs));
  if (failure.ok()) failure = FromCode(list->elems[0].err);
  if (!failure.ok()) {
    return CallFailed(
        Cat("the offset of ", partition.topic, "/", partition.partition, " at a time"), failure);
  }
  if (list->elems[0].offset >= 0) return list->elems[0].offset;
  Result<Watermarks> ends = Stable(partition);
  if (!ends.ok()) return ends.status();
  return ends->high;
}

Result<Watermarks> KafkaClusterProbe::Stable(const TopicPartition& partition) {
  if (Status there = CheckPartition(partition); !there.ok()) return there;
  Watermarks ends;
  const Failure failure = AskEnds(*client_, partition, kCallMs, &ends);
  if (failure.ok()) return ends;
  return CallFailed(Cat("the last stable offset of ", partition.topic, "/", partition.partition),
                    failure);
}

}  // namespace

Result<std::unique_ptr<ClusterProbe>> OpenClusterProbe(const Connection& connection,
                                                       const std::string& name) {
  Result<std::shared_ptr<Client>> made =
      Client::Create({.kind = ClientKind::kLogReader, .connection = &connection, .name = name});
  if (!made.ok()) return made.status();
  if (Status connected = (*made)->Connect(limits::kKafkaConnectMsMax); !connected.ok())
    return connected;
  return std::unique_ptr<ClusterProbe>(std::make_unique<KafkaClusterProbe>(std::move(*made)));
}

}  // namespace fracas::kafka
