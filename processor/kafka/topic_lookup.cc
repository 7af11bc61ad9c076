#include "kafka/topic_lookup.h"

#include <chrono>
#include <thread>

#include "core/limits.h"
#include "core/text.h"
#include "kafka/deadline.h"

namespace fracas::kafka {
namespace {

constexpr int64_t kAppearMsMax = 2'000;  // from CreateTopics to every broker's metadata
constexpr int kAskAgainMs = 100;

struct Answer {
  Failure failure;
  int32_t partitions = 0;
};

Answer Ask(const Client& client, rd_kafka_topic_t* topic, int wait_ms) {
  const rd_kafka_metadata_t* raw = nullptr;
  Answer answer;
  answer.failure = FromCode(rd_kafka_metadata(client.get(), 0, topic, &raw, wait_ms));
  if (!answer.failure.ok()) return answer;
  const Metadata metadata(raw);
  if (metadata->topic_cnt != 1) {
    answer.failure = FromCode(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    return answer;
  }
  answer.failure = FromCode(metadata->topics[0].err);
  answer.partitions = metadata->topics[0].partition_cnt;
  return answer;
}

bool MayAppear(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
         error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

}  // namespace

Result<int32_t> CountPartitions(const Client& client, rd_kafka_topic_t* topic) {
  const Deadline deadline(limits::kKafkaCallMsMax);
  const Deadline appears(kAppearMsMax);
  Answer answer = Ask(client, topic, deadline.SliceMs(limits::kKafkaCallMsMax));
  while (MayAppear(answer.failure.error) && !appears.passed()) {
    // Not rd_kafka_poll: on a consumer it would serve the group, behind the back of whoever asks.
    std::this_thread::sleep_for(std::chrono::milliseconds(kAskAgainMs));
    answer = Ask(client, topic, deadline.SliceMs(limits::kKafkaCallMsMax));
  }
  if (answer.failure.ok()) return answer.partitions;
  const std::string name = rd_kafka_topic_name(topic);
  if (answer.failure.error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
    return Status::Stop(Cat("topic ", name,
                            " may not be used by this principal; allow it (kafka-acls --topic ",
                            name, ")"));
  }
  if (MayAppear(answer.failure.error)) {
    return Status::Stop(
        Cat("topic ", name, " does not exist on ", client.brokers(),
            "; create it (fracas topics --create makes those that are ours to make)"));
  }
  return CallFailed(Cat("the lookup of topic ", name, " on ", client.brokers()), answer.failure);
}

Status RequirePartition(const Client& client, const TopicPartition& partition) {
  const Topic topic(rd_kafka_topic_new(client.get(), partition.topic.c_str(), nullptr));
  if (topic == nullptr) {
    return Status::Reject(Cat("topic '", partition.topic, "' is not a possible name"));
  }
  const Result<int32_t> partitions = CountPartitions(client, topic.get());
  if (!partitions.ok()) return partitions.status();
  if (partition.partition >= 0 && partition.partition < *partitions) return {};
  return Status::Reject(Cat("topic ", partition.topic, " has no partition ", partition.partition,
                            " (it has ", *partitions, ")"));
}

Status RequireTopics(const Client& client, std::span<const std::string> topics) {
  Status first;
  for (const std::string& name : topics) {
    const Topic topic(rd_kafka_topic_new(client.get(), name.c_str(), nullptr));
    if (topic == nullptr) return Status::Stop(Cat("topic '", name, "' is not a possible name"));
    const Result<int32_t> partitions = CountPartitions(client, topic.get());
    if (partitions.ok()) continue;
    first = first.ok()
                ? partitions.status()
                : Status(first.action(), Cat(first.message(), "; ", partitions.status().message()));
    if (partitions.status().action() == Action::kRetry) break;
  }
  return first;
}

}  // namespace fracas::kafka
