#include "kafka/inspect/broker_list.h"

#include <string>
#include <vector>

#include "kafka/admin_request.h"
#include "kafka/deadline.h"

namespace fracas::kafka {
namespace {

// A question to one broker. IMPORTANT: more than one broker in a request is refused by librdkafka.
Queue AskSettings(const Client& client, int32_t broker, int wait_ms) {
  Queue queue(rd_kafka_queue_new(client.get()));
  const Options options = NewOptions(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, wait_ms);
  rd_kafka_ConfigResource_t* resource =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, Cat(broker).c_str());
  rd_kafka_DescribeConfigs(client.get(), &resource, 1, options.get(), queue.get());
  rd_kafka_ConfigResource_destroy(resource);
  return queue;
}

void TakeSettings(const Event& event, BrokerSeen* broker) {
  size_t count = 0;
  const rd_kafka_ConfigResource_t** const answers = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    const Failure failure = FromCode(rd_kafka_ConfigResource_error(answers[i]));
    if (!failure.ok()) {
      broker->settings_status = CallFailed(Cat("the settings of broker ", broker->id), failure);
      continue;
    }
    size_t entries_count = 0;
    const rd_kafka_ConfigEntry_t** const entries =
        rd_kafka_ConfigResource_configs(answers[i], &entries_count);
    for (size_t j = 0; j < entries_count; ++j) {
      const char* const value = rd_kafka_ConfigEntry_value(entries[j]);
      if (value != nullptr) broker->settings.emplace(rd_kafka_ConfigEntry_name(entries[j]), value);
    }
  }
}

}  // namespace

Result<ClusterSeen> ListBrokers(const Client& client, int wait_ms) {
  const Deadline deadline(2 * wait_ms);
  const rd_kafka_metadata_t* raw = nullptr;
  const Failure failure =
      FromCode(rd_kafka_metadata(client.get(), 0, nullptr, &raw, deadline.SliceMs(wait_ms)));
  if (!failure.ok()) return CallFailed(Cat("the list of brokers on ", client.brokers()), failure);
  const Metadata metadata(raw);
  ClusterSeen seen;
  if (char* const id = rd_kafka_clusterid(client.get(), deadline.SliceMs(wait_ms)); id != nullptr) {
    seen.id = id;
    rd_kafka_mem_free(client.get(), id);
  }
  std::vector<Queue> answers;
  for (int i = 0; i < metadata->broker_cnt; ++i) {
    const rd_kafka_metadata_broker_t& broker = metadata->brokers[i];
    BrokerSeen& named = seen.brokers.emplace_back();
    named.id = broker.id;
    named.address = Cat(broker.host, ":", broker.port);
    answers.push_back(AskSettings(client, broker.id, wait_ms));
  }
  for (size_t i = 0; i < answers.size(); ++i) {
    const Event event = AwaitEvent(answers[i].get(), deadline.SliceMs(2 * wait_ms));
    BrokerSeen& broker = seen.brokers[i];
    const Failure asked = FailureOf(event);
    if (asked.ok()) {
      TakeSettings(event, &broker);
    } else if (NeedsPerson(asked.error)) {
      broker.settings_status = CallFailed(Cat("the settings of broker ", broker.id), asked);
    } else {
      broker.answers = CallFailed(Cat("broker ", broker.id, " at ", broker.address), asked);
      broker.settings_status = broker.answers;
    }
  }
  return seen;
}

}  // namespace fracas::kafka
