#include "pipeline/publisher.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/fingerprint.h"
#include "core/sha256.h"
#include "core/text.h"
#include "pipeline/examiner.h"
#include "wire/offset_metadata.h"

// Step: judged rounds in, transactions out. It never decides what happens after a failure: recovery does.

namespace fracas::pipeline {

namespace {

// Which partition of our own topics a key goes to: FNV-1a, so that one stream's reports stay in order.
Partition PartitionOf(std::string_view key, int32_t partitions) {
  uint32_t hash = 2166136261u;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<Partition>(hash % static_cast<uint32_t>(std::max(1, partitions)));
}

}  // namespace

Publisher::Publisher(PublisherOptions options)
    : options_(std::move(options)),
      reporter_(options_.worker),
      suspects_(options_.crash_log, options_.deaths, options_.judging) {}

void Publisher::Run(Job* job) {
  switch (job->kind) {
    case Job::Kind::kOpen:
      job->status = claimed_ ? Status() : Recreate();
      if (job->status.ok()) job->status = OpenTopics(job->topics, job);
      return;
    case Job::Kind::kRecreate:
      job->status = Recreate();
      return;
    case Job::Kind::kDeliver:
      break;
  }
  if (IsStale(*job->round)) {
    job->stale = true;
    return;
  }
  const int64_t began_ms = options_.clock->MonotonicMs();
  job->result = Transact(job->round.get());
  job->commit_ms = options_.clock->MonotonicMs() - began_ms;
  if (!job->result.committed()) {
    reporter_.gate().Drop();
    return;
  }
  reporter_.gate().Keep();
  suspects_.Committed(*job->round);
  if (tiles_epoch_ != job->round->epoch->number()) tiles_.clear();
  tiles_epoch_ = job->round->epoch->number();
  for (const Batch& batch : job->round->batches()) {
    tiles_[batch.slot] = batch.published() ? batch.id.to : batch.id.from;
  }
  // Here and not in the worker: the round that waits behind this one must find the stream RED.
  ApplyTrips(*job->round, options_.board, options_.tripped);
}

void Publisher::ApplyTrips(const Round& round, ControlBoard* board,
                           const std::function<void(const TripFact&)>& tripped) {
  for (const Batch& batch : round.batches()) {
    if (batch.published()) continue;
    TripFact fact{batch.id, batch.verdict.code,
                  AbandonReason(round.view->stream(batch.id.stream), batch), round.wall_ms};
    const auto* merged = round.view->control(batch.id.stream).Merged(batch.id.source);
    if (merged != nullptr) fact.merged_before = *merged;
    board->Trip(fact);
    if (tripped) tripped(fact);
  }
}

Status Publisher::Recreate() {
  claimed_ = false;
  if (Status status = options_.transaction->Recreate(); !status.ok()) return status;
  topics_.clear();
  tiles_.clear();
  for (const std::string& name : wanted_) {
    const auto topic = options_.transaction->Open(name);
    // No answer does not mean that it is gone: nobody would look for it again.
    if (!topic.ok() && topic.status().action() == Action::kRetry) return topic.status();
    // A topic that is gone fails the rounds that need it (OBJECT_NOT_FOUND), not the others.
    if (topic.ok()) topics_[name] = *topic;
  }
  claimed_ = true;
  return {};
}

Status Publisher::OpenTopics(const std::vector<std::string>& names, Job* job) {
  for (const std::string& name : names) {
    if (std::find(wanted_.begin(), wanted_.end(), name) == wanted_.end()) wanted_.push_back(name);
    // Also when it is open: it may have got more partitions.
    const auto topic = options_.transaction->Open(name);
    if (!topic.ok() && topic.status().action() == Action::kRetry) return topic.status();
    if (!topic.ok()) {
      job->missing.emplace(name, topic.status());
      continue;
    }
    topics_[name] = *topic;
    job->partitions[name] = topic->partitions;
  }
  return {};
}

// Compares the round's stamps with what holds now.
bool Publisher::IsStale(const Round& round) const {
  if (round.epoch->number() != options_.epoch->load(std::memory_order_acquire)) return true;
  const std::shared_ptr<const ControlView> now = options_.board->Current();
  if (now == round.view) return false;
  if (!now->lagging().empty()) return true;
  for (const Batch& batch : round.batches()) {
    const StreamIndex stream = batch.id.stream;
    if (now->control(stream).changed != round.view->control(stream).changed) return true;
  }
  return !Replays::StillHold(*now, round);
}

CommitResult Publisher::Transact(Round* round) {
  refused_.clear();
  reporter_.Begin();
  if (Status begun = options_.transaction->Begin(); !begun.ok()) {
    // Nothing was begun, so nothing is committed; kStop says that the producer is beyond use, and what
    // is in doubt recreates it.
    const auto kind = begun.action() == Action::kStop ? CommitResult::Kind::kUnknown
                                                      : CommitResult::Kind::kNotCommitted;
    return {kind, std::move(begun), "", Code::kNone};
  }
  Sent sent;
  if (Status written = Write(round, &sent); !written.ok()) return GiveUp(written);
  CheckConservation(*round, sent);
  const std::vector<OffsetToCommit> offsets = OffsetsOf(*round);
  return options_.transaction->Commit(offsets.empty() ? nullptr : round->epoch.get(), offsets);
}

CommitResult Publisher::GiveUp(const Status& why) {
  if (refused_.empty()) {
    // The producer refused a record and knows why; a transaction with a refused record cannot commit.
    CommitResult result = options_.transaction->Commit(nullptr, {});
    FRACAS_CHECK(!result.committed(), Cat("a round with a refused record: ", why.message()));
    return result;
  }
  CommitResult result = options_.transaction->Abort();
  if (result.kind == CommitResult::Kind::kUnknown || result.kind == CommitResult::Kind::kFenced) {
    return result;
  }
  return {CommitResult::Kind::kTopicRefused, why, refused_, Code::kObjectNotFound};
}

Status Publisher::Write(Round* round, Sent* sent) {
  std::vector<Report> events;
  for (const Batch& batch : round->batches()) {
    const StreamPlan& stream = round->view->stream(batch.id.stream);
    groups_.Gather(stream, batch, &suspects_);
    if (batch.published() && batch.kind == BatchKind::kRecords) {
      if (Status status = WriteBatch(stream, batch, round, sent); !status.ok()) return status;
    }
    reporter_.AddEvents(batch, groups_, round, &events);
    reporter_.Count(batch, *round);
  }
  std::vector<Report> summaries;
  reporter_.TakeSummaries(round, &summaries);
  const HeaderView content_type{wire::kContentTypeHeader, wire::kCloudEventContentType};
  const Plan& plan = round->view->plan();
  if (Status status = WriteReports(plan.failures_topic, events, {&content_type, 1}, sent);
      !status.ok()) {
    return status;
  }
  if (Status status = WriteReports(plan.batches_topic, summaries, {}, sent); !status.ok()) {
    return status;
  }
  if (plan.control_topic.empty()) return {};
  std::vector<Report> facts;
  reporter_.AddFacts(round, &facts);
  return WriteReports(plan.control_topic, facts, {}, sent);
}

const OutputTopic* Publisher::Find(const std::string& topic) {
  const auto found = topics_.find(topic);
  if (found != topics_.end()) return &found->second;
  refused_ = topic;
  return nullptr;
}

Status Publisher::WriteBatch(const StreamPlan& stream, const Batch& batch, Round* round,
                             Sent* sent) {
  if (stream.mode == PublishMode::kNone) {
    sent->tally.observed += batch.records.size();
    return {};
  }
  outputs_ = stream.outputs(batch.id.source.topic);
  const OutputTopic* published = Find(outputs_.published);
  const OutputTopic* letters = published == nullptr ? nullptr : Find(outputs_.dead_letters);
  if (letters == nullptr) {
    return Status::Abort(Cat("output topic ", refused_, " of stream ", QualifiedName(stream),
                             " does not exist; create it (fracas topics --create)"));
  }
  letters_ = *letters;
  const RecordColumns& records = batch.records;
  for (size_t i = 0; i < records.size(); ++i) {
    Status status;
    if (records.outcome[i] == Outcome::kPublished) {
      const ConsumedRecord record{batch.slot, records.offset[i], records.timestamp_ms[i],
                                  records.key[i], records.value[i], records.lease_index[i]};
      status = options_.transaction->Forward(*published, batch.id.source.partition, record,
                                             round->lease.get());
    } else {
      status = WriteDeadLetter(stream, batch, i, round);
    }
    if (!status.ok()) return status;
    sent->tally.Add(records.outcome[i]);
  }
  return {};
}

// What the letter says of the record, its text in `told`.
wire::DeadLetterContext Publisher::ContextOf(const StreamPlan& stream, const Batch& batch,
                                             size_t record, Told* told) const {
  wire::DeadLetterContext context;
  context.code = batch.records.code[record];
  context.pipeline = stream.pipeline;
  context.stream = stream.id;
  context.batch = &batch.id;
  context.offset = batch.records.offset[record];
  context.contract = stream.contract->sha256();
  if (const MaskedRecord* masked = batch.FindMasked(record); masked != nullptr) {
    // `mode` carries the fingerprint's bytes to where the views live.
    *told = {masked->message, "", Fingerprint({context.code, stream.pipeline, stream.id, "mask"})};
    context.message = told->message;
    context.fingerprint = told->mode;
    return context;
  }
  const Finding& finding = batch.findings.items()[batch.records.decider[record]];
  *told = TellRecord(stream, batch, record, finding);
  const Replay* replay = batch.FindReplay(record);
  if (replay != nullptr && replay->valid()) {
    context.replay_count = static_cast<uint32_t>(std::max(0, replay->ticket->replay_count));
    if (context.code == Code::kReplayParked) {
      told->message = Cat("parked: replay ", context.replay_count, " has failed and replay.count_max is ",
                          stream.replay.count_max, "; ", told->message);
    }
  }
  context.message = told->message;
  context.redacted = told->redacted;
  context.fingerprint = groups_.of(record).fingerprint;
  context.has_finding = finding.rule != kNoRule;
  context.pointer = batch.findings.pointer(finding);
  context.schema = told->schema;
  return context;
}

Status Publisher::WriteDeadLetter(const StreamPlan& stream, const Batch& batch, size_t record,
                                  Round* round) {
  const RecordColumns& records = batch.records;
  suspects_.Begin(batch.id.source, records.offset[record]);
  encoder_.Begin();
  round->lease->VisitHeaders(records.lease_index[record],
                             [this](std::string_view name, std::string_view value) {
                               encoder_.AddSourceHeader(name, value);
                             });
  ProducedRecord letter;
  letter.key = records.key[record];
  letter.value = records.value[record];
  letter.timestamp_ms = records.timestamp_ms[record];
  Told told;
  wire::DeadLetterContext context = ContextOf(stream, batch, record, &told);
  context.time_ms = round->wall_ms;
  std::string value_digest;
  std::string key_digest;
  // Too large for the DLQ's own limit: coordinates, size and digest instead of the bytes.
  if (letter.value.size() > stream.record_bytes_max) {
    value_digest = Sha256Hex(letter.value);
    context.value = wire::LeftOut{letter.value.size(), value_digest};
    letter.value = {};
  }
  if (letter.key.size() > stream.record_bytes_max) {
    key_digest = Sha256Hex(letter.key);
    context.key = wire::LeftOut{letter.key.size(), key_digest};
    letter.key = {};
  }
  const wire::DeadLetterHeaders headers = encoder_.Encode(context);
  suspects_.End();
  letter.headers = headers.headers;
  if (headers.carry_original) {
    letter.original = round->lease.get();
    letter.original_index = records.lease_index[record];
  }
  return options_.transaction->Produce(letters_, batch.id.source.partition, letter);
}

Status Publisher::WriteReports(const std::string& topic, const std::vector<Report>& reports,
                               std::span<const HeaderView> headers, Sent* sent) {
  if (reports.empty()) return {};
  const OutputTopic* output = Find(topic);
  if (output == nullptr) {
    return Status::Abort(Cat("topic ", topic, " does not exist; create it (fracas topics --create)"));
  }
  for (const Report& report : reports) {
    ProducedRecord record;
    record.key = report.key;
    record.value = report.value;
    record.timestamp_ms = kNoTime;
    record.headers = headers;
    const Status status = options_.transaction->Produce(
        *output, PartitionOf(report.key, output->partitions), record);
    if (!status.ok()) return status;
    ++sent->reports;
  }
  return {};
}

void Publisher::CheckConservation(const Round& round, const Sent& sent) const {
  Tally judged;
  for (const Batch& batch : round.batches()) {
    if (!batch.published()) continue;
    const bool tiles = static_cast<uint64_t>(batch.id.to - batch.id.from) ==
                       batch.records.size() + batch.gaps;
    // A loss may go back, to the beginning of a recreated topic.
    FRACAS_CHECK(batch.verdict.tally.Sum() == batch.records.size() &&
                     (tiles || batch.kind == BatchKind::kLoss),
                 Cat("conservation of ", ToString(batch.id)));
    judged += batch.verdict.tally;
  }
  FRACAS_CHECK(judged == sent.tally, "what was judged is what was sent");
  const uint64_t records = sent.tally.published + sent.tally.dead_lettered + sent.tally.masked;
  FRACAS_CHECK(options_.transaction->accepted() == records + sent.reports,
               Cat("the producer accepted ", options_.transaction->accepted(), " of ", records,
                   " records and ", sent.reports, " reports"));
}

std::vector<OffsetToCommit> Publisher::OffsetsOf(const Round& round) const {
  std::vector<OffsetToCommit> offsets;
  const bool same = tiles_epoch_ == round.epoch->number();
  for (const Batch& batch : round.batches()) {
    const auto tile = same ? tiles_.find(batch.slot) : tiles_.end();
    FRACAS_CHECK(tile == tiles_.end() || tile->second == batch.id.from,
                 Cat(ToString(batch.id), " does not follow ", tile->second));
    if (!batch.fences_with_offset) continue;
    wire::OffsetMetadata note;
    note.partitions = batch.topic_partitions;
    // An empty range (a stuck partition) leaves no trip: there is nothing to try again. The unmoved offset
    // is sent all the same, so that a zombie's report is fenced.
    if (!batch.published() && batch.id.to > batch.id.from) {
      note.attempt = batch.id.attempt;
      note.to = batch.id.to;
      note.control_offset = round.view->state_offset();
    }
    offsets.push_back({batch.id.source, batch.published() ? batch.id.to : batch.id.from,
                       wire::EncodeOffsetMetadata(note)});
  }
  return offsets;
}

}  // namespace fracas::pipeline
