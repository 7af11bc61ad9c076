// How a transaction ends. Everything that can go wrong is one of five results; the rules are those
// of librdkafka's three flags and of what may still happen at the coordinator: before the commit
// was sent a failure means "not committed", afterwards only an abortable one does.

#include <cstring>
#include <utility>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "kafka/kafka_transaction.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

constexpr int kFlushSliceMs = 100;

}  // namespace

void KafkaTransaction::OnDeliveryFailed(const rd_kafka_message_t* message) {
  ++failed_;
  const Code code = RefusalCode(message->err);
  const std::string topic = rd_kafka_topic_name(message->rkt);
  // IMPORTANT: not rd_kafka_message_errstr, which for a produced record returns its payload.
  std::string text = Cat("topic ", topic, "/", message->partition,
                         " refused a record: ", rd_kafka_err2name(message->err), ": ",
                         rd_kafka_err2str(message->err));
  if (first_failure_.empty()) first_failure_ = text;
  if (code != Code::kNone && refusal_.code == Code::kNone) {
    refusal_ = {.topic = topic, .code = code, .text = std::move(text)};
  }
}

// Two things librdkafka tells only its log: that the transaction has failed (else its records would
// wait for their timeout), and which partition the coordinator refused to add to it (the error that
// follows has a code and no topic).
void KafkaTransaction::OnLog(std::string_view facility, std::string_view text) {
  if (facility == "TXNERR") in_error_ = true;
  if (facility != "ADDPARTS") return;
  const std::lock_guard lock(log_mutex_);
  refused_partitions_.emplace_back(text);
}

// Waits until every record has been answered for, or the transaction has failed.
Failure KafkaTransaction::AwaitDeliveries() {
  const Deadline deadline(transaction_ms_);
  rd_kafka_resp_err_t flushed = RD_KAFKA_RESP_ERR__TIMED_OUT;
  while (flushed == RD_KAFKA_RESP_ERR__TIMED_OUT && !in_error_ && !deadline.passed()) {
    flushed = rd_kafka_flush(client_->get(), deadline.SliceMs(kFlushSliceMs));
  }
  // A transaction that has failed stays so until it is aborted: asked to commit, it only says why.
  if (in_error_) {
    return Take(rd_kafka_commit_transaction(client_->get(), static_cast<int>(transaction_ms_)));
  }
  rd_kafka_poll(client_->get(), 0);
  if (failed_ == 0 && !refusal_.any()) return FromCode(flushed);
  return {.error = RD_KAFKA_RESP_ERR__FAIL,
          .abortable = true,
          .text = refusal_.any() ? refusal_.text : first_failure_};
}

// How librdkafka logged the partitions of `topic` that were not added: with `reason`, with another
// one
// ("not attempted", beside the refused one), or not at all.
KafkaTransaction::Logged KafkaTransaction::LoggedOf(const std::string& topic,
                                                    std::string_view reason) {
  const std::string name = Cat("\"", topic, "\"");
  Logged logged = Logged::kNothing;
  const std::lock_guard lock(log_mutex_);
  for (const std::string& line : refused_partitions_) {
    if (line.find(name) == std::string::npos) continue;
    if (line.find(reason) != std::string::npos) return Logged::kReason;
    logged = Logged::kOther;
  }
  return logged;
}

// Finds the topic of a refusal that came without one. A denied topic is named in the log; of a
// missing one only the topics beside it are, so the cluster is asked.
void KafkaTransaction::BlameTopic(rd_kafka_resp_err_t error, const std::string& text) {
  const Code code = RefusalCode(error);
  if (code == Code::kNone || refusal_.code != Code::kNone) return;
  std::vector<const Target*> suspects;
  for (const Target& target : targets_) {
    if (!target.used) continue;
    const Logged logged = LoggedOf(target.name, rd_kafka_err2str(error));
    if (logged == Logged::kOther) continue;
    if (logged == Logged::kReason) suspects.clear();
    suspects.push_back(&target);
    if (logged == Logged::kReason) break;
  }
  if (suspects.size() > 1 && code == Code::kObjectNotFound) {
    std::erase_if(suspects, [this](const Target* target) {
      return CountPartitions(*client_, target->handle.get()).ok();
    });
  }
  if (suspects.empty() || (suspects.size() > 1 && code != Code::kObjectNotFound)) return;
  refusal_ = {.topic = suspects.front()->name, .code = code, .text = text};
}

template <typename Step>
Failure KafkaTransaction::Decide(int64_t wait_ms, Step step) {
  const Deadline deadline(wait_ms);
  Failure failure;
  do {
    // IMPORTANT: not -1, with which an abort or a commit never returns while the broker is silent.
    // What another figure may cost, librdkafka's state and the coordinator's apart, does not matter
    // here: after a timeout the producer is never used again.
    failure = Take(step(deadline.SliceMs(wait_ms)));
  } while (failure.retriable && !deadline.passed());
  return failure;
}

Failure KafkaTransaction::SendOffsets(const GroupEpoch& epoch,
                                      std::span<const OffsetToCommit> offsets) {
  const PartitionList list = NewPartitionList(offsets.size());
  for (const OffsetToCommit& offset : offsets) {
    // librdkafka drops a logical offset without a word.
    FRACAS_CHECK(offset.offset >= 0, offset.partition.topic);
    rd_kafka_topic_partition_t* const entry = rd_kafka_topic_partition_list_add(
        list.get(), offset.partition.topic.c_str(), offset.partition.partition);
    entry->offset = offset.offset;
    if (offset.metadata.empty()) continue;
    FRACAS_CHECK(offset.metadata.size() <= limits::kOffsetMetadataBytesMax, offset.partition.topic);
    entry->metadata = ::strdup(offset.metadata.c_str());  // the list frees it
    entry->metadata_size = offset.metadata.size();
  }
  return Decide(transaction_ms_, [&](int wait_ms) {
    return rd_kafka_send_offsets_to_transaction(client_->get(), list.get(), epoch.metadata(),
                                                wait_ms);
  });
}

CommitResult KafkaTransaction::Commit(const AssignmentEpoch* epoch,
                                      std::span<const OffsetToCommit> offsets) {
  FRACAS_CHECK(offsets.empty() || epoch != nullptr,
               "offsets without the epoch they were read under");
  if (!open_) return lost_result_;
  if (const Failure delivered = AwaitDeliveries(); !delivered.ok()) {
    return FailedStep("the delivery", delivered);
  }
  if (!offsets.empty()) {
    const auto& group = static_cast<const GroupEpoch&>(*epoch);
    if (group.metadata() == nullptr || !group.has_member()) {
      // Kafka would accept them from a stranger while the group has living members.
      return AbortAfter({.kind = CommitResult::Kind::kNotCommitted,
                         .status = Status::Abort(Cat(Named("the offsets"),
                                                     " have no generation: the member "
                                                     "left its group before they were read"))});
    }
    if (const Failure sent = SendOffsets(group, offsets); !sent.ok())
      return FailedStep("the offsets", sent);
  }
  const Failure ended = Decide(2 * transaction_ms_, [this](int wait_ms) {
    return rd_kafka_commit_transaction(client_->get(), wait_ms);
  });
  if (!ended.ok()) {
    // Past this point a failure that does not ask for an abort leaves the outcome open.
    return ended.abortable ? FailedStep("the commit", ended) : Lost("the commit", ended);
  }
  open_ = false;
  return {};
}

CommitResult KafkaTransaction::Abort() {
  if (!open_) return lost_result_;
  return AbortAfter({.kind = CommitResult::Kind::kNotCommitted,
                     .status = Status::Abort(Cat(Named("the transaction"), " was given up"))});
}

// Aborts and answers `result`, or what is worse. REQUIRES: no commit was sent, or it was refused.
CommitResult KafkaTransaction::AbortAfter(CommitResult result) {
  const Failure aborted = Decide(2 * transaction_ms_, [this](int wait_ms) {
    return rd_kafka_abort_transaction(client_->get(), wait_ms);
  });
  if (aborted.ok()) {
    open_ = false;
    return result;
  }
  // A transaction whose first partition was refused has never begun at the coordinator, which then
  // calls its abort invalid, and librdkafka calls that fatal. A new claim ends whatever there was.
  const CommitResult lost = Lost("the abort", aborted);
  if (!aborted.fatal || lost.kind == CommitResult::Kind::kFenced || !Renew().ok()) return lost;
  return result;
}

CommitResult KafkaTransaction::FailedStep(std::string_view step, const Failure& failure) {
  if (failure.fatal || !FatalErrorOf(client_->get()).ok()) return Lost(step, failure);
  BlameTopic(failure.error, failure.text);
  if (refusal_.code != Code::kNone) return AbortAfter(TopicRefused());
  return AbortAfter(NotCommitted(step, failure));
}

CommitResult KafkaTransaction::NotCommitted(std::string_view step, const Failure& failure) {
  std::string text = Cat(Named(step), " failed: ", Describe(failure));
  return {.kind = CommitResult::Kind::kNotCommitted,
          .status = NeedsPerson(failure.error) ? Status::Stop(std::move(text))
                                               : Status::Abort(std::move(text))};
}

CommitResult KafkaTransaction::TopicRefused() const {
  return {.kind = CommitResult::Kind::kTopicRefused,
          .status =
              Status::Abort(Cat(refusal_.text, "; ", RefusalAdvice(refusal_.code, refusal_.topic))),
          .topic = refusal_.topic,
          .code = refusal_.code};
}

// The handle is of no use any more, or what became of the transaction is not known.
CommitResult KafkaTransaction::Lost(std::string_view step, const Failure& failure) {
  const Failure fatal = FatalErrorOf(client_->get());
  const Failure& cause = fatal.ok() ? failure : fatal;
  const bool fenced = IsFenced(cause.error);
  open_ = false;
  lost_ = true;
  lost_result_ = {
      .kind = fenced ? CommitResult::Kind::kFenced : CommitResult::Kind::kUnknown,
      .status = Status::Abort(Cat(Named(step), " failed: ", Describe(cause),
                                  fenced ? "; another process may use this instance's name" : ""))};
  return lost_result_;
}

}  // namespace fracas::kafka
