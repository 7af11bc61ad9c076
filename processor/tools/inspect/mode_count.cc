#include "tools/inspect/mode_count.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "core/limits_tools.h"

namespace fracas::tools {

void ModeCounter::Add(const wire::FailureEvent& event) {
  ++count_.events;
  if (count_.first_ms == 0 || event.time_ms < count_.first_ms) count_.first_ms = event.time_ms;
  count_.last_ms = std::max(count_.last_ms, event.time_ms);
  std::map<Offset, Range>& ranges = ranges_[event.batch.source];
  // A later attempt replaces what it looks at again, also where its batch has other bounds.
  auto at = ranges.upper_bound(event.batch.from);
  if (at != ranges.begin() && std::prev(at)->second.to > event.batch.from) --at;
  while (at != ranges.end() && at->first < event.batch.to) at = ranges.erase(at);
  ranges[event.batch.from] = {event.batch.to, event.row_count};
}

ModeCount ModeCounter::Count() const {
  ModeCount count = count_;
  for (const auto& [source, ranges] : ranges_) {
    for (const auto& [from, range] : ranges) count.records += range.records;
  }
  return count;
}

Result<std::map<std::string, ModeCount>> CountModes(const ModeQuestion& question) {
  std::map<std::string, ModeCount> counts;
  std::map<std::string, ModeCounter> counters;
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
            counters[event->fingerprint].Add(*event);
          }
          return true;
        });
    if (!read.ok()) return read;
  }
  for (const auto& [fingerprint, counter] : counters) counts[fingerprint] = counter.Count();
  return counts;
}

}  // namespace fracas::tools
