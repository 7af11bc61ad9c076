#pragma once

#include <compare>
#include <cstdint>
#include <string>

// Names of things. Distinct types keep offsets, partitions and counts from being swapped.

namespace fracas {

using Partition = int32_t;
using Offset = int64_t;
inline constexpr Offset kNoOffset = -1;

// One partition of one topic.
struct TopicPartition {
  std::string topic;
  Partition partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};

// A stream's position in the configuration, stable while the process lives.
enum class StreamIndex : uint32_t {};
inline uint32_t ToInt(StreamIndex stream) { return static_cast<uint32_t>(stream); }

// Consecutive records [from, to) of one partition that are judged together, and which try this is.
struct BatchId {
  StreamIndex stream{};
  TopicPartition source;
  Offset from = 0;
  Offset to = 0;      // one past the last record
  int32_t attempt = 1;  // counted from 1
};

// "topic/3/100-200#1": how logs, headers and messages write a batch.
std::string ToString(const BatchId& batch);
// "topic/3/100": coordinates of one record.
std::string ToString(const TopicPartition& source, Offset offset);
// "kafka://topic/3/100-200": the source_path of error metadata.
std::string SourcePath(const BatchId& batch);

}  // namespace fracas
