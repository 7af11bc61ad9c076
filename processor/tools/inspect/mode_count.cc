#include "tools/inspect/mode_count.h"

#include <algorithm>
#include <vector>

#include "core/limits_tools.h"
#include "wire/failure_event.h"

namespace fracas::tools {

namespace {

void Add(const wire::FailureEvent& event, ModeCount* count) {
  count->records += event.row_count;
  ++count->events;
  if (count->first_ms == 0 || event.time_ms < count->first_ms) count->first_ms = event.time_ms;
  count->last_ms = std::max(count->last_ms, event.time_ms);
}

}  // namespace

Result<std::map<std::string, ModeCount>> CountModes(const ModeQuestion& question) {
  std::map<std::string, ModeCount> counts;
  Result<std::vector<TopicDescription>> topics =
      question.admin->Describe({question.failures_topic});
  if (!topics.ok()) return topics.status();
  if (topics->empty()) return counts;
  for (Partition number = 0; number < topics->front().partitions; ++number) {
    const TopicPartition partition{question.failures_topic, number};
    Result<Watermarks> ends = question.admin->Query(partition);
    if (!ends.ok()) return ends.status();
    const Offset from = std::max(ends->low, ends->high - limits::kModeEventsMax);
    Status read = question.reader->Read(
        partition, from, ends->high, [&](const ConsumedRecord& record, const PayloadLease&) {
          if (question.progress) {
            question.progress(static_cast<uint64_t>(record.offset - from),
                              static_cast<uint64_t>(ends->high - from));
          }
          if (record.key != question.stream) return true;
          Result<wire::FailureEvent> event = wire::DecodeFailureEvent(record.value);
          if (event.ok() && question.fingerprints.contains(event->fingerprint)) {
            Add(*event, &counts[event->fingerprint]);
          }
          return true;
        });
    if (!read.ok()) return read;
  }
  return counts;
}

}  // namespace fracas::tools
