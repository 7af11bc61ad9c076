#include "app/live/record_times.h"

#include <utility>

#include "app/connection.h"
#include "app/system_clock.h"
#include "core/record.h"
#include "core/text.h"
#include "kafka/log_reader.h"
#include "tools/cluster_facts.h"

namespace fracas::app {

int64_t RecordTimes::Of(const TopicPartition& source, Offset from, Offset to, int64_t now_ms) {
  Known& known = known_[{source, from}];
  if (known.time_ms != 0 || now_ms < known.again_ms) return known.time_ms;
  known = {.time_ms = Read(source, from, to), .again_ms = now_ms + kAgainMs};
  return known.time_ms;
}

bool RecordTimes::Any(const TopicPartition& source, Offset from, Offset to, int64_t now_ms) {
  needed_ = true;
  Looked& looked = looked_[source];
  if (looked.from != from) {  // it moves
    looked = {.from = from};
    return true;
  }
  if (looked.to == to || blocked_ms_ == now_ms) return looked.any;
  LogReader* const reader = Reader();
  const int64_t begin_ms = SystemClock().MonotonicMs();
  looked.any = reader == nullptr || tools::HasRecord(reader, source, from, to);
  looked.to = to;
  if (SystemClock().MonotonicMs() - begin_ms >= kWaitMs) blocked_ms_ = now_ms;
  return looked.any;
}

// nullptr: no broker answers.
LogReader* RecordTimes::Reader() {
  if (reader_ == nullptr) {
    Result<std::unique_ptr<LogReader>> opened = kafka::OpenLogReader(
        ConnectionOf(*config_, "", {}), Cat(config_->group, ".ages-", config_->instance), kWaitMs);
    if (opened.ok()) reader_ = std::move(*opened);
  }
  return reader_.get();
}

int64_t RecordTimes::Read(const TopicPartition& source, Offset from, Offset to) {
  LogReader* const reader = Reader();
  if (reader == nullptr) return 0;
  int64_t time_ms = 0;
  // That it could not be read is told by the partition itself; here only its age is not known.
  static_cast<void>(reader->Read(source, from, to, [&](const ConsumedRecord& record, const PayloadLease&) {
    if (record.timestamp_ms != kNoTime) time_ms = record.timestamp_ms;
    return false;
  }));
  return time_ms;
}

void RecordTimes::Rest() {
  if (std::exchange(needed_, false)) return;
  looked_.clear();
  reader_.reset();
  known_.clear();
}

}  // namespace fracas::app
