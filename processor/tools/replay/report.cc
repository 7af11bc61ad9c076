#include "tools/replay/report.h"

#include <algorithm>

#include "core/limits_tools.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"
#include "tools/letters/letter_json.h"

namespace fracas::tools {

namespace {

ReplaySample SampleOf(const FeedRecord& record) {
  ReplaySample sample{.place = record.place,
                      .offset = record.offset,
                      .timestamp_ms = record.timestamp_ms,
                      .bytes = record.key.size() + record.value.size(),
                      .code = "",
                      .count = ReplayCountOf(record)};
  if (record.letter != nullptr) {
    sample.code =
        record.letter->code_name.empty() ? ReasonOf(*record.letter).type : record.letter->code_name;
  }
  return sample;
}

bool WouldPass(const ReplayPlan& plan, const FeedRecord& record, int64_t now_ms) {
  const std::vector<LetterHeader> headers = CopyHeaders(record);
  JudgeInput input{.headers = &headers, .timestamp_ms = record.timestamp_ms, .now_ms = now_ms};
  if (record.value.data() != nullptr) input.value = record.value;
  if (record.key.data() != nullptr) input.key = record.key;
  return plan.judge->Look(input).passes;
}

}  // namespace

Result<DryRun> TryReplay(const ReplayPlan& plan, uint64_t limit, int64_t now_ms, ReplayFeed* feed,
                         const std::function<void(uint64_t done, uint64_t total)>& progress) {
  DryRun dry;
  if (plan.judge != nullptr) dry.would_fail = 0;
  const uint64_t total = plan.job.Remaining();
  Status read = feed->Visit(plan.job.ranges, [&](const FeedRecord& record) {
    const Choice choice = Choose(record, plan.rules);
    if (choice == Choice::kSend && limit > 0 && dry.counts.sent >= limit) return false;
    Count(choice, record, &dry.counts);
    if (progress) progress(std::min(dry.counts.read, total), total);
    if (choice != Choice::kSend) return true;
    if (plan.judge != nullptr && !WouldPass(plan, record, now_ms)) ++*dry.would_fail;
    if (dry.samples.size() < limits::kReplaySamplesMax) dry.samples.push_back(SampleOf(record));
    return true;
  });
  if (!read.ok()) return read;
  return dry;
}

uint64_t ReplayReport::published() const {
  const uint64_t other = fates.unpublished() + waiting;
  return job.counts.sent > other ? job.counts.sent - other : 0;
}

bool ReplayReport::clean() const {
  if (job.state != JobState::kDone || job.counts.under_way > 0) return false;
  return !watched || (settled && fates.unpublished() == 0);
}

std::string ToJson(const ReplayReport& report) {
  const ReplayJob& job = report.job;
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject()
      .Member("v", "1.0")
      .Member("job", job.name)
      .Member("state", Name(job.state))
      .Member("reason", job.reason)
      .Member("selection", job.selection)
      .Member("to", job.to)
      .Member("who", job.who)
      .Member("why", job.why)
      .Member("started", FormatTimestamp(job.started_ms))
      .Member("updated", FormatTimestamp(job.updated_ms))
      .Member("offsets", job.Total())
      .Member("remaining", job.Remaining())
      .Key("counts");
  Write(job.counts, &writer);
  writer.Key("fates");
  if (report.watched) {
    writer.BeginObject()
        .Member("settled", report.settled)
        .Member("published", report.published())
        .Member("failed_again", report.fates.failed_again)
        .Member("parked", report.fates.parked)
        .Member("masked", report.fates.masked)
        .Member("waiting", report.waiting)
        .EndObject();
  } else {
    writer.Null();
  }
  writer.Key("red");
  if (report.red_since_ms != 0) {
    writer.BeginObject()
        .Member("since", FormatTimestamp(report.red_since_ms))
        .Member("reason", report.red_reason)
        .EndObject();
  } else {
    writer.Null();
  }
  writer.Member("older_discarded", report.older_discarded).EndObject();
  return text;
}

std::string ToJson(const ReplayPlan& plan, const DryRun& dry_run) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject()
      .Member("v", "1.0")
      .Member("dry_run", true)
      .Member("job", plan.job.name)
      .Member("selection", plan.job.selection)
      .Member("to", plan.job.to)
      .Member("offsets", plan.job.Total())
      .Member("remaining", plan.job.Remaining())
      .Key("counts");
  Write(dry_run.counts, &writer);
  writer.Key("would_fail");
  dry_run.would_fail.has_value() ? writer.Uint(*dry_run.would_fail) : writer.Null();
  writer.Key("samples").BeginArray();
  for (const ReplaySample& sample : dry_run.samples) {
    writer.BeginObject()
        .Member("record", ToString(sample.place, sample.offset))
        .Member("time", FormatTimestamp(sample.timestamp_ms))
        .Member("bytes", static_cast<uint64_t>(sample.bytes))
        .Key("code");
    sample.code.empty() ? writer.Null() : writer.String(sample.code);
    writer.Member("replay_count", sample.count).EndObject();
  }
  writer.EndArray().EndObject();
  return text;
}

}  // namespace fracas::tools
