#include "pipeline/facts.h"

#include <string>
#include <utility>

#include "core/text.h"
#include "pipeline/failures.h"

// Step: judged batches in, facts for the authority out. Few batches have any.

namespace fracas::pipeline {

namespace {

wire::Fact FactOf(const Batch& batch, const Round& round, wire::FactArgs args, const std::string& what) {
  wire::Fact fact;
  fact.id = Cat(wire::TypeName(args), ":", what);
  fact.stream = QualifiedName(round.view->stream(batch.id.stream));
  fact.time_ms = round.wall_ms;
  fact.args = std::move(args);
  return fact;
}

// "topic/3/100#2": a range by what identifies it.
std::string RangeName(const TopicPartition& source, Offset from, int32_t attempt) {
  return Cat(ToString(source, from), "#", attempt);
}

wire::Fact TrippedOf(const Batch& batch, const Round& round) {
  wire::Tripped tripped;
  tripped.source = batch.id.source;
  tripped.from = batch.id.from;
  tripped.to = batch.id.to;
  tripped.attempt = batch.id.attempt;
  tripped.cause = batch.verdict.code;
  tripped.reason = AbandonReason(round.view->stream(batch.id.stream), batch);
  if (batch.verdict.record != kNoRecord) tripped.record = batch.records.offset[batch.verdict.record];
  if (batch.records.size() > 0 && batch.records.timestamp_ms[0] != kNoTime) {
    tripped.oldest_ms = batch.records.timestamp_ms[0];
  }
  return FactOf(batch, round, std::move(tripped),
                RangeName(batch.id.source, batch.id.from, batch.id.attempt));
}

// As the note tells of it; what made the batch fail was told in its failure events.
void AppendRecalled(const Batch& batch, const Round& round, std::vector<wire::Fact>* facts) {
  const auto& trips = round.view->control(batch.id.stream).trips;
  const auto trip = trips.find(batch.id.source);
  if (trip == trips.end()) return;
  const state::PendingRange& range = trip->second.range;
  wire::Tripped tripped;
  tripped.source = range.source;
  tripped.from = range.from;
  tripped.to = range.to;
  tripped.attempt = range.attempt;
  tripped.cause = range.cause;
  tripped.reason = range.reason;
  facts->push_back(FactOf(batch, round, std::move(tripped),
                          RangeName(range.source, range.from, range.attempt)));
}

void AppendRecordFacts(const Batch& batch, const Round& round, std::vector<wire::Fact>* facts) {
  for (const Replay& replay : batch.replays) {
    if (!replay.valid() || batch.records.outcome[replay.record] != Outcome::kPublished) continue;
    facts->push_back(FactOf(batch, round,
                            wire::ReplayPublished{replay.ticket->id, batch.id.source,
                                                  batch.records.offset[replay.record]},
                            replay.ticket->id));
  }
  for (const MaskedRecord& masked : batch.masked) {
    if (!masked.poison) continue;
    const Offset offset = batch.records.offset[masked.record];
    facts->push_back(FactOf(batch, round, wire::PoisonFound{batch.id.source, offset},
                            ToString(batch.id.source, offset)));
  }
}

}  // namespace

void AppendFacts(const Batch& batch, const Round& round, std::vector<wire::Fact>* facts) {
  if (!batch.published()) {
    facts->push_back(TrippedOf(batch, round));
    return;
  }
  if (batch.kind == BatchKind::kBegin) return;
  if (batch.kind == BatchKind::kRecalled) {
    AppendRecalled(batch, round, facts);
    return;
  }
  if (batch.kind == BatchKind::kLoss) {
    const wire::LossAccepted loss{batch.id.source, batch.id.from, batch.id.to};
    facts->push_back(FactOf(batch, round, loss,
                            Cat(ToString(loss.source, loss.from), "-", loss.to)));
    return;
  }
  AppendRecordFacts(batch, round, facts);
  const auto* range = round.view->control(batch.id.stream).Probed(batch.id.source);
  if (range == nullptr || batch.id.to < range->to) return;
  const wire::ProbePassed passed{range->source, range->from, range->to, range->attempt + 1};
  facts->push_back(FactOf(batch, round, passed, RangeName(range->source, range->from, passed.attempt)));
}

}  // namespace fracas::pipeline
