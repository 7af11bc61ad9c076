#include "app/live/record_times.h"

#include <utility>

#include "app/connection.h"
#include "core/record.h"
#include "core/text.h"
#include "kafka/log_reader.h"

namespace fracas::app {

int64_t RecordTimes::Of(const TopicPartition& source, Offset from, Offset to, int64_t now_ms) {
  Known& known = known_[{source, from}];
  if (known.time_ms != 0 || now_ms < known.again_ms) return known.time_ms;
  known = {.time_ms = Read(source, from, to), .again_ms = now_ms + kAgainMs};
  return known.time_ms;
}

int64_t RecordTimes::Read(const TopicPartition& source, Offset from, Offset to) {
  if (reader_ == nullptr) {
    Result<std::unique_ptr<LogReader>> opened = kafka::OpenLogReader(
        ConnectionOf(*config_, "", {}), Cat(config_->group, ".ages-", config_->instance), kWaitMs);
    if (!opened.ok()) return 0;
    reader_ = std::move(*opened);
  }
  int64_t time_ms = 0;
  // That it could not be read is told by the partition itself; here only its age is not known.
  static_cast<void>(reader_->Read(source, from, to, [&](const ConsumedRecord& record, const PayloadLease&) {
    if (record.timestamp_ms != kNoTime) time_ms = record.timestamp_ms;
    return false;
  }));
  return time_ms;
}

void RecordTimes::Rest() {
  reader_.reset();
  known_.clear();
}

}  // namespace fracas::app
