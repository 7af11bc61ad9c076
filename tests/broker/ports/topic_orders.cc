#include "tests/broker/ports/topic_orders.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include "core/check.h"
#include "tests/broker/ports/cluster.h"

namespace fracas::broker_test {
namespace {

// A handle for one admin request and its answer.
class Order {
 public:
  Order() {
    char text[256] = "";
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", Brokers().c_str(), text, sizeof(text));
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    FRACAS_CHECK(client_ != nullptr, text);
    queue_ = rd_kafka_queue_new(client_);
  }
  ~Order() {
    rd_kafka_event_t* const event = rd_kafka_queue_poll(queue_, static_cast<int>(kPatienceMs));
    EXPECT_TRUE(event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue_);
    rd_kafka_destroy(client_);
  }
  rd_kafka_t* client() { return client_; }
  rd_kafka_queue_t* queue() { return queue_; }

 private:
  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
};

}  // namespace

void DeleteRecordsBefore(const std::string& topic, int32_t partition, Offset offset) {
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
  rd_kafka_DeleteRecords_t* records = rd_kafka_DeleteRecords_new(list);
  {
    Order order;
    rd_kafka_DeleteRecords(order.client(), &records, 1, nullptr, order.queue());
  }
  rd_kafka_DeleteRecords_destroy(records);
  rd_kafka_topic_partition_list_destroy(list);
}

void DeleteTopic(const std::string& topic) {
  rd_kafka_DeleteTopic_t* deleted = rd_kafka_DeleteTopic_new(topic.c_str());
  {
    Order order;
    rd_kafka_DeleteTopics(order.client(), &deleted, 1, nullptr, order.queue());
  }
  rd_kafka_DeleteTopic_destroy(deleted);
  ASSERT_TRUE(Eventually([&] {
    const auto described = TestAdmin().Describe({topic});
    return described.ok() && described->empty();
  }));
}

void AddPartitions(const std::string& topic, int32_t count) {
  char text[256] = "";
  rd_kafka_NewPartitions_t* partitions = rd_kafka_NewPartitions_new(
      topic.c_str(), static_cast<size_t>(count), text, sizeof(text));
  ASSERT_NE(partitions, nullptr) << text;
  {
    Order order;
    rd_kafka_CreatePartitions(order.client(), &partitions, 1, nullptr, order.queue());
  }
  rd_kafka_NewPartitions_destroy(partitions);
  ASSERT_TRUE(Eventually([&] { return TestAdmin().Query({topic, count - 1}).ok(); }));
}

}  // namespace fracas::broker_test
