#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <span>
#include <string>

#include "core/status.h"
#include "kafka/client.h"

// Does a topic exist, may we use it, how many partitions has it? Inside kafka/ only.

namespace fracas::kafka {

// Asks the cluster; waits a little for a topic that is just being made. kStop: it does not exist,
// or we may not see it; the message says what to do. kRetry: no answer in time.
Result<int32_t> CountPartitions(const Client& client, rd_kafka_topic_t* topic);

// OK when all exist; the failure names every one that does not.
Status RequireTopics(const Client& client, std::span<const std::string> topics);

}  // namespace fracas::kafka
