#include "pipeline/worker.h"

#include <algorithm>
#include <utility>

#include "core/audit.h"
#include "core/check.h"
#include "core/classify.h"
#include "core/limits.h"
#include "core/text.h"

// The spine. RunRound is one round = one transaction; everything else on this page serves it.

namespace fracas::pipeline {

namespace {

constexpr int kPollWaitMs = 50;
constexpr int kLaneWaitMs = 20;

std::vector<CrashRange> DeathsOf(const CrashLog* log) {
  return log == nullptr ? std::vector<CrashRange>() : log->Deaths();
}

size_t LargestRecord(const Plan& plan) {
  size_t bytes = 0;
  for (const auto& stream : plan.streams) bytes = std::max(bytes, stream->record_bytes_max);
  return bytes;
}

// What holds acts as a dead letter where a person said so; null: nothing is diverted.
std::shared_ptr<const Dispositions> DivertedBy(const ControlView& view, const Batch& batch) {
  const state::Breaker* breaker = view.control(batch.id.stream).breaker.get();
  if (breaker == nullptr || breaker->diversion.codes.empty()) return nullptr;
  if (breaker->diversion.until_ms == 0) {  // for the pending ranges only
    const state::PendingRange* range = view.control(batch.id.stream).Pending(batch.id.source);
    if (range == nullptr || batch.id.from >= range->to) return nullptr;
  }
  auto diverted = std::make_shared<Dispositions>(view.stream(batch.id.stream).dispositions);
  for (const Code code : breaker->diversion.codes) {
    if (diverted->Of(code) == Disposition::kHold) diverted->Set(code, Disposition::kDeadLetter);
  }
  return diverted;
}

// The thresholds hold under a code of their own, which can be diverted as well.
Thresholds ThresholdsOf(const StreamPlan& stream, const Batch& batch) {
  Thresholds thresholds = stream.audit;
  const bool off = batch.diverted != nullptr &&
                   stream.dispositions.Of(Code::kQualityGateFailed) == Disposition::kHold &&
                   batch.diverted->Of(Code::kQualityGateFailed) != Disposition::kHold;
  if (!off) return thresholds;
  thresholds.max_failed_ratio = -1;
  thresholds.max_failed_records = -1;
  return thresholds;
}

}  // namespace

Worker::Worker(WorkerOptions options)
    : options_(std::move(options)),
      intake_(options_.board, options_.source.get(), options_.clock, &pool_),
      replays_(options_.board),
      suspects_(options_.crash_logs.judging.get(), DeathsOf(options_.crash_logs.describing.get()),
                options_.judging),
      mask_(LargestRecord(options_.board->Current()->plan())),
      examiner_(LargestRecord(options_.board->Current()->plan())),
      publisher_({options_.worker, options_.transaction.get(), options_.board,
                  options_.clock, &epoch_, options_.tripped, options_.crash_logs.describing.get(),
                  DeathsOf(options_.crash_logs.judging.get()), options_.judging}),
      lane_(options_.make_lane(&publisher_)),
      recovery_({options_.source.get(), &intake_, lane_.get(), &pool_,
                 options_.board, options_.clock, options_.meters, options_.log, options_.tripped,
                 [this](const Round& round) { suspects_.Committed(round); },
                 [this](const Job& job) { return Opened(job); },
                 [this](const Status& why) { return Rejoin(why); }}),
      started_ms_(options_.clock->MonotonicMs()) {}

Worker::~Worker() {
  lane_.reset();
  // Before any round: payloads may be freed once the producer that refers to them is gone.
  options_.transaction.reset();
}

Status Worker::RunRound() {
  if (Status settled = recovery_.Settle(idle_ms_); !settled.ok()) return settled;
  const std::shared_ptr<const ControlView> view = options_.board->Current();
  Status status;
  std::unique_ptr<Round> round = Take(view, &status);
  if (!status.ok() || round == nullptr) return status;
  const int64_t began_ms = options_.clock->MonotonicMs();
  for (Batch& batch : round->batches()) {
    const StreamPlan& stream = view->stream(batch.id.stream);
    const Publishing publishing = stream.publishing();
    mask_.ByCoordinates(*view, &batch);  // quarantined records are not even looked at
    replays_.Find(*view, *round, &batch);
    suspects_.Begin(&batch);
    examiner_.Examine(stream, *round->lease, round->wall_ms, &batch);
    if (Status masked = mask_.ById(*view, *round, &batch); !masked.ok()) {
      suspects_.End();  // the publisher may be waiting for its turn, and it ends first
      return masked;
    }
    batch.diverted = DivertedBy(*view, batch);
    batch.classified = Classify(batch.dispositions(stream), batch.findings, publishing,
                                &batch.records, batch.treatments);
    batch.verdict = Audit(ThresholdsOf(stream, batch), intake_.slots()[batch.slot].window,
                          batch.classified, batch.records, publishing, round->monotonic_ms);
    FRACAS_CHECK(batch.verdict.tally.Sum() == batch.records.size(), ToString(batch.id));  // G1
    suspects_.End();
  }
  const int64_t judged_ms = options_.clock->MonotonicMs() - began_ms;
  Bump(&options_.meters.worker->judge_micros, static_cast<uint64_t>(judged_ms) * 1000);
  if (Status stopped = intake_.Stop(round.get()); !stopped.ok()) {  // seek first, then pause
    pool_.Return(std::move(round));
    return Rejoin(stopped);
  }
  return Submit(std::move(round));
}

Status Worker::Submit(std::unique_ptr<Round> round) {
  auto job = std::make_unique<Job>();
  job->round = std::move(round);
  lane_->Submit(std::move(job));
  return {};
}

// A round in doubt, a producer without its topics or a backoff: serve membership only. While ranges are
// tried one by one, the next waits for the one before.
bool Worker::may_take() const {
  if (recovery_.recovering() || !outputs_known_) return false;
  return !intake_.isolating() || lane_->unsettled() == 0;
}

std::unique_ptr<Round> Worker::Take(std::shared_ptr<const ControlView> view, Status* status) {
  options_.meters.worker->progress_ms.store(options_.clock->MonotonicMs(),
                                            std::memory_order_relaxed);
  ShareState();
  ShowStates(view);
  if (rejoin_ && !recovery_.recovering()) *status = Rejoin(Status());
  idle_ms_ = kLaneWaitMs;  // unless something can be taken
  if (!status->ok() || rejoin_) return nullptr;
  const bool look_again = options_.clock->MonotonicMs() >= ask_again_ms_;
  if (!asked_ && (!outputs_known_ || look_again)) AskForTopics();
  const bool able = may_take();
  if (able) {
    if (Status followed = intake_.Follow(view); !followed.ok()) {
      *status = Rejoin(followed);
      return nullptr;
    }
  }
  // What is to be reported comes before more is taken.
  const bool reports = able && intake_.reports_due();
  const bool takes = able && !reports;
  const int wait_ms = lane_->unsettled() > 0 ? kLaneWaitMs / 4 : kPollWaitMs;
  intake_.Poll(takes, takes ? wait_ms : 0, &events_);
  idle_ms_ = takes && !intake_.full() ? 0 : kLaneWaitMs;
  *status = HandleEvents(&events_);
  if (!status->ok() || !may_take() || !lane_->HasRoom()) return nullptr;

  if (reports && lane_->unsettled() == 0 && !intake_.filling()) {
    if (std::unique_ptr<Round> told = intake_.TakeReports(); told != nullptr) {
      *status = Submit(std::move(told));
      return nullptr;
    }
  }
  std::unique_ptr<Round> round = intake_.TakeDue(at_end_ || reports);
  if (round != nullptr) {
    if (Status confirmed = intake_.Confirm(&round); !confirmed.ok()) {
      *status = Rejoin(confirmed);
      return nullptr;
    }
  }
  finished_ = options_.stop_at_end && at_end_ && round == nullptr && lane_->unsettled() == 0 &&
              !intake_.filling() && !intake_.isolating();
  if (finished_) idle_ms_ = kLaneWaitMs;
  return round;
}

// --- Events of the source -------------------------------------------------------------------------------

Status Worker::HandleEvents(std::vector<SourceEvent>* events) {
  at_end_ = false;
  for (const SourceEvent& event : *events) {
    if (Status status = HandleEvent(event); !status.ok()) {
      events->clear();
      return status;
    }
  }
  events->clear();
  return {};
}

Status Worker::HandleEvent(const SourceEvent& event) {
  switch (event.kind) {
    case SourceEvent::Kind::kAssigned:
      Assigned(event);
      return {};
    case SourceEvent::Kind::kRevoked:
      Revoked();
      return {};
    case SourceEvent::Kind::kPartitionError:
      PartitionTrouble(event);
      return {};
    case SourceEvent::Kind::kEndOfInput:
      at_end_ = true;
      return {};
    case SourceEvent::Kind::kFenced:
      if (Status twice = recovery_.CountFenced("consumer", &fenced_ms_); !twice.ok()) return twice;
      return Rejoin(event.status);
    case SourceEvent::Kind::kFailed:
      if (event.status.action() == Action::kStop) return event.status;
      return Rejoin(event.status);
  }
  return {};
}

void Worker::Assigned(const SourceEvent& event) {
  intake_.Assign(event);
  epoch_.store(intake_.epoch_number(), std::memory_order_release);
  Bump(&options_.meters.worker->rebalances);
  outputs_known_ = false;
  Log(LogLevel::kInfo, "partitions_assigned",
      Cat("worker ", options_.worker, " got ", event.partitions.size(), " partitions"));
  for (const AssignedPartition& assigned : event.partitions) {
    if (!intake_.slots()[assigned.slot].begins) continue;
    Log(LogLevel::kInfo, "partition_begins",
        Cat("the group has no offset of partition ", assigned.partition.partition, " of ",
            assigned.partition.topic, "; it begins at ", assigned.start));
  }
}

// Does not wait for the round in flight: its result touches nothing that is not its own any more.
void Worker::Revoked() {
  epoch_.store(0, std::memory_order_release);
  recovery_.DropWaiting();
  intake_.Revoke();
  outputs_known_ = false;
  ShareHolds();
}

void Worker::PartitionTrouble(const SourceEvent& event) {
  if (event.slot >= intake_.slots().size()) return;  // revoked before it was told
  const Slot& slot = intake_.slots()[event.slot];
  const Code code = event.code == Code::kNone ? Code::kUnknown : event.code;
  Log(LogLevel::kError, "partition_stuck",
      Cat("partition ", ToString(slot.partition, event.offset), " is held (", Info(code).name, "): ",
          event.status.message()));
  intake_.MarkStuck(event.slot, {code, std::string(event.status.message()), true});
  ShareHolds();
}

Status Worker::Rejoin(const Status& why) {
  if (!rejoin_) {
    Log(LogLevel::kWarning, "source_recreated",
        Cat("the consumer is recreated: ", why.message()));
    if (epoch_.load(std::memory_order_relaxed) != 0) Revoked();
    rejoin_ = true;
    rejoin_why_ = why.message();
  }
  const Status recreated = options_.source->Recreate();
  if (recreated.ok()) {
    rejoin_ = false;
    return {};
  }
  if (recreated.action() == Action::kStop || recreated.action() == Action::kReject) return recreated;
  rejoin_why_ = recreated.message();
  recovery_.BackOff();
  return {};
}

// --- Stop, and what others see --------------------------------------------------------------------------

void Worker::Shutdown(int64_t wait_ms) {
  const int64_t until_ms = options_.clock->MonotonicMs() + wait_ms;
  Share("stopping");
  epoch_.store(0, std::memory_order_release);  // what waits is not begun any more
  recovery_.DropWaiting();
  while (lane_->unsettled() > 0 && options_.clock->MonotonicMs() < until_ms) {
    // Results still count (meters, trips); nothing new is begun for what fails.
    if (!recovery_.Settle(kLaneWaitMs).ok()) break;
    recovery_.DropWaiting();
  }
  intake_.Revoke();
  options_.source->Close();
}

std::string Worker::WaitingFor() const {
  const std::lock_guard lock(waiting_mutex_);
  return waiting_for_;
}

void Worker::ShareState() {
  const std::string& trouble = rejoin_ ? rejoin_why_ : recovery_.trouble();
  const bool joining = !outputs_known_ && trouble.empty();
  const std::string_view state = joining ? std::string_view("joining the group") : trouble;
  if (state == shared_state_) return;
  shared_state_ = state;
  Share(shared_state_);
}

void Worker::Share(std::string waiting_for) {
  const std::lock_guard lock(waiting_mutex_);
  waiting_for_ = std::move(waiting_for);
}

void Worker::ShareHolds() {
  stuck_shown_ = intake_.stuck_changes();
  options_.board->SetHolds(options_.worker, intake_.Stuck());
}

void Worker::ShowStates(const std::shared_ptr<const ControlView>& view) {
  if (intake_.stuck_changes() != stuck_shown_) ShareHolds();
  if (view == shown_) return;
  shown_ = view;
  for (size_t i = 0; i < options_.meters.streams.size(); ++i) {
    const bool red = view->control(static_cast<StreamIndex>(i)).red();
    options_.meters.streams[i]->red.store(red ? 1 : 0, std::memory_order_relaxed);
  }
}

void Worker::Log(LogLevel level, std::string_view event, std::string message,
                 std::vector<LogField> fields) const {
  if (!options_.log) return;
  fields.push_back({"worker", Cat(options_.worker)});
  options_.log({level, event, std::move(message), std::move(fields)});
}

}  // namespace fracas::pipeline
