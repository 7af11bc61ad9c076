#include "kafka/log_ends.h"

#include "kafka/deadline.h"

namespace fracas::kafka {
namespace {

Failure AskOne(const Client& client, const TopicPartition& partition, int64_t which, int wait_ms,
               Offset* offset) {
  const PartitionList list = NewPartitionList();
  rd_kafka_topic_partition_t* const entry = rd_kafka_topic_partition_list_add(
      list.get(), partition.topic.c_str(), partition.partition);
  entry->offset = which;
  const Failure failure = FromCode(rd_kafka_offsets_for_times(client.get(), list.get(), wait_ms));
  if (!failure.ok()) return failure;
  *offset = list->elems[0].offset;
  return FromCode(list->elems[0].err);
}

}  // namespace

Failure AskEnds(const Client& client, const TopicPartition& partition, int wait_ms,
                Watermarks* ends) {
  const Deadline deadline(wait_ms);
  // The beginning first: between the two questions the log may grow and may be cut, but the answer
  // never tells of an end before its beginning.
  const Failure failure = AskOne(client, partition, RD_KAFKA_OFFSET_BEGINNING,
                                 deadline.SliceMs(wait_ms), &ends->low);
  if (!failure.ok()) return failure;
  return AskOne(client, partition, RD_KAFKA_OFFSET_END, deadline.SliceMs(wait_ms), &ends->high);
}

}  // namespace fracas::kafka
