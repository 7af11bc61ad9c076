#include "state/format/entities.h"

#include "core/text.h"

namespace fracas::state {

std::string_view Name(BreakerState state) {
  switch (state) {
    case BreakerState::kGreen: return "GREEN";
    case BreakerState::kRed: return "RED";
    case BreakerState::kProbe: return "PROBE";
  }
  return "";
}

std::string RecordId(const TopicPartition& source, Offset offset) {
  return Cat(source.topic, "/", source.partition, "/", offset);
}

}  // namespace fracas::state
