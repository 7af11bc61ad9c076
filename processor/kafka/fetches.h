#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "kafka/client.h"
#include "kafka/failure.h"

namespace fracas::kafka {

struct MessageDeleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, MessageDeleter>;

// Fetching of partitions without a group into one queue, stopped at the end of the scope. One
// thread; the client outlives it. Inside kafka/ only.
class Fetches {
 public:
  explicit Fetches(const Client& client)
      : client_(client), queue_(rd_kafka_queue_new(client.get())) {}
  ~Fetches() {
    for (const auto& [topic, partition] : started_) rd_kafka_consume_stop(topic, partition);
  }
  Fetches(const Fetches&) = delete;
  Fetches& operator=(const Fetches&) = delete;

  // nullptr: not a possible name.
  rd_kafka_topic_t* TopicOf(const std::string& name) {
    Topic& topic = topics_[name];
    if (topic == nullptr) topic.reset(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    return topic.get();
  }
  // `from` may be one of the two logical offsets. Each partition once.
  Failure Start(const TopicPartition& partition, Offset from) {
    rd_kafka_topic_t* const topic = TopicOf(partition.topic);
    if (topic == nullptr ||
        rd_kafka_consume_start_queue(topic, partition.partition, from, queue_.get()) != 0) {
      return FromCode(rd_kafka_last_error());
    }
    started_.emplace_back(topic, partition.partition);
    return {};
  }
  // A record, an end or an error of one of them; nullptr: nothing within `wait_ms`.
  Message Next(int wait_ms) { return Message(rd_kafka_consume_queue(queue_.get(), wait_ms)); }

 private:
  const Client& client_;
  const Queue queue_;
  std::map<std::string, Topic> topics_;
  std::vector<std::pair<rd_kafka_topic_t*, Partition>> started_;
};

}  // namespace fracas::kafka
