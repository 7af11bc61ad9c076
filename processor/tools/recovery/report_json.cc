#include "tools/recovery/report_json.h"

#include "json/writer.h"
#include "tools/json_members.h"

namespace fracas::tools {

namespace {

using json::Writer;

void WriteIncident(const Incident& incident, Writer* writer) {
  writer->BeginObject();
  WriteTime("begin", incident.begin_ms, writer);
  WriteText("cause", incident.cause == Code::kNone ? "" : Info(incident.cause).name, writer);
  writer->Member("reason", incident.reason);
  WriteText("who", incident.who, writer);
  writer->Member("planned", incident.planned);
  WriteTime("reset", incident.reset_ms, writer);
  WriteText("reset_by", incident.reset_by, writer);
  WriteText("contract", incident.contract, writer);
  WriteTime("end", incident.end_ms, writer);
  writer->Key("ranges").BeginArray();
  for (const state::PendingRange& range : incident.ranges) {
    writer->BeginObject()
        .Member("topic", range.source.topic)
        .Member("partition", range.source.partition)
        .Member("from", range.from)
        .Member("to", range.to)
        .EndObject();
  }
  writer->EndArray().Member("ranges_cut", incident.ranges_cut).EndObject();
}

std::string_view JsonName(Check check) {
  return check == Check::kMode ? "failure_mode" : Name(check);
}

void WriteChecks(const Verdict& verdict, Writer* writer) {
  writer->Key("checks").BeginArray();
  for (const Tick& tick : verdict.ticks) {
    writer->BeginObject()
        .Member("check", JsonName(tick.check))
        .Member("answer", tick.answer == Answer::kNotYet ? "not_yet" : Name(tick.answer))
        .Member("found", tick.found);
    WriteText("next", tick.next, writer);
    writer->EndObject();
  }
  writer->EndArray();
}

void WriteModes(const Evidence& evidence, Writer* writer) {
  writer->Key("modes").BeginArray();
  for (const ModeSeen& mode : evidence.modes) {
    writer->BeginObject()
        .Member("code", Info(mode.code).name)
        .Member("fingerprint", mode.fingerprint)
        .Member("of_incident", mode.of_incident)
        .Member("held", mode.held)
        .Member("before", mode.rows_before)
        .Member("since", mode.rows_since);
    WriteTime("last", mode.last_ms, writer);
    writer->EndObject();
  }
  writer->EndArray();
}

}  // namespace

std::string ToJson(const Evidence& evidence, const Verdict& verdict) {
  std::string text;
  Writer writer(&text);
  writer.BeginObject()
      .Member("stream", evidence.stream)
      .Member("verified", verdict.verified())
      .Member("state", state::Name(evidence.breaker.state));
  WriteTime("since", evidence.since_ms, &writer);
  writer.Key("incident");
  if (evidence.incident.has_value()) {
    WriteIncident(*evidence.incident, &writer);
  } else {
    writer.Null();
  }
  WriteChecks(verdict, &writer);
  writer.Key("counts")
      .BeginObject()
      .Member("published", evidence.counts.published)
      .Member("dead_lettered", evidence.counts.dead_lettered)
      .Member("masked", evidence.counts.masked)
      .Member("observed", evidence.counts.observed)
      .EndObject();
  writer.Key("codes").BeginObject();
  for (const auto& [code, count] : evidence.codes) writer.Member(Info(code).name, count);
  writer.EndObject();
  WriteModes(evidence, &writer);
  writer.EndObject();
  return text;
}

}  // namespace fracas::tools
