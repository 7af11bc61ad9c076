#pragma once

#include "kafka/client.h"
#include "kafka/failure.h"
#include "ports/admin.h"

namespace fracas::kafka {

// Where a partition begins and ends, by the isolation level of the client: for a read_committed one
// the end is where an open transaction begins. Answers within `wait_ms`, which
// rd_kafka_query_watermark_offsets of 2.0.2 does not: it waits until its requests have failed, minutes
// behind a broker that is silent. Inside kafka/ only.
Failure AskEnds(const Client& client, const TopicPartition& partition, int wait_ms,
                Watermarks* ends);

}  // namespace fracas::kafka
