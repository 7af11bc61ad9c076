#include "kafka/log_ends.h"

#include <chrono>
#include <string_view>
#include <thread>

#include "kafka/deadline.h"

namespace fracas::kafka {
namespace {

constexpr int kAskAgainMs = 50;
constexpr int64_t kAppearMsMax = 1'000;  // from CreateTopics to every broker's metadata

// The first answer that is none.
Failure FirstFailure(const rd_kafka_topic_partition_list_t& list) {
  for (int i = 0; i < list.cnt; ++i) {
    if (list.elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return FromCode(list.elems[i].err);
  }
  return {};
}

// Why there is no answer. IMPORTANT: where 2.0.2 finds no leader at all, it says "unknown
// partition" of the whole question, and only the entries say what it is: often a leader whose
// broker the handle does not know by its number yet, which it learns in a thread of that broker's,
// late on a busy machine.
Failure AnswerOf(rd_kafka_resp_err_t asked, const rd_kafka_topic_partition_list_t& list) {
  const Failure first = FirstFailure(list);
  const bool none_found = asked == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
  if (asked == RD_KAFKA_RESP_ERR_NO_ERROR || (none_found && !first.ok())) return first;
  return FromCode(asked);
}

// The wrong one was asked, or one that is not there: the same question to another may be answered.
bool IsLeadersTrouble(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR__IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT: return true;
    default: return false;
  }
}

// Not there, or not heard of yet.
bool IsUnknown(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

// What the handle knows of leaders may be minutes old.
void LookForLeaders(const Client& client, const rd_kafka_topic_partition_list_t& list,
                    const Deadline& deadline) {
  std::string_view last;
  for (int i = 0; i < list.cnt && !deadline.passed(); ++i) {
    if (list.elems[i].topic == last) continue;
    last = list.elems[i].topic;
    const Topic topic(rd_kafka_topic_new(client.get(), list.elems[i].topic, nullptr));
    const rd_kafka_metadata_t* raw = nullptr;
    if (topic == nullptr ||
        rd_kafka_metadata(client.get(), 0, topic.get(), &raw, deadline.SliceMs(1'000)) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
      continue;
    }
    rd_kafka_metadata_destroy(raw);
  }
}

Failure AskOne(const Client& client, const TopicPartition& partition, int64_t which, int wait_ms,
               Offset* offset) {
  const PartitionList list = NewPartitionList();
  rd_kafka_topic_partition_t* const entry =
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
  entry->offset = which;
  const Failure failure = AskOffsets(client, wait_ms, list.get());
  if (failure.ok()) *offset = entry->offset;
  return failure;
}

}  // namespace

Failure AskOffsets(const Client& client, int wait_ms, rd_kafka_topic_partition_list_t* list) {
  const Deadline deadline(wait_ms);
  const Deadline appears(kAppearMsMax);
  const PartitionList question(rd_kafka_topic_partition_list_copy(list));
  for (;;) {
    // Half of the time: a dead leader does not answer, and another is worth a question.
    const int slice_ms = deadline.SliceMs(wait_ms / 2);
    const Failure failure =
        AnswerOf(rd_kafka_offsets_for_times(client.get(), list, slice_ms), *list);
    const bool again =
        IsUnknown(failure.error) ? !appears.passed() : IsLeadersTrouble(failure.error);
    if (failure.ok() || !again || deadline.passed()) return failure;
    LookForLeaders(client, *question, deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(deadline.SliceMs(kAskAgainMs)));
    for (int i = 0; i < list->cnt; ++i) {
      list->elems[i].offset = question->elems[i].offset;
      list->elems[i].err = RD_KAFKA_RESP_ERR_NO_ERROR;
    }
  }
}

Failure AskEnds(const Client& client, const TopicPartition& partition, int wait_ms,
                Watermarks* ends) {
  const Deadline deadline(wait_ms);
  // The beginning first: between the two questions the log may grow and may be cut, but the answer
  // never tells of an end before its beginning.
  const Failure failure =
      AskOne(client, partition, RD_KAFKA_OFFSET_BEGINNING, deadline.SliceMs(wait_ms), &ends->low);
  if (!failure.ok()) return failure;
  return AskOne(client, partition, RD_KAFKA_OFFSET_END, deadline.SliceMs(wait_ms), &ends->high);
}

}  // namespace fracas::kafka
