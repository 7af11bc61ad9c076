#include "core/ids.h"

#include "core/text.h"

namespace fracas {

std::string ToString(const BatchId& batch) {
  return Cat(batch.source.topic, "/", batch.source.partition, "/", batch.from, "-", batch.to, "#",
             batch.attempt);
}

std::string ToString(const TopicPartition& source, Offset offset) {
  return Cat(source.topic, "/", source.partition, "/", offset);
}

std::string SourcePath(const BatchId& batch) {
  return Cat("kafka://", batch.source.topic, "/", batch.source.partition, "/", batch.from, "-",
             batch.to);
}

}  // namespace fracas
