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
  const std::shared_ptr<Client> client_;
};

Result<Offset> KafkaClusterProbe::OffsetAt(const TopicPartition& partition, int64_t time_ms) {
  if (Status there = RequirePartition(*client_, partition); !there.ok()) return there;
  const PartitionList list = NewPartitionList();
  rd_kafka_topic_partition_t* const entry =
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
  entry->offset = time_ms;  // below 0 the protocol means other questions
  if (time_ms < 0) entry->offset = 0;
  if (const Failure failure = AskOffsets(*client_, kCallMs, list.get()); !failure.ok()) {
    return CallFailed(
        Cat("the offset of ", partition.topic, "/", partition.partition, " at a time"), failure);
  }
  if (list->elems[0].offset >= 0) return list->elems[0].offset;
  Result<Watermarks> ends = Stable(partition);
  if (!ends.ok()) return ends.status();
  return ends->high;
}

Result<Watermarks> KafkaClusterProbe::Stable(const TopicPartition& partition) {
  if (Status there = RequirePartition(*client_, partition); !there.ok()) return there;
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
