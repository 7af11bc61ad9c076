#include "pipeline/report.h"

#include <utility>

#include "core/check.h"
#include "core/fingerprint.h"
#include "core/limits.h"
#include "core/text.h"
#include "pipeline/facts.h"

// Step: judged batches in, the bytes of events and summaries out.

namespace fracas::pipeline {

wire::FailureEvent Reporter::EventOf(const StreamPlan& stream, const Batch& batch,
                                     const Round& round) const {
  wire::FailureEvent event;
  event.group = round.view->plan().group;
  event.pipeline = stream.pipeline;
  event.stream = stream.id;
  event.stage = stream.stage;
  event.dataset_namespace = stream.dataset_namespace;
  event.dataset_name = stream.dataset_name;
  event.time_ms = round.wall_ms;
  event.batch = batch.id;
  event.contract = stream.contract->sha256();
  event.owner = stream.owner;
  return event;
}

void Reporter::Add(const StreamPlan& stream, const wire::FailureEvent& event, Round* round,
                   std::vector<Report>* events) {
  const std::string& key = round->texts.emplace_back(QualifiedName(stream));
  std::string& value = round->texts.emplace_back();
  wire::EncodeFailureEvent(event, &value);
  events->push_back({key, value});
}

void Reporter::AddEvents(const Batch& batch, const FailureGroups& groups, Round* round,
                         std::vector<Report>* events) {
  const StreamPlan& stream = round->view->stream(batch.id.stream);
  for (const FailureGroup& group : groups.groups()) {
    uint64_t rows = group.rows;
    if (group.disposition == Disposition::kWarn) {
      rows = batch.published() ? gate_.Rows(stream.index, group, round->wall_ms) : 0;
    }
    if (rows == 0) continue;
    wire::FailureEvent event = EventOf(stream, batch, *round);
    event.code = group.code;
    event.disposition = group.disposition;
    event.fingerprint = group.fingerprint;
    event.internal_message = group.message;
    event.row_count = rows;
    event.samples = group.samples;
    Add(stream, event, round, events);
  }
  AddPoison(batch, round, events);
  const bool stops = !batch.published() || batch.verdict.would_hold;
  const bool lost = batch.kind == BatchKind::kLoss;
  if (!lost && (!stops || batch.verdict.reason == Verdict::Reason::kHoldCode)) return;
  wire::FailureEvent event = EventOf(stream, batch, *round);
  event.code = batch.verdict.code;
  event.disposition = lost ? Disposition::kDeadLetter : Disposition::kHold;
  event.fingerprint = Fingerprint({event.code, stream.pipeline, stream.id, lost ? "loss" : "batch"});
  event.internal_message = lost ? batch.trouble : AbandonReason(stream, batch);
  event.row_count = lost ? batch.gaps : batch.records.size();
  event.samples = {{batch.id.source.topic, batch.id.source.partition, batch.id.from, ""}};
  Add(stream, event, round, events);
}

// A record that killed its worker is a failure of ours. What a person has quarantined is none.
void Reporter::AddPoison(const Batch& batch, Round* round, std::vector<Report>* events) {
  const StreamPlan& stream = round->view->stream(batch.id.stream);
  wire::FailureEvent event;
  for (const MaskedRecord& masked : batch.masked) {
    if (masked.code != Code::kPoisonRecord) continue;
    if (event.row_count++ == 0) {
      event = EventOf(stream, batch, *round);
      event.row_count = 1;
      event.internal_message = masked.message;
    }
    if (event.samples.size() >= limits::kSamplesPerFailureMax) continue;
    event.samples.push_back({batch.id.source.topic, batch.id.source.partition,
                             batch.records.offset[masked.record], ""});
  }
  if (event.row_count == 0) return;
  event.code = Code::kPoisonRecord;
  event.disposition = Disposition::kDeadLetter;
  event.fingerprint = Fingerprint({event.code, stream.pipeline, stream.id, "mask"});
  Add(stream, event, round, events);
}

void Reporter::Describe(const StreamPlan& stream, const Round& round, wire::Summary* summary) const {
  summary->pipeline = stream.pipeline;
  summary->stream = stream.id;
  summary->time_ms = round.wall_ms;
  const Plan& plan = round.view->plan();
  summary->instance = plan.instance;
  summary->worker = worker_;
  summary->state_offset = round.view->state_offset();
  summary->contract = stream.contract->sha256();
  summary->config = plan.config_sha256;
  summary->program = plan.program_version;
}

void Reporter::Count(const Batch& batch, const Round& round) {
  // It may move back, to where a recreated topic begins.
  if (OnlyTells(batch.kind) || batch.id.to < batch.id.from) return;
  const StreamPlan& stream = round.view->stream(batch.id.stream);
  std::vector<wire::Summary>& summaries = summaries_[ToInt(batch.id.stream)];
  if (summaries.empty() || summaries.back().ranges.size() >= limits::kSummaryRangesMax) {
    Describe(stream, round, &summaries.emplace_back());
  }
  wire::Summary& summary = summaries.back();
  summary.ranges.push_back(
      {batch.id.source, batch.id.from, batch.id.to, batch.id.attempt, batch.records.size(), batch.gaps,
       batch.published() ? wire::RangeVerdict::kPublish : wire::RangeVerdict::kAbandon,
       !batch.published() || batch.kind == BatchKind::kLoss ? batch.verdict.code : Code::kNone});
  if (!batch.published()) return;
  summary.counts += batch.verdict.tally;
  const Classified& classified = batch.classified;
  if (classified.failed() + classified.warned + classified.masked == 0) return;
  for (const Code code : batch.records.code) {
    if (code != Code::kNone) ++summary.codes[code];
  }
}

void Reporter::TakeSummaries(Round* round, std::vector<Report>* summaries) {
  for (const auto& [index, of_stream] : summaries_) {
    for (const wire::Summary& summary : of_stream) {
      const std::string broken = wire::CheckConservation(summary);
      FRACAS_CHECK(broken.empty(), Cat(summary.pipeline, "/", summary.stream, ": ", broken));
      const std::string& key = round->texts.emplace_back(Cat(summary.pipeline, "/", summary.stream));
      std::string& value = round->texts.emplace_back();
      wire::EncodeSummary(summary, &value);
      summaries->push_back({key, value});
    }
  }
  summaries_.clear();
}

void Reporter::AddFacts(Round* round, std::vector<Report>* facts) const {
  std::vector<wire::Fact> told;
  for (const Batch& batch : round->batches()) AppendFacts(batch, *round, &told);
  for (wire::Fact& fact : told) {
    fact.instance = round->view->plan().instance;
    fact.worker = worker_;
    const std::string& key = round->texts.emplace_back(fact.stream);
    std::string& value = round->texts.emplace_back();
    wire::Encode(fact, &value);
    facts->push_back({key, value});
  }
}

}  // namespace fracas::pipeline
