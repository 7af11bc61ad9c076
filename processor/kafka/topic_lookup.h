#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <span>
#include <string>

#include "core/ids.h"
#include "core/status.h"
#include "kafka/client.h"

// Does a topic exist, may we use it, how many partitions has it? Inside kafka/ only.

namespace fracas::kafka {

// Asks the cluster; waits a little for a topic that is just being made. kStop: it does not exist,
// or we may not see it; the message says what to do. kRetry: no answer in time.
Result<int32_t> CountPartitions(const Client& client, rd_kafka_topic_t* topic);

// OK when it exists: whatever is asked of one that does not would only be waited for. Else as
// CountPartitions, or kReject for a name or a number that cannot be.
Status RequirePartition(const Client& client, const TopicPartition& partition);

// OK when all exist; the failure names every one that does not.
Status RequireTopics(const Client& client, std::span<const std::string> topics);

}  // namespace fracas::kafka
