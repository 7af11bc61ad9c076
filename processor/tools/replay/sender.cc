#include "tools/replay/sender.h"

#include <span>
#include <utility>

#include "core/limits_tools.h"
#include "core/text.h"
#include "tools/replay/job_log.h"
#include "tools/topics.h"

namespace fracas::tools {

namespace {

constexpr int64_t kBackoffMs = 200;

}  // namespace

Status ReplaySender::Open() {
  Result<OutputTopic> target = ports_.transaction->Open(target_name_);
  if (!target.ok()) return target.status();
  Result<OutputTopic> progress = ports_.transaction->Open(ReplaysTopic(config_));
  if (!progress.ok()) return progress.status();
  target_ = *target;
  progress_ = *progress;
  return {};
}

Result<std::optional<ReplayJob>> ReplaySender::Claim() {
  if (Status s = ports_.transaction->Recreate(); !s.ok()) return s;
  if (Status s = Open(); !s.ok()) return s;
  return ReadJob(config_, job_, ports_.admin, ports_.reader);
}

Status ReplaySender::Produce(const Chunk& chunk, const ReplayJob& next) {
  Transaction& transaction = *ports_.transaction;
  const std::span<const HeaderView> headers(chunk.headers);
  for (const ReplayRecord& record : chunk.records) {
    ProducedRecord produced;
    produced.key = record.key;
    produced.value = record.value;
    produced.timestamp_ms = record.timestamp_ms;
    produced.headers =
        headers.subspan(record.headers_begin, record.headers_end - record.headers_begin);
    if (Status s = transaction.Produce(target_, record.partition, produced); !s.ok()) return s;
  }
  ProducedRecord behind;
  behind.key = next.name;
  behind.value = encoded_;
  behind.timestamp_ms = next.updated_ms;
  return transaction.Produce(progress_, 0, behind);
}

CommitResult ReplaySender::CommitOnce(const Chunk& chunk, const ReplayJob& next) {
  // It lives until the transaction has ended.
  encoded_.clear();
  Encode(next, &encoded_);
  Transaction& transaction = *ports_.transaction;
  // What a refused Begin or Produce means the commit says.
  const Status begun = transaction.Begin();
  const Status sent = begun.ok() ? Produce(chunk, next) : begun;
  const uint64_t expected = chunk.records.size() + 1;
  if (sent.ok() && transaction.accepted() != expected) {
    CommitResult given_up = transaction.Abort();
    given_up.status =
        Status::Abort(Cat(transaction.accepted(), " of ", expected, " records were taken"));
    return given_up;
  }
  return transaction.Commit(nullptr, {});
}

Result<bool> ReplaySender::WasCommitted(const ReplayJob& next) {
  Result<std::optional<ReplayJob>> last = Claim();
  if (!last.ok()) return last.status();
  const uint64_t sequence = last->has_value() ? (*last)->sequence : 0;
  if (sequence > next.sequence || sequence + 1 < next.sequence) return Lost();
  return sequence == next.sequence;
}

Status ReplaySender::Lost() const {
  return Status::Stop(Cat("another process has taken job ", job_,
                          " over and goes on where this one was; this one stops"));
}

Status ReplaySender::Commit(const Chunk& chunk, const ReplayJob& next) {
  Status trouble;
  for (int tries = 0; tries < limits::kReplayTriesMax; ++tries) {
    if (tries > 0) ports_.pause(kBackoffMs << tries);
    const CommitResult result = CommitOnce(chunk, next);
    trouble = result.status;
    switch (result.kind) {
      case CommitResult::Kind::kCommitted: return {};
      case CommitResult::Kind::kNotCommitted:
        if (trouble.action() == Action::kStop) return trouble;
        break;
      case CommitResult::Kind::kTopicRefused: return Status::Stop(std::string(trouble.message()));
      case CommitResult::Kind::kFenced: return Lost();
      case CommitResult::Kind::kUnknown: {
        Result<bool> committed = WasCommitted(next);
        if (!committed.ok()) return committed.status();
        if (*committed) return {};
        break;
      }
    }
  }
  return Status::Retry(Cat("the next records were not committed in ", limits::kReplayTriesMax,
                           " tries: ", trouble.message()));
}

}  // namespace fracas::tools
