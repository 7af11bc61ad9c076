#include <algorithm>

#include "control/transitions.h"
#include "core/timestamp.h"
#include "json/writer.h"

namespace fracas::control {

namespace {

void Time(std::string_view key, int64_t time_ms, json::Writer* writer) {
  if (time_ms != 0) writer->Member(key, FormatTimestamp(time_ms));
}

void Text(std::string_view key, const std::string& text, json::Writer* writer) {
  if (!text.empty()) writer->Member(key, text);
}

void Source(const TopicPartition& source, json::Writer* writer) {
  writer->Member("topic", source.topic).Member("partition", source.partition);
}

void Cause(Code code, json::Writer* writer) {
  if (code == Code::kNone) return;
  writer->Member("code", uint32_t{Info(code).number}).Member("cause", Info(code).name);
}

void WriteRange(const state::PendingRange& range, json::Writer* writer) {
  writer->BeginObject();
  Source(range.source, writer);
  writer->Member("from", range.from).Member("to", range.to).Member("attempt", range.attempt);
  Cause(range.cause, writer);
  Text("reason", range.reason, writer);
  if (range.record != kNoOffset) {
    writer->Member("record", range.record).Member("record_failures", range.record_failures);
  }
  if (range.oldest_ms > 0) Time("oldest", range.oldest_ms, writer);
  Time("since", range.since_ms, writer);
  writer->Member("passed", range.passed).EndObject();
}

void WriteDiversion(const state::Diversion& diversion, json::Writer* writer) {
  if (diversion.codes.empty()) return;
  writer->Key("diversion").BeginObject().Key("codes").BeginArray();
  for (const Code code : diversion.codes) writer->String(Info(code).name);
  writer->EndArray();
  Time("until", diversion.until_ms, writer);
  Text("who", diversion.who, writer);
  Text("why", diversion.why, writer);
  Time("since", diversion.since_ms, writer);
  writer->EndObject();
}

void WriteRetry(const state::RetryState& retry, json::Writer* writer) {
  if (retry == state::RetryState{}) return;
  writer->Key("retry").BeginObject().Member("done", retry.done);
  Time("next", retry.next_ms, writer);
  writer->Member("exhausted", retry.exhausted).EndObject();
}

void WriteLosses(const state::Breaker& breaker, size_t most, json::Writer* writer) {
  if (breaker.losses.empty()) return;
  writer->Key("losses").BeginArray();
  for (size_t i = 0; i < std::min(most, breaker.losses.size()); ++i) {
    const state::AcceptedLoss& loss = breaker.losses[i];
    writer->BeginObject();
    Source(loss.source, writer);
    writer->Member("from", loss.from).Member("to", loss.to);
    Text("who", loss.who, writer);
    Text("why", loss.why, writer);
    writer->EndObject();
  }
  writer->EndArray();
}

}  // namespace

std::string BreakerJson(const state::Breaker& breaker, size_t ranges_max) {
  std::string out;
  json::Writer writer(&out);
  writer.BeginObject()
      .Member("state", Name(breaker.state))
      .Member("version", breaker.stamp.version);
  Time("since", breaker.since_ms, &writer);
  Cause(breaker.cause, &writer);
  Text("reason", breaker.reason, &writer);
  Text("who", breaker.who, &writer);
  if (breaker.planned) writer.Member("planned", true);
  Time("planned_until", breaker.planned_until_ms, &writer);
  Text("contract", breaker.contract, &writer);
  if (breaker.reload) writer.Member("reload", true);
  writer.Member("pending_count", uint64_t{breaker.pending.size()}).Key("pending").BeginArray();
  for (size_t i = 0; i < std::min(ranges_max, breaker.pending.size()); ++i) {
    WriteRange(breaker.pending[i], &writer);
  }
  writer.EndArray();
  WriteDiversion(breaker.diversion, &writer);
  WriteRetry(breaker.retry, &writer);
  WriteLosses(breaker, ranges_max, &writer);
  writer.EndObject();
  return out;
}

}  // namespace fracas::control
