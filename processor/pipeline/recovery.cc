#include "pipeline/recovery.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "wire/offset_metadata.h"

// Step: ended transactions in, positions and retries out. IMPORTANT: it never guesses whether a
// transaction was committed; what is in doubt is asked for after the producer was recreated.

namespace fracas::pipeline {

Recovery::Recovery(Options options) : options_(std::move(options)) {}

void Recovery::Log(LogLevel level, std::string_view event, std::string message) const {
  if (!options_.log) return;
  options_.log({level, event, std::move(message),
                {{"worker", Cat(options_.meters.worker->worker)}}});
}

bool Recovery::recovering() const {
  return recreating_ || doubt_ != nullptr || options_.clock->MonotonicMs() < retry_at_ms_;
}

void Recovery::BackOff() {
  const int64_t delay_ms =
      std::min(limits::kBackoffMsMax, limits::kBackoffMsMin << std::min(failures_, 10));
  ++failures_;
  retry_at_ms_ = options_.clock->MonotonicMs() + delay_ms;
}

Status Recovery::CountFenced(std::string_view what, int64_t* last_ms) const {
  const int64_t now_ms = options_.clock->MonotonicMs();
  const int64_t before_ms = std::exchange(*last_ms, now_ms);
  if (now_ms - before_ms > limits::kFencedWindowMs) return {};
  return Status::Stop(
      Cat("the ", what, " of instance ", options_.board->Current()->plan().instance, ", worker ",
          options_.meters.worker->worker, " was fenced twice within a minute: most likely another "
          "process runs with the same group and instance name; give each its own `instance`"));
}

Status Recovery::Settle(int wait_ms) {
  std::unique_ptr<Job> job = options_.lane->Collect(wait_ms);
  for (; job != nullptr; job = options_.lane->Collect(0)) {
    if (Status status = Handle(std::move(job)); !status.ok()) return status;
  }
  if (options_.clock->MonotonicMs() < retry_at_ms_) return {};
  if (again_ != nullptr && options_.lane->HasRoom()) options_.lane->Submit(std::move(again_));
  return doubt_ == nullptr ? Status() : Resolve();
}

void Recovery::DropWaiting() {
  std::unique_ptr<Job> waiting = options_.lane->Withdraw();
  if (waiting == nullptr) return;
  if (waiting->kind == Job::Kind::kRecreate) {
    again_ = std::move(waiting);
    return;
  }
  if (waiting->round != nullptr) {
    options_.intake->Forget(*waiting->round);
    options_.pool->Return(std::move(waiting->round));
    return;
  }
  waiting->status = Status::Retry("withdrawn");
  (void)options_.opened(*waiting);  // only asks for it again
}

Status Recovery::Handle(std::unique_ptr<Job> job) {
  switch (job->kind) {
    case Job::Kind::kOpen:
      if (!job->status.ok()) {
        trouble_ = job->status.message();
        DropWaiting();
        BackOff();
      }
      return options_.opened(*job);
    case Job::Kind::kRecreate:
      return Recreated(std::move(job));
    case Job::Kind::kDeliver:
      break;
  }
  if (!job->stale) return Decide(std::move(job));
  return GoBack(std::move(job->round));  // nothing was begun: judged again under what holds now
}

Status Recovery::GoBack(std::unique_ptr<Round> round) {
  DropWaiting();
  options_.intake->Forget(*round);
  options_.pool->Return(std::move(round));
  const Status rewound = options_.intake->Rewind();
  return rewound.ok() ? rewound : options_.rejoin(rewound);
}

Status Recovery::Decide(std::unique_ptr<Job> job) {
  const CommitResult& result = job->result;
  WorkerCell* cell = options_.meters.worker;
  if (!result.committed()) Bump(&cell->rounds_failed);
  CountTransaction(cell, static_cast<size_t>(result.kind), result.committed(), job->commit_ms);
  switch (result.kind) {
    case CommitResult::Kind::kCommitted:
      Bump(&cell->commit_micros, static_cast<uint64_t>(std::max<int64_t>(0, job->commit_ms)) * 1000);
      return Committed(std::move(job->round));
    case CommitResult::Kind::kNotCommitted:
      if (result.status.action() == Action::kStop) return result.status;
      return NotCommitted(std::move(job->round), result.status);
    case CommitResult::Kind::kTopicRefused:
      return Refused(std::move(job));
    case CommitResult::Kind::kFenced:
      // A transaction that is overdue is ended by its coordinator as another process would end it: brokers
      // in trouble, no namesake.
      if (options_.clock->MonotonicMs() - job->round->monotonic_ms >= limits::kTransactionMs) {
        return InDoubt(std::move(job));
      }
      if (Status twice = CountFenced("producer", &fenced_ms_); !twice.ok()) return twice;
      return InDoubt(std::move(job));
    case CommitResult::Kind::kUnknown:
      return InDoubt(std::move(job));
  }
  return {};
}

Status Recovery::Committed(std::unique_ptr<Round> round) {
  failures_ = 0;
  trouble_.clear();
  Bump(&options_.meters.worker->rounds_committed);
  for (Batch& batch : round->batches()) {
    Count(batch, *round);
    KeepTickets(&batch);
  }
  if (options_.committed) options_.committed(*round);
  const Status moved = options_.intake->Commit(*round);
  options_.pool->Return(std::move(round));
  return moved.ok() ? moved : options_.rejoin(moved);
}

// A ticket that was published under is used; the others are free with the round.
void Recovery::KeepTickets(Batch* batch) {
  if (!batch->published()) return;
  for (Replay& replay : batch->replays) {
    if (replay.valid() && batch->records.outcome[replay.record] == Outcome::kPublished) {
      replay.claim.Keep();
    }
  }
}

// The meters: only committed work, so the numbers are exact after an abort.
void Recovery::Count(const Batch& batch, const Round& round) const {
  StreamCell* cell = options_.meters.streams[ToInt(batch.id.stream)];
  if (OnlyTells(batch.kind)) return;
  if (!batch.published()) {
    Bump(&cell->batches_abandoned);
    if (batch.verdict.code != Code::kNone) Bump(&cell->trips[Index(batch.verdict.code)]);
    return;
  }
  const Tally& tally = batch.verdict.tally;
  Bump(&cell->batches_published);
  Bump(&cell->consumed, batch.records.size());
  Bump(&cell->consumed_bytes, batch.bytes);
  Bump(&cell->published, tally.published);
  Bump(&cell->dead_lettered, tally.dead_lettered);
  Bump(&cell->masked, tally.masked);
  Bump(&cell->observed, tally.observed);
  Bump(&cell->gap_offsets, batch.gaps);
  Bump(&cell->would_hold, batch.verdict.would_hold ? 1 : 0);
  Bump(&cell->proved, batch.proved);
  Bump(&cell->explained, batch.explained);
  if (batch.records.size() > 0 && batch.records.timestamp_ms[0] != kNoTime) {
    // A producer's clock may be ahead.
    CountLatency(cell, std::max<int64_t>(0, options_.clock->WallMs() - batch.records.timestamp_ms[0]));
  }
  cell->last_record_ms.store(round.wall_ms, std::memory_order_relaxed);
  if (batch.event_time_max_ms > cell->last_event_time_ms.load(std::memory_order_relaxed)) {
    cell->last_event_time_ms.store(batch.event_time_max_ms, std::memory_order_relaxed);
  }
  for (const Replay& replay : batch.replays) {
    if (!replay.valid()) continue;
    const bool passed = batch.records.outcome[replay.record] == Outcome::kPublished;
    const bool parked = batch.records.code[replay.record] == Code::kReplayParked;
    Bump(passed ? &cell->replays_passed : parked ? &cell->replays_parked : &cell->replays_failed);
  }
  const Classified& classified = batch.classified;
  if (classified.failed() + classified.warned + classified.masked == 0) return;
  for (const Code code : batch.records.code) {
    if (code != Code::kNone) Bump(&cell->failures[Index(code)]);
  }
}

Status Recovery::NotCommitted(std::unique_ptr<Round> round, const Status& why) {
  trouble_ = why.message();
  Log(LogLevel::kWarning, "round_not_committed",
      Cat("a round was not committed and is tried again: ", why.message()));
  BackOff();
  return GoBack(std::move(round));
}

Status Recovery::Refused(std::unique_ptr<Job> job) {
  std::unique_ptr<Round> round = std::move(job->round);
  const CommitResult& result = job->result;
  const std::vector<std::string> own_topics = OwnTopics(round->view->plan());
  const bool own = std::find(own_topics.begin(), own_topics.end(), result.topic) != own_topics.end();
  // Without a place for reports nothing can be abandoned either: wait until it takes records again.
  if (own || !options_.intake->is_current(*round)) {
    return NotCommitted(std::move(round), result.status);
  }
  Log(LogLevel::kError, "topic_refused",
      Cat("output topic ", result.topic, " refuses records: ", result.status.message()));
  if (round->batches().size() > 1) {
    options_.intake->Isolate(*round);
    return GoBack(std::move(round));
  }
  return Abandon(std::move(round), result);
}

// The only batch of its transaction failed: its stream trips, the worker goes on.
Status Recovery::Abandon(std::unique_ptr<Round> round, const CommitResult& result) {
  DropWaiting();
  options_.intake->Forget(*round);
  Status moved = options_.intake->Rewind();
  Batch& batch = round->batches()[0];
  batch.in_window = false;
  batch.verdict.action = Verdict::Action::kAbandon;
  batch.verdict.reason = Verdict::Reason::kSystem;
  batch.verdict.code = result.code == Code::kNone ? Code::kSinkRejected : result.code;
  batch.trouble = Cat("output topic ", result.topic, " refuses its records: ",
                      result.status.message());
  if (moved.ok()) moved = options_.intake->Stop(round.get());
  if (!moved.ok()) {
    options_.pool->Return(std::move(round));
    return options_.rejoin(moved);
  }
  auto again = std::make_unique<Job>();
  again->round = std::move(round);
  options_.lane->Submit(std::move(again));
  return {};
}

Status Recovery::InDoubt(std::unique_ptr<Job> job) {
  Log(LogLevel::kWarning, "round_in_doubt",
      Cat("it is not known whether a round was committed; the producer is recreated and the group "
          "asked: ", job->result.status.message()));
  trouble_ = job->result.status.message();
  DropWaiting();
  recreating_ = true;
  job->kind = Job::Kind::kRecreate;
  job->result = {};
  options_.lane->Submit(std::move(job));
  return {};
}

Status Recovery::Recreated(std::unique_ptr<Job> job) {
  if (!job->status.ok()) {
    if (job->status.action() == Action::kStop) return job->status;
    trouble_ = job->status.message();
    Log(LogLevel::kWarning, "producer_not_recreated", std::string(job->status.message()));
    DropWaiting();
    job->status = {};
    again_ = std::move(job);
    BackOff();
    return {};
  }
  recreating_ = false;
  doubt_ = std::move(job->round);
  return Resolve();
}

Status Recovery::Resolve() {
  const Result<bool> committed = AskGroup(*doubt_);
  if (!committed.ok()) {
    if (committed.status().action() == Action::kStop) return committed.status();
    trouble_ = committed.status().message();
    BackOff();
    return {};
  }
  std::unique_ptr<Round> round = std::move(doubt_);
  if (!*committed) {
    return NotCommitted(std::move(round), Status::Abort("the group says it was not committed"));
  }
  Log(LogLevel::kInfo, "round_was_committed", "the group says that the round in doubt was committed");
  Publisher::ApplyTrips(*round, options_.board, options_.tripped);
  if (Status counted = Committed(std::move(round)); !counted.ok()) return counted;
  // What had been taken behind it was dropped when the doubt began.
  const Status rewound = options_.intake->Rewind();
  return rewound.ok() ? rewound : options_.rejoin(rewound);
}

// One transaction: what one of its offsets shows is true of all. An abandoned batch shows by its note,
// a published one by its offset. A round of empty reports shows nothing; sent twice, its events have the
// same ids.
Result<bool> Recovery::AskGroup(const Round& round) const {
  const Batch* witness = nullptr;
  for (const Batch& batch : round.batches()) {
    const bool speaks = batch.fences_with_offset && batch.id.to != batch.id.from;
    if (speaks && (witness == nullptr || !batch.published())) witness = &batch;
  }
  if (witness == nullptr) return false;
  const auto at = options_.source->Committed(witness->id.source);
  if (!at.ok()) return at.status();
  if (witness->kind == BatchKind::kLoss) return at->offset == witness->id.to;
  if (witness->published()) return at->offset >= witness->id.to;
  if (at->offset != witness->id.from || at->metadata.empty()) return false;
  const auto note = wire::DecodeOffsetMetadata(at->metadata);
  return note.ok() && note->abandoned() && note->attempt == witness->id.attempt && note->to == witness->id.to;
}

}  // namespace fracas::pipeline
