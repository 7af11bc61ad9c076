#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "bench/generate.h"

// Generated records into a topic: explicit partition, explicit timestamp.

namespace fracas::bench {

struct KafkaTarget {
  std::string brokers;
  std::string topic;
  int32_t partitions = 1;  // record n goes to partition n % partitions
  int headers = 0;         // small headers on every record
  std::string compression = "none";
};

// Which records, and how fast.
struct Span {
  uint64_t first = 0;
  uint64_t count = 0;
  uint64_t per_second = 0;  // 0: as fast as possible
};

// Waits until the broker has acknowledged every record. Writes one line per planted fault with its
// offset to `truth` (may be null). False, with the reason and the next step on standard error, if a
// single record was refused.
[[nodiscard]] bool Produce(const KafkaTarget& target, const Span& span, Generator* generator,
                           std::FILE* truth);

}  // namespace fracas::bench
