#include "kafka/producer.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "kafka/kafka_transaction.h"
#include "kafka/lease.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

constexpr uint64_t kRecordsPerPoll = 1024;  // how often failed deliveries are looked for
constexpr int kQueueFullPollMs = 20;

// The user's transaction timeout, or ours.
int64_t TransactionMs(const Connection& connection) {
  for (const Settings* settings : {&connection.producer, &connection.common}) {
    const auto found = settings->find("transaction.timeout.ms");
    if (found != settings->end()) return std::strtoll(found->second.c_str(), nullptr, 10);
  }
  return limits::kTransactionMs;
}

Settings DefaultsOf(const TransactionOptions& options) {
  const size_t message_bytes =
      std::max<size_t>(1'000'000, options.record_bytes_max + limits::kDeadLetterOverheadBytes);
  const int64_t transaction_ms = TransactionMs(options.connection);
  return {
      // A flush does not wait for it, so it only makes batches fuller.
      {"linger.ms", "50"},
      {"batch.num.messages", "10000"},
      {"batch.size", "1000000"},
      {"queue.buffering.max.messages", std::to_string(4 * limits::kRoundRecordsMax)},
      {"message.max.bytes", std::to_string(message_bytes)},
      // Between two transactions the coordinator says "not yet" for about 20 ms.
      {"retry.backoff.ms", "10"},
      {"transaction.timeout.ms", std::to_string(transaction_ms)},
      // Below the transaction's: a record is given up before its transaction is.
      {"message.timeout.ms", std::to_string(transaction_ms * 9 / 10)},
      {"socket.timeout.ms", std::to_string(std::min<int64_t>(10'000, transaction_ms))},
      {"topic.metadata.refresh.interval.ms", "30000"},
  };
}

}  // namespace

std::string KafkaTransaction::Named(std::string_view what) const {
  return Cat(what, " of transactional id ", options_.transactional_id);
}

// Frees the handle. Nothing refers to payloads afterwards; false if that cannot be promised.
bool KafkaTransaction::Discard() {
  if (client_ == nullptr) return true;
  client_->Detach();
  rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  for (Target& target : targets_) target.handle.reset();
  const bool ended = client_->Close();
  client_.reset();
  return ended;
}

Status KafkaTransaction::Recreate() {
  targets_.clear();
  return Renew();
}

// A new producer under the same id; topics that were opened stay open under their indexes.
Status KafkaTransaction::Renew() {
  const Deadline deadline(limits::kStartMsMax - 2'000);
  open_ = false;
  lost_ = true;
  lost_result_ = {.kind = CommitResult::Kind::kUnknown,
                  .status = Status::Abort(Cat(Named("the producer"), " is not there yet"))};
  if (!Discard()) {
    return Status::Stop(
        Cat(Named("the producer"), " does not let go of its records; restart the program"));
  }
  Result<std::shared_ptr<Client>> made =
      Client::Create({.kind = ClientKind::kProducer,
                      .connection = &options_.connection,
                      .name = options_.transactional_id,
                      .defaults = DefaultsOf(options_),
                      .identity = {{"transactional.id", options_.transactional_id}},
                      .events = this});
  if (!made.ok()) return made.status();
  client_ = std::move(*made);
  transaction_ms_ = client_->IntegerSetting("transaction.timeout.ms");
  for (Target& target : targets_) {
    target.handle.reset(rd_kafka_topic_new(client_->get(), target.name.c_str(), nullptr));
  }
  if (Status connected = client_->Connect(deadline.SliceMs(limits::kKafkaConnectMsMax));
      !connected.ok()) {
    return connected;
  }
  return Claim(deadline);
}

Status KafkaTransaction::Claim(const Deadline& deadline) {
  Failure failure;
  do {
    failure =
        Take(rd_kafka_init_transactions(client_->get(), deadline.SliceMs(limits::kStartMsMax)));
  } while (failure.retriable && !deadline.passed());
  if (failure.ok()) {
    lost_ = false;
    return {};
  }
  Status status = CallFailed(Named("the claim"), failure);
  if (failure.error == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED) {
    return Status::Stop(Cat(status.message(),
                            "; allow this principal to write and describe the transactional id "
                            "(kafka-acls --transactional-id)"));
  }
  return status;
}

Result<OutputTopic> KafkaTransaction::Open(const std::string& topic) {
  if (client_ == nullptr) return Status(lost_result_.status);
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

Status KafkaTransaction::Forward(OutputTopic topic, Partition partition,
                                 const ConsumedRecord& record, PayloadLease* lease) {
  rd_kafka_message_t* const message = static_cast<MessageLease*>(lease)->at(record.lease_index);
  rd_kafka_headers_t* headers = nullptr;
  rd_kafka_message_detach_headers(message, &headers);  // not found: there are none
  return Send(topic, partition,
              {.key = record.key,
               .value = record.value,
               .timestamp_ms = record.timestamp_ms,
               .headers = Headers(headers)});
}

Status KafkaTransaction::Produce(OutputTopic topic, Partition partition,
                                 const ProducedRecord& record) {
  Headers headers;
  if (record.original != nullptr) {
    rd_kafka_headers_t* original = nullptr;
    const auto* const lease = static_cast<const MessageLease*>(record.original);
    if (rd_kafka_message_headers(lease->at(record.original_index), &original) ==
        RD_KAFKA_RESP_ERR_NO_ERROR) {
      headers.reset(rd_kafka_headers_copy(original));
    }
  }
  AddHeaders(record.headers, &headers);
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
    // IMPORTANT: asked here, not there. librdkafka 2.0.2 frees headers twice for such a partition
    // (K17), or takes the record, drops it, and lets the commit succeed.
    return Refuse(target, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
                  Cat("topic ", target.name, " has no partition ", partition, " (it has ",
                      target.partitions, "); ", RefusalAdvice(Code::kObjectNotFound, target.name)));
  }
  target.used = true;
  const Deadline deadline(transaction_ms_);
  for (;;) {
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        client_->get(), RD_KAFKA_V_RKT(target.handle.get()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
        RD_KAFKA_V_KEY(const_cast<char*>(record.key.data()), record.key.size()),
        RD_KAFKA_V_TIMESTAMP(ToTimestamp(record.timestamp_ms)),
        RD_KAFKA_V_HEADERS(record.headers.get()), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      static_cast<void>(record.headers.release());  // the record's now
      if (++accepted_ % kRecordsPerPoll == 0) rd_kafka_poll(client_->get(), 0);
      return {};
    }
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || deadline.passed()) {
      return Refuse(target, error,
                    Cat("topic ", target.name, "/", partition,
                        " takes no record: ", Describe(FromCode(error))));
    }
    rd_kafka_poll(client_->get(), kQueueFullPollMs);
  }
}

std::unique_ptr<Transaction> NewTransaction(TransactionOptions options) {
  return std::make_unique<KafkaTransaction>(std::move(options));
}

}  // namespace fracas::kafka
