#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/status.h"
#include "kafka/client.h"

// Does somebody read every partition? A static member that comes back is given what it had, without
// a rebalance, and takes the topics as they are for how they were: what was added to them while it
// was away belongs to nobody until the group's leader joins anew. Inside kafka/ only.

namespace fracas::kafka {

// The partitions of `topics` (names, and patterns that begin with ^) that no member of `group` has.
// kRetry: it cannot be told now: the group rebalances, or the brokers did not answer within
// `wait_ms`.
Result<std::vector<TopicPartition>> FindUnowned(const Client& client, const std::string& group,
                                                const std::vector<std::string>& topics,
                                                int wait_ms);

// What a member was assigned, as the consumer protocol writes it (ConsumerProtocolAssignment.json of
// Apache Kafka): int16 version, int32 count of topics, of each int16 length, name, int32 count,
// int32 partitions; what follows is ignored. kReject: it is something else. Empty bytes: nothing.
Result<std::vector<TopicPartition>> DecodeAssignment(std::string_view bytes);

}  // namespace fracas::kafka
