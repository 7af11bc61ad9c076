#include "app/try_stream.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "app/connection.h"
#include "app/plan_builder.h"
#include "app/system_clock.h"
#include "cli/terminal.h"
#include "config/environment.h"
#include "config/find_stream.h"
#include "config/reader.h"
#include "core/classify.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"
#include "kafka/log_reader.h"

namespace fracas::app {

namespace {

struct Range {
  TopicPartition partition;
  Offset from = 0;
  Offset to = 0;
};

// The last `wanted` offsets of a topic, the same share of each partition; a partition that has less leaves
// its share to nobody (offsets are not records: compacted topics give fewer).
Result<std::vector<Range>> LastOf(Admin* admin, const TopicDescription& topic, uint64_t wanted) {
  std::vector<Range> ranges;
  const auto partitions = static_cast<uint64_t>(std::max(topic.partitions, 1));
  const auto share = static_cast<Offset>((wanted + partitions - 1) / partitions);
  for (Partition number = 0; number < topic.partitions; ++number) {
    const TopicPartition partition{topic.name, number};
    Result<Watermarks> marks = admin->Query(partition);
    if (!marks.ok()) return marks.status();
    ranges.push_back({partition, std::max(marks->low, marks->high - share), marks->high});
  }
  return ranges;
}

Result<std::vector<std::string>> TopicsOf(Admin* admin, const BuiltPlan& built, size_t stream) {
  if (built.streams[stream].topics_pattern.empty()) return built.streams[stream].topics;
  Result<std::vector<std::string>> all = admin->ListTopics();
  if (!all.ok()) return all.status();
  std::vector<std::string> topics;
  for (const std::string& topic : *all) {
    const std::optional<StreamIndex> owner = built.plan->stream_of(topic);
    if (owner.has_value() && ToInt(*owner) == stream) topics.push_back(topic);
  }
  return topics;
}

Result<std::vector<Range>> RangesOf(Admin* admin, const std::vector<std::string>& topics,
                                    uint64_t last) {
  Result<std::vector<TopicDescription>> described = admin->Describe(topics);
  if (!described.ok()) return described.status();
  std::vector<Range> ranges;
  for (const std::string& name : topics) {
    const auto found = std::find_if(described->begin(), described->end(),
                                    [&](const TopicDescription& topic) { return topic.name == name; });
    if (found == described->end()) {
      return Status::Stop(Cat("the topic ", name, " does not exist on this cluster; check the name and "
                              "kafka.bootstrap.servers"));
    }
    Result<std::vector<Range>> some = LastOf(admin, *found, last);
    if (!some.ok()) return some.status();
    ranges.insert(ranges.end(), some->begin(), some->end());
  }
  return ranges;
}

Status ReadAll(LogReader* reader, const std::vector<Range>& ranges, Trial* trial) {
  uint64_t total = 0;
  uint64_t done = 0;
  for (const Range& range : ranges) total += static_cast<uint64_t>(range.to - range.from);
  cli::Progress progress("trying", "records");
  for (const Range& range : ranges) {
    Status status = reader->Read(range.partition, range.from, range.to,
                                 [&](const ConsumedRecord& record, const PayloadLease& lease) {
                                   trial->Judge(range.partition, record, lease);
                                   progress.Update(++done, total);
                                   return true;
                                 });
    if (!status.ok()) return status;
  }
  return {};
}

void PrintJson(const std::string& stream, const TryReport& report) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject()
      .Member("stream", stream)
      .Member("records", report.records)
      .Member("published", report.published)
      .Member("warned", report.warned)
      .Member("dead_lettered", report.dead_lettered)
      .Member("held", report.held)
      .Member("would_hold", report.would_hold);
  if (report.would_hold) {
    writer.Key("red").BeginObject();
    writer.Member("record", report.red_at).Member("at", report.red_where).Member("why", report.red_why);
    writer.EndObject();
  }
  writer.Key("failures").BeginArray();
  for (const auto& [code, failure] : report.failures) {
    writer.BeginObject()
        .Member("code", uint32_t{Info(code).number})
        .Member("name", Info(code).name)
        .Member("disposition", Name(failure.disposition))
        .Member("records", failure.records)
        .Member("example", failure.example)
        .Member("message", failure.message)
        .EndObject();
  }
  writer.EndArray().EndObject();
  std::printf("%s\n", text.c_str());
}

void PrintTable(const std::string& stream, const TryReport& report) {
  using cli::WithThousands;
  std::string verdict = Cat(WithThousands(report.published), " published");
  if (report.dead_lettered > 0)
    AppendTo(&verdict, ", ", WithThousands(report.dead_lettered), " dead letters");
  if (report.held > 0) AppendTo(&verdict, ", ", WithThousands(report.held), " would hold");
  if (report.would_hold) AppendTo(&verdict, ", RED at record ", WithThousands(report.red_at));
  std::printf("%s: %s\n", stream.c_str(),
              cli::Styled(stdout, report.would_hold ? cli::Style::kBad : cli::Style::kGood, verdict).c_str());
  if (report.records == 0) {
    std::printf("the topics hold no records yet: nothing was tried\n");
    return;
  }
  std::printf("%s records from %s to %s\n", WithThousands(report.records).c_str(),
              FormatTimestamp(report.first_ms).c_str(), FormatTimestamp(report.last_ms).c_str());
  if (report.would_hold) {
    std::printf("RED at %s: %s\n", report.red_where.c_str(), report.red_why.c_str());
  }
  if (report.failures.empty()) return;
  std::printf("\n");
  cli::Table table({"CODE", "NAME", "DOES", "RECORDS", "FIRST SEEN AT", "WHAT"});
  for (const auto& [code, failure] : report.failures) {
    table.Add({Cat(Info(code).number), std::string(Info(code).name), std::string(Name(failure.disposition)),
               WithThousands(failure.records), failure.example, failure.message});
  }
  table.Print(stdout);
}

Result<TryReport> Try(const cli::TryRequest& request, const config::Config& config,
                      const BuiltPlan& built, size_t stream) {
  Result<std::unique_ptr<Admin>> admin = Connect(config, "", {});
  if (!admin.ok()) return admin.status();
  Result<std::vector<std::string>> topics = TopicsOf(admin->get(), built, stream);
  if (!topics.ok()) return topics.status();
  Result<std::vector<Range>> ranges = RangesOf(admin->get(), *topics, request.last);
  if (!ranges.ok()) return ranges.status();
  Result<std::unique_ptr<LogReader>> reader =
      kafka::OpenLogReader(ConnectionOf(config, "", {}), "fracas-try");
  if (!reader.ok()) return reader.status();
  Trial trial(built.streams[stream].plan.get(), SystemClock().WallMs());
  if (Status s = ReadAll(reader->get(), *ranges, &trial); !s.ok()) return s;
  return trial.report();
}

}  // namespace

Trial::Trial(const pipeline::StreamPlan* stream, int64_t now_ms)
    : stream_(stream), now_ms_(now_ms), examiner_(stream->record_bytes_max) {}

void Trial::Judge(const TopicPartition& partition, const ConsumedRecord& record,
                  const PayloadLease& lease) {
  batch_.Reset();
  batch_.id = {stream_->index, partition, record.offset, record.offset + 1, 1};
  batch_.records.Append(record.offset, record.timestamp_ms, record.key, record.value, record.lease_index);
  examiner_.Examine(*stream_, lease, now_ms_, &batch_);
  const Publishing publishing = stream_->publishing();
  const Classified judged =
      Classify(stream_->dispositions, batch_.findings, publishing, &batch_.records);
  batch_.classified = judged;
  ++report_.records;
  report_.first_ms =
      report_.records == 1 ? record.timestamp_ms : std::min(report_.first_ms, record.timestamp_ms);
  report_.last_ms = std::max(report_.last_ms, record.timestamp_ms);
  const std::string where = ToString(partition, record.offset);
  Note(judged, where);
  AuditWindow& window =
      windows_.try_emplace(partition, AuditWindow(stream_->audit.window_ms)).first->second;
  batch_.verdict = Audit(stream_->audit, window, judged, batch_.records, publishing, now_ms_);
  const bool holds = batch_.verdict.action == Verdict::Action::kAbandon || batch_.verdict.would_hold;
  if (holds) WouldHold(where, pipeline::AbandonReason(*stream_, batch_));
  window.Add(now_ms_, judged);
}

void Trial::Note(const Classified& judged, const std::string& where) {
  report_.held += judged.held;
  report_.dead_lettered += judged.rejected;
  report_.warned += judged.warned;
  if (judged.failed() == 0) ++report_.published;
  if (judged.failed() == 0 && judged.warned == 0) return;
  groups_.Gather(*stream_, batch_, &suspects_);
  for (const pipeline::FailureGroup& group : groups_.groups()) {
    TryFailure& failure = report_.failures[group.code];
    if (failure.records == 0) {
      failure.disposition = group.disposition;
      failure.message = group.message;
      failure.example = where;
    }
    failure.records += group.rows;
  }
}

void Trial::WouldHold(const std::string& where, const std::string& why) {
  if (report_.would_hold) return;
  report_.would_hold = true;
  report_.red_at = report_.records;
  report_.red_where = where;
  report_.red_why = why;
}

int TryStream(const cli::TryRequest& request, const std::string& program_version) {
  const auto fail = [](const Status& status) {
    cli::PrintError(status.message());
    return status.action() == Action::kReject ? cli::kExitUsage : cli::kExitFailed;
  };
  Result<config::Config> config = config::Load(request.config_file, config::ProcessEnvironment());
  if (!config.ok()) return fail(config.status());
  Result<BuiltPlan> built = BuildPlan(*config, program_version, "");
  if (!built.ok()) return fail(built.status());
  Result<size_t> stream = config::FindStream(*config, request.stream);
  if (!stream.ok()) return fail(stream.status());
  Result<TryReport> report = Try(request, *config, *built, *stream);
  if (!report.ok()) return fail(report.status());
  const std::string name = pipeline::QualifiedName(*built->streams[*stream].plan);
  if (request.json) {
    PrintJson(name, *report);
  } else {
    PrintTable(name, *report);
  }
  return report->would_hold ? cli::kExitFindings : cli::kExitDone;
}

}  // namespace fracas::app
