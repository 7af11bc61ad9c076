// Live state → JSON (live_json_read.cc: back).

#include "tools/live_json.h"

#include <algorithm>

#include "core/base64.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/utf8.h"
#include "json/writer.h"
#include "tools/json_members.h"

namespace fracas::tools {

namespace {

using json::Writer;

void WriteCode(Code code, Writer* writer) {
  writer->Key("code");
  code == Code::kNone ? writer->Null() : writer->String(Info(code).name);
}

void WriteSource(const TopicPartition& source, Writer* writer) {
  writer->Member("topic", source.topic).Member("partition", source.partition);
}

void WritePending(const state::PendingRange& range, Writer* writer) {
  writer->BeginObject();
  WriteSource(range.source, writer);
  writer->Member("from", range.from).Member("to", range.to).Member("attempt", range.attempt);
  WriteCode(range.cause, writer);
  writer->Member("reason", range.reason).Key("record");
  range.record == kNoOffset ? writer->Null() : writer->Int(range.record);
  writer->Member("record_failures", range.record_failures);
  WriteTime("oldest", range.oldest_ms, writer);
  WriteTime("since", range.since_ms, writer);
  writer->Member("passed", range.passed).EndObject();
}

void WriteDiversion(const state::Diversion& diversion, Writer* writer) {
  writer->Key("diversion");
  if (diversion.codes.empty()) {
    writer->Null();
    return;
  }
  writer->BeginObject().Key("codes").BeginArray();
  for (const Code code : diversion.codes) writer->String(Info(code).name);
  writer->EndArray();
  WriteTime("until", diversion.until_ms, writer);
  writer->Member("who", diversion.who).Member("why", diversion.why);
  WriteTime("since", diversion.since_ms, writer);
  writer->EndObject();
}

void WriteBreaker(const state::Breaker& breaker, Writer* writer) {
  writer->BeginObject()
      .Member("version", breaker.stamp.version)
      .Member("state", state::Name(breaker.state));
  WriteTime("since", breaker.since_ms, writer);
  WriteCode(breaker.cause, writer);
  writer->Member("reason", breaker.reason);
  WriteText("who", breaker.who, writer);
  WriteText("command", breaker.stamp.command_id, writer);
  writer->Member("control_offset", breaker.stamp.control_offset);
  WriteTime("changed", breaker.stamp.time_ms, writer);
  writer->Member("planned", breaker.planned);
  WriteTime("planned_until", breaker.planned_until_ms, writer);
  WriteText("contract", breaker.contract, writer);
  writer->Member("reload", breaker.reload).Key("pending").BeginArray();
  for (const state::PendingRange& range : breaker.pending) WritePending(range, writer);
  writer->EndArray();
  WriteDiversion(breaker.diversion, writer);
  writer->Key("retry").BeginObject().Member("done", breaker.retry.done);
  WriteTime("next", breaker.retry.next_ms, writer);
  writer->Member("exhausted", breaker.retry.exhausted).EndObject();
  writer->Key("losses").BeginArray();
  for (const state::AcceptedLoss& loss : breaker.losses) {
    writer->BeginObject();
    WriteSource(loss.source, writer);
    writer->Member("from", loss.from).Member("to", loss.to).Member("who", loss.who);
    writer->Member("why", loss.why).EndObject();
  }
  writer->EndArray().EndObject();
}

void WriteLocal(const LocalView& local, Writer* writer) {
  writer->BeginObject()
      .Member("lag", local.lag)
      .Member("consumed", local.consumed)
      .Member("published", local.published)
      .Member("dead_lettered", local.dead_lettered)
      .Member("masked", local.masked)
      .Member("observed", local.observed);
  WriteTime("last_record", local.last_record_ms, writer);
  writer->Member("contract", local.contract).Key("held").BeginArray();
  for (const HeldPartition& held : local.held) {
    writer->BeginObject();
    WriteSource(held.partition, writer);
    WriteCode(held.code, writer);
    writer->Member("reason", held.reason).EndObject();
  }
  writer->EndArray().EndObject();
}

void WriteLetters(const LetterCounts& letters, Writer* writer) {
  writer->BeginObject()
      .Member("open", letters.open)
      .Member("open_masked", letters.open_masked)
      .Member("resolved", letters.resolved)
      .Member("discarded", letters.discarded)
      .Member("expired", letters.expired);
  WriteTime("oldest", letters.oldest_ms, writer);
  WriteTime("retention_ends", letters.ends_ms, writer);
  writer->EndObject();
}

void WriteStream(const StreamLive& stream, Writer* writer) {
  writer->BeginObject().Member("stream", stream.stream).Key("breaker");
  WriteBreaker(stream.breaker, writer);
  writer->Key("quarantine").BeginObject();
  writer->Member("entries", stream.quarantine.entries).Member("expired", stream.quarantine.expired);
  WriteTime("oldest", stream.quarantine.oldest_ms, writer);
  writer->EndObject().Key("local");
  stream.local.has_value() ? WriteLocal(*stream.local, writer) : void(writer->Null());
  writer->Key("lag");
  stream.lag.has_value() ? writer->Int(*stream.lag) : writer->Null();
  WriteTime("stalled_since", stream.stalled_ms, writer);
  writer->Key("dead_letters");
  stream.letters.has_value() ? WriteLetters(*stream.letters, writer) : void(writer->Null());
  writer->Key("retention").BeginArray();
  for (const SourceRetention& retention : stream.retention) {
    writer->BeginObject();
    WriteSource(retention.source, writer);
    writer->Member("from", retention.from).Member("low", retention.low);
    writer->Member("lost", retention.lost());
    WriteTime("ends", retention.ends_ms, writer);
    writer->Member("kept_ms", retention.kept_ms).EndObject();
  }
  writer->EndArray().EndObject();
}

void WriteItem(const QuarantineItem& item, Writer* writer) {
  const bool record = item.key.scope == state::QuarantineScope::kRecord;
  const bool text = json::IsUtf8(item.key.id);
  writer->BeginObject().Member("stream", item.key.stream);
  if (text) {
    writer->Member(record ? "record" : "id", item.key.id);
  } else {
    writer->Member("id_base64", Base64(item.key.id));
  }
  writer->Member("version", item.entry.stamp.version);
  WriteCode(item.entry.code, writer);
  writer->Member("reason", item.entry.reason).Member("owner", item.entry.owner);
  writer->Member("who", item.entry.who);
  WriteTime("since", item.entry.since_ms, writer);
  WriteTime("expires", item.entry.expires_ms, writer);
  writer->Member("expired", item.entry.expired).EndObject();
}

}  // namespace

std::string ToJson(const LiveState& live) {
  std::string text;
  Writer writer(&text);
  writer.BeginObject().Member("v", "1.0").Member("group", live.group);
  WriteText("instance", live.instance, &writer);
  writer.Member("state_offset", live.state_offset).Member("time", FormatTimestamp(live.time_ms));
  WriteTime("cluster_unanswered_since", live.unanswered_ms, &writer);
  WriteText("cluster_trouble", live.unanswered, &writer);
  writer.Key("control");
  if (live.lane.has_value()) {
    writer.BeginObject()
        .Member("active", live.lane->active)
        .Member("restored", live.lane->restored)
        .Member("restore_position", live.lane->restore_position)
        .Member("restore_target", live.lane->restore_target)
        .Member("lag_ms", live.lane->lag_ms)
        .EndObject();
  } else {
    writer.Null();
  }
  writer.Key("streams").BeginArray();
  for (const StreamLive& stream : live.streams) WriteStream(stream, &writer);
  writer.EndArray().EndObject();
  return text;
}

std::string ToJson(const state::Breaker& breaker) {
  std::string text;
  Writer writer(&text);
  WriteBreaker(breaker, &writer);
  return text;
}

std::string ToJson(const QuarantineItem& item) {
  std::string text;
  Writer writer(&text);
  WriteItem(item, &writer);
  return text;
}

std::string ToJson(const QuarantinePage& page) {
  std::string text;
  Writer writer(&text);
  writer.BeginObject().Key("items").BeginArray();
  for (const QuarantineItem& item : page.items) WriteItem(item, &writer);
  writer.EndArray();
  WriteText("next", page.next, &writer);
  writer.EndObject();
  return text;
}

std::string ToJson(const state::Ticket& ticket) {
  std::string text;
  Writer writer(&text);
  writer.BeginObject().Member("id", ticket.id).Member("stream", ticket.stream);
  writer.Member("letter", ToString(ticket.letter, ticket.letter_offset));
  writer.Member(json::IsUtf8(ticket.business_id) ? "business_id" : "business_id_base64",
                json::IsUtf8(ticket.business_id) ? ticket.business_id : Base64(ticket.business_id));
  writer.Member("digest", ticket.digest).Member("replay_count", ticket.replay_count);
  WriteTime("original_timestamp", ticket.original_timestamp_ms, &writer);
  writer.Member("who", ticket.who).Member("why", ticket.why);
  WriteTime("expires", ticket.expires_ms, &writer);
  writer.Member("version", ticket.stamp.version).EndObject();
  return text;
}

const StreamLive* Find(const LiveState& live, std::string_view stream) {
  const auto found = std::find_if(live.streams.begin(), live.streams.end(),
                                  [&](const StreamLive& each) { return each.stream == stream; });
  return found == live.streams.end() ? nullptr : &*found;
}

const SourceRetention* EarliestEnd(const StreamLive& stream) {
  const SourceRetention* earliest = nullptr;
  for (const SourceRetention& retention : stream.retention) {
    if (retention.ends_ms == 0) continue;
    if (earliest == nullptr || retention.ends_ms < earliest->ends_ms) earliest = &retention;
  }
  return earliest;
}

Offset LostOffsets(const StreamLive& stream) {
  Offset lost = 0;
  for (const SourceRetention& retention : stream.retention) lost += retention.lost();
  return lost;
}

}  // namespace fracas::tools
