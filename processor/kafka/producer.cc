#include "kafka/producer.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/limits.h"
#include "core/record.h"
#include "core/text.h"
#include "kafka/client.h"
#include "kafka/deadline.h"
#include "kafka/epoch.h"
#include "kafka/lease.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

constexpr uint64_t kRecordsPerPoll = 1024;  // how often failed deliveries are looked for
constexpr int kQueueFullPollMs = 20;
constexpr int kFlushSliceMs = 100;

// Headers on their way into a record; freed unless librdkafka took them.
struct HeadersDeleter {
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
using Headers = std::unique_ptr<rd_kafka_headers_t, HeadersDeleter>;

// librdkafka takes 0 for "now". The start of 1970 itself cannot be written, the next millisecond can.
int64_t ToTimestamp(int64_t timestamp_ms) {
  if (timestamp_ms == kNoTime) return 0;
  return timestamp_ms == 0 ? 1 : timestamp_ms;
}

Settings DefaultsOf(const TransactionOptions& options) {
  const size_t message_bytes =
      std::max<size_t>(1'000'000, options.record_bytes_max + limits::kDeadLetterOverheadBytes);
  return {
      // A flush does not wait for it, so it only makes batches fuller.
      {"linger.ms", "50"},
      {"batch.num.messages", "10000"},
      {"batch.size", "1000000"},
      {"queue.buffering.max.messages", std::to_string(4 * limits::kRoundRecordsMax)},
      {"message.max.bytes", std::to_string(message_bytes)},
      // Between two transactions the coordinator says "not yet" for about 20 ms.
      {"retry.backoff.ms", "10"},
      {"transaction.timeout.ms", std::to_string(limits::kTransactionMs)},
      // Below the transaction's: a record is given up before its transaction is.
      {"message.timeout.ms", std::to_string(limits::kTransactionMs - 1'000)},
      {"socket.timeout.ms", "10000"},
      {"topic.metadata.refresh.interval.ms", "30000"},
  };
}

class KafkaTransaction final : public Transaction, private ClientEvents {
 public:
  explicit KafkaTransaction(TransactionOptions options) : options_(std::move(options)) {}
  ~KafkaTransaction() override { Discard(); }

  Status Recreate() override;
  Result<OutputTopic> Open(const std::string& topic) override;
  Status Begin() override;
  Status Forward(OutputTopic topic, Partition partition, const ConsumedRecord& record,
                 PayloadLease* lease) override;
  Status Produce(OutputTopic topic, Partition partition, const ProducedRecord& record) override;
  CommitResult Commit(const AssignmentEpoch* epoch, std::span<const OffsetToCommit> offsets) override;
  CommitResult Abort() override;
  uint64_t accepted() const override { return accepted_; }
  uint64_t failed() const override { return failed_; }

 private:
  struct Target {
    std::string name;
    Topic handle;
    int32_t partitions = 0;
    bool used = false;  // in this transaction
  };
  struct Outgoing {
    std::string_view key;
    std::string_view value;
    int64_t timestamp_ms = 0;
    Headers headers;
  };
  // The first thing that went wrong in this transaction and will go wrong again.
  struct Refusal {
    std::string topic;
    Code code = Code::kNone;
    std::string text;
    bool any() const { return !text.empty(); }
  };

  void OnDeliveryFailed(const rd_kafka_message_t* message) override;
  void OnLog(std::string_view facility, std::string_view text) override;
  Failure AwaitDeliveries();
  bool Discard();
  Status Claim(const Deadline& deadline);
  Status Send(OutputTopic topic, Partition partition, Outgoing record);
  Status Refuse(const Target& target, rd_kafka_resp_err_t error, std::string text);
  Failure SendOffsets(const GroupEpoch& epoch, std::span<const OffsetToCommit> offsets);
  // Calls `step` until it has decided, at most `wait_ms`.
  template <typename Step>
  Failure Decide(int64_t wait_ms, Step step);
  CommitResult AbortAfter(CommitResult result);
  CommitResult FailedStep(std::string_view step, const Failure& failure);
  CommitResult Lost(std::string_view step, const Failure& failure);
  CommitResult NotCommitted(std::string_view step, const Failure& failure);
  CommitResult TopicRefused() const;
  void BlameTopic(rd_kafka_resp_err_t error, const std::string& text);
  std::string Named(std::string_view what) const;

  const TransactionOptions options_;
  std::shared_ptr<Client> client_;
  std::vector<Target> targets_;
  int64_t transaction_ms_ = limits::kTransactionMs;
  bool open_ = false;
  bool lost_ = false;  // Recreate is the only way on
  CommitResult lost_result_;
  Refusal refusal_;
  uint64_t accepted_ = 0;
  uint64_t failed_ = 0;
  std::string first_failure_;   // of deliveries
  std::atomic<bool> in_error_ = false;   // librdkafka has marked the transaction as failed
  std::mutex log_mutex_;
  std::string refused_partitions_;       // guarded by log_mutex_: what librdkafka logged, see OnLog
};

std::string KafkaTransaction::Named(std::string_view what) const {
  return Cat(what, " of transactional id ", options_.transactional_id);
}

// Frees the handle. Nothing refers to payloads afterwards; false if that cannot be promised.
bool KafkaTransaction::Discard() {
  if (client_ == nullptr) return true;
  client_->Detach();
  rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  targets_.clear();
  const bool ended = client_->Close();
  client_.reset();
  return ended;
}

Status KafkaTransaction::Recreate() {
  const Deadline deadline(limits::kStartMsMax - 2'000);
  open_ = false;
  lost_ = true;
  lost_result_ = {.kind = CommitResult::Kind::kUnknown,
                  .status = Status::Abort(Cat(Named("the producer"), " is not there yet"))};
  if (!Discard()) {
    return Status::Stop(Cat(Named("the producer"), " does not let go of its records; restart the program"));
  }
  Result<std::shared_ptr<Client>> made = Client::Create(
      {.kind = ClientKind::kProducer,
       .connection = &options_.connection,
       .name = options_.transactional_id,
       .defaults = DefaultsOf(options_),
       .identity = {{"transactional.id", options_.transactional_id}},
       .events = this});
  if (!made.ok()) return made.status();
  client_ = std::move(*made);
  transaction_ms_ = client_->IntegerSetting("transaction.timeout.ms");
  if (Status connected = client_->Connect(deadline.SliceMs(limits::kKafkaConnectMsMax)); !connected.ok()) {
    return connected;
  }
  return Claim(deadline);
}

Status KafkaTransaction::Claim(const Deadline& deadline) {
  Failure failure;
  do {
    failure = Take(rd_kafka_init_transactions(client_->get(), deadline.SliceMs(limits::kStartMsMax)));
  } while (failure.retriable && !deadline.passed());
  if (failure.ok()) {
    lost_ = false;
    return {};
  }
  Status status = CallFailed(Named("the claim"), failure);
  if (failure.error == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED) {
    return Status::Stop(Cat(status.message(), "; allow this principal to write and describe the transactional id "
                            "(kafka-acls --transactional-id)"));
  }
  return status;
}

Result<OutputTopic> KafkaTransaction::Open(const std::string& topic) {
  FRACAS_CHECK(client_ != nullptr, "Open before Recreate");
  size_t index = 0;
  while (index < targets_.size() && targets_[index].name != topic) ++index;
  if (index == targets_.size()) {
    Topic handle(rd_kafka_topic_new(client_->get(), topic.c_str(), nullptr));
    if (handle == nullptr) return Status::Stop(Cat("topic '", topic, "' is not a possible name"));
    targets_.push_back({.name = topic, .handle = std::move(handle)});
  }
  Result<int32_t> partitions = CountPartitions(*client_, targets_[index].handle.get());
  if (!partitions.ok()) return partitions.status();
  targets_[index].partitions = *partitions;
  return OutputTopic{.index = static_cast<uint32_t>(index), .partitions = *partitions};
}

Status KafkaTransaction::Begin() {
  FRACAS_CHECK(!open_, "Begin inside a transaction");
  if (lost_) return Status::Abort(std::string(lost_result_.status.message()));
  rd_kafka_poll(client_->get(), 0);  // what an aborted predecessor has left
  refusal_ = {};
  first_failure_.clear();
  accepted_ = failed_ = 0;
  for (Target& target : targets_) target.used = false;
  {
    const std::lock_guard lock(log_mutex_);
    refused_partitions_.clear();
  }
  in_error_ = false;
  const Failure failure = Take(rd_kafka_begin_transaction(client_->get()));
  if (failure.ok()) {
    open_ = true;
    return {};
  }
  lost_result_ = Lost("begin", failure);
  return lost_result_.status;
}

// Remembers why; the transaction cannot commit any more.
Status KafkaTransaction::Refuse(const Target& target, rd_kafka_resp_err_t error, std::string text) {
  if (!refusal_.any()) refusal_ = {.topic = target.name, .code = RefusalCode(error), .text = text};
  return Status::Abort(std::move(text));
}

Status KafkaTransaction::Forward(OutputTopic topic, Partition partition, const ConsumedRecord& record,
                                 PayloadLease* lease) {
  rd_kafka_message_t* const message = static_cast<MessageLease*>(lease)->at(record.lease_index);
  rd_kafka_headers_t* headers = nullptr;
  rd_kafka_message_detach_headers(message, &headers);  // not found: there are none
  return Send(topic, partition,
              {.key = record.key,
               .value = record.value,
               .timestamp_ms = record.timestamp_ms,
               .headers = Headers(headers)});
}

Status KafkaTransaction::Produce(OutputTopic topic, Partition partition, const ProducedRecord& record) {
  Headers headers;
  if (record.original != nullptr) {
    rd_kafka_headers_t* original = nullptr;
    const auto* const lease = static_cast<const MessageLease*>(record.original);
    if (rd_kafka_message_headers(lease->at(record.original_index), &original) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      headers.reset(rd_kafka_headers_copy(original));
    }
  }
  if (!record.headers.empty()) {
    if (headers == nullptr) headers.reset(rd_kafka_headers_new(record.headers.size()));
    for (const HeaderView& header : record.headers) {
      rd_kafka_header_add(headers.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                          header.value.data(), static_cast<ssize_t>(header.value.size()));
    }
  }
  return Send(topic, partition,
              {.key = record.key,
               .value = record.value,
               .timestamp_ms = record.timestamp_ms,
               .headers = std::move(headers)});
}

Status KafkaTransaction::Send(OutputTopic topic, Partition partition, Outgoing record) {
  FRACAS_CHECK(topic.index < targets_.size(), "a topic of an earlier producer");
  Target& target = targets_[topic.index];
  if (!open_) return Status::Abort(Cat(Named("the transaction"), " is not open"));
  if (partition < 0 || partition >= target.partitions) {
    // IMPORTANT: asked here, not there. librdkafka 2.0.2 frees headers twice for such a partition (K17), or
    // takes the record, drops it, and lets the commit succeed.
    return Refuse(target, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
                  Cat("topic ", target.name, " has no partition ", partition, " (it has ", target.partitions, "); ",
                      RefusalAdvice(Code::kObjectNotFound, target.name)));
  }
  target.used = true;
  const Deadline deadline(transaction_ms_);
  for (;;) {
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        client_->get(), RD_KAFKA_V_RKT(target.handle.get()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
        RD_KAFKA_V_KEY(const_cast<char*>(record.key.data()), record.key.size()),
        RD_KAFKA_V_TIMESTAMP(ToTimestamp(record.timestamp_ms)), RD_KAFKA_V_HEADERS(record.headers.get()),
        RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      static_cast<void>(record.headers.release());  // the record's now
      if (++accepted_ % kRecordsPerPoll == 0) rd_kafka_poll(client_->get(), 0);
      return {};
    }
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || deadline.passed()) {
      return Refuse(target, error, Cat("topic ", target.name, "/", partition, " takes no record: ",
                                       Describe(FromCode(error))));
    }
    rd_kafka_poll(client_->get(), kQueueFullPollMs);
  }
}

void KafkaTransaction::OnDeliveryFailed(const rd_kafka_message_t* message) {
  ++failed_;
  const Code code = RefusalCode(message->err);
  const std::string topic = rd_kafka_topic_name(message->rkt);
  std::string text = Cat("topic ", topic, "/", message->partition, " refused a record: ",
                         rd_kafka_err2name(message->err), ": ", rd_kafka_message_errstr(message));
  if (first_failure_.empty()) first_failure_ = text;
  if (code != Code::kNone && refusal_.code == Code::kNone) {
    refusal_ = {.topic = topic, .code = code, .text = std::move(text)};
  }
}

// Two things librdkafka tells only its log: that the transaction has failed (else its records would wait
// for their timeout), and which partition the coordinator refused to add to it (the error that follows has
// a code and no topic).
void KafkaTransaction::OnLog(std::string_view facility, std::string_view text) {
  if (facility == "TXNERR") in_error_ = true;
  if (facility != "ADDPARTS") return;
  const std::lock_guard lock(log_mutex_);
  refused_partitions_.append(text).push_back('\n');
}

// Waits until every record has been answered for, or the transaction has failed.
Failure KafkaTransaction::AwaitDeliveries() {
  const Deadline deadline(transaction_ms_);
  rd_kafka_resp_err_t flushed = RD_KAFKA_RESP_ERR__TIMED_OUT;
  while (flushed == RD_KAFKA_RESP_ERR__TIMED_OUT && !in_error_ && !deadline.passed()) {
    flushed = rd_kafka_flush(client_->get(), deadline.SliceMs(kFlushSliceMs));
  }
  // A transaction that has failed stays so until it is aborted: asked to commit, it only says why.
  if (in_error_) return Take(rd_kafka_commit_transaction(client_->get(), -1));
  rd_kafka_poll(client_->get(), 0);
  if (failed_ == 0 && !refusal_.any()) return FromCode(flushed);
  return {.error = RD_KAFKA_RESP_ERR__FAIL,
          .abortable = true,
          .text = refusal_.any() ? refusal_.text : first_failure_};
}

void KafkaTransaction::BlameTopic(rd_kafka_resp_err_t error, const std::string& text) {
  const Code code = RefusalCode(error);
  if (code == Code::kNone || refusal_.code != Code::kNone) return;
  const Target* blamed = nullptr;
  int used = 0;
  const std::lock_guard lock(log_mutex_);
  for (const Target& target : targets_) {
    if (!target.used) continue;
    ++used;
    const std::string quoted = Cat("\"", target.name, "\"");
    const std::string spaced = Cat(target.name, " [");
    const bool named = refused_partitions_.find(quoted) != std::string::npos ||
                       refused_partitions_.find(spaced) != std::string::npos;
    if (named) {
      refusal_ = {.topic = target.name, .code = code, .text = text};
      return;
    }
    blamed = &target;
  }
  if (used == 1) refusal_ = {.topic = blamed->name, .code = code, .text = text};
}

template <typename Step>
Failure KafkaTransaction::Decide(int64_t wait_ms, Step step) {
  const Deadline deadline(wait_ms);
  Failure failure;
  do {
    // -1: what is left of the transaction's own time. Another figure may leave librdkafka's state and the
    // coordinator's apart.
    failure = Take(step());
  } while (failure.retriable && !deadline.passed());
  return failure;
}

Failure KafkaTransaction::SendOffsets(const GroupEpoch& epoch, std::span<const OffsetToCommit> offsets) {
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
  return Decide(transaction_ms_, [&] {
    return rd_kafka_send_offsets_to_transaction(client_->get(), list.get(), epoch.metadata(), -1);
  });
}

CommitResult KafkaTransaction::Commit(const AssignmentEpoch* epoch, std::span<const OffsetToCommit> offsets) {
  FRACAS_CHECK(offsets.empty() || epoch != nullptr, "offsets without the epoch they were read under");
  if (!open_) return lost_result_;
  if (const Failure delivered = AwaitDeliveries(); !delivered.ok()) {
    return FailedStep("the delivery", delivered);
  }
  if (!offsets.empty()) {
    const auto& group = static_cast<const GroupEpoch&>(*epoch);
    if (group.metadata() == nullptr || !group.has_member()) {
      // Kafka would accept them from a stranger while the group has living members.
      return AbortAfter({.kind = CommitResult::Kind::kNotCommitted,
                         .status = Status::Abort(Cat(Named("the offsets"), " have no generation: the member "
                                                     "left its group before they were read"))});
    }
    if (const Failure sent = SendOffsets(group, offsets); !sent.ok()) return FailedStep("the offsets", sent);
  }
  const Failure ended =
      Decide(2 * transaction_ms_, [this] { return rd_kafka_commit_transaction(client_->get(), -1); });
  if (!ended.ok()) {
    // Past this point a failure that does not ask for an abort leaves the outcome open.
    return ended.abortable ? FailedStep("the commit", ended) : Lost("the commit", ended);
  }
  open_ = false;
  return {};
}

CommitResult KafkaTransaction::Abort() {
  if (!open_) return lost_result_;
  return AbortAfter({.kind = CommitResult::Kind::kNotCommitted, .status = Status::Abort(Cat(Named("the transaction"), " was given up"))});
}

// Aborts and answers `result`, or what is worse.
CommitResult KafkaTransaction::AbortAfter(CommitResult result) {
  const Failure aborted =
      Decide(2 * transaction_ms_, [this] { return rd_kafka_abort_transaction(client_->get(), -1); });
  if (!aborted.ok()) return Lost("the abort", aborted);
  open_ = false;
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
          .status = NeedsPerson(failure.error) ? Status::Stop(std::move(text)) : Status::Abort(std::move(text))};
}

CommitResult KafkaTransaction::TopicRefused() const {
  return {.kind = CommitResult::Kind::kTopicRefused,
          .status = Status::Abort(Cat(refusal_.text, "; ", RefusalAdvice(refusal_.code, refusal_.topic))),
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
  lost_result_ = {.kind = fenced ? CommitResult::Kind::kFenced : CommitResult::Kind::kUnknown,
                  .status = Status::Abort(Cat(Named(step), " failed: ", Describe(cause),
                                              fenced ? "; another process may use this instance's name" : ""))};
  return lost_result_;
}

}  // namespace

std::unique_ptr<Transaction> NewTransaction(TransactionOptions options) {
  return std::make_unique<KafkaTransaction>(std::move(options));
}

}  // namespace fracas::kafka
