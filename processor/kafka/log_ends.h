#pragma once

#include "kafka/client.h"
#include "kafka/failure.h"
#include "ports/admin.h"

namespace fracas::kafka {

// Questions to the leaders of `list`: offsets for times, or for the two logical ones; answered in
// place. The failure is the call's, or the first partition's. librdkafka 2.0.2 asks the leader that
// it has heard of last, and does not look for another when that one is dead or leads no more; here
// it is made to, within `wait_ms`.
Failure AskOffsets(const Client& client, int wait_ms, rd_kafka_topic_partition_list_t* list);

// Where a partition begins and ends, by the isolation level of the client: for a read_committed one
// the end is where an open transaction begins. Answers within `wait_ms`, which
// rd_kafka_query_watermark_offsets of 2.0.2 does not: it waits until its requests have failed,
// minutes behind a broker that is silent. Inside kafka/ only.
Failure AskEnds(const Client& client, const TopicPartition& partition, int wait_ms,
                Watermarks* ends);

}  // namespace fracas::kafka
