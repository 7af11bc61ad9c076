#include "kafka/outbox.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "kafka/client.h"
#include "kafka/deadline.h"
#include "kafka/outgoing.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

constexpr int kPollMs = 20;
// librdkafka gives a record up at its own time limit; it is asked a little longer than that.
constexpr int64_t kGraceMs = 2'000;

// What became of one record that somebody waits for.
struct Delivery {
  bool done = false;
  Offset offset = kNoOffset;
  Status status;
};

class KafkaOutbox final : public Outbox, private ClientEvents {
 public:
  explicit KafkaOutbox(OutboxOptions options) : options_(std::move(options)) {}
  ~KafkaOutbox() override { Discard(); }

  Result<Offset> Send(const TopicPartition& to, std::string_view key, std::string_view value,
                      std::span<const HeaderView> headers, int64_t timestamp_ms) override;
  Status Queue(const TopicPartition& to, std::string_view key, std::string_view value,
               std::span<const HeaderView> headers, int64_t timestamp_ms) override;
  Status Flush() override;

 private:
  struct Target {
    Topic handle;
    int32_t partitions = 0;
  };
  struct Record {
    std::string_view key;
    std::string_view value;
    std::span<const HeaderView> headers;
    int64_t timestamp_ms = 0;
  };

  void OnDelivered(const rd_kafka_message_t* message) override;
  void OnDeliveryFailed(const rd_kafka_message_t* message) override;
  Status Connect();
  void Discard();
  Result<Target*> Find(const TopicPartition& to);
  Status Produce(const TopicPartition& to, const Record& record, Delivery* delivery);
  void Finish(const rd_kafka_message_t& message, Offset offset, Status status);
  Status Failed(const rd_kafka_message_t& message) const;
  // kStop with what to do, when a person must act: the record certainly did not arrive.
  Status Refused(const std::string& topic, const std::string& text,
                 rd_kafka_resp_err_t error) const;
  rd_kafka_resp_err_t CauseOf(rd_kafka_resp_err_t error) const;

  const OutboxOptions options_;
  std::shared_ptr<Client> client_;
  std::map<std::string, Target> targets_;
  Status first_failure_;  // of queued records since the last Flush
  uint64_t failed_ = 0;
};

Status KafkaOutbox::Connect() {
  if (client_ != nullptr) {
    if (FatalErrorOf(client_->get()).ok()) return {};
    // What waits fails now; what became of it must not be forgotten with the handle.
    rd_kafka_flush(client_->get(), static_cast<int>(kGraceMs));
    const int waiting = rd_kafka_outq_len(client_->get());
    if (waiting > 0) {
      failed_ += static_cast<uint64_t>(waiting);
      first_failure_ = Status::Abort(
          "the producer failed with records under way: they may have arrived or may not");
    }
    Discard();
  }
  const std::string bytes =
      std::to_string(std::max<size_t>(1'000'000, options_.record_bytes_max + 64 * limits::kKiB));
  Result<std::shared_ptr<Client>> made = Client::Create(
      {.kind = ClientKind::kProducer,
       .connection = &options_.connection,
       .name = options_.name,
       .defaults = {{"linger.ms", "5"},
                    {"message.max.bytes", bytes},
                    {"socket.timeout.ms", "10000"},
                    {"message.timeout.ms", std::to_string(limits::kOutboxMsMax)}},
       // Over what producers of rounds have: somebody waits for the offset.
       .identity = {{"delivery.report.only.error", "false"}},
       .events = this});
  if (!made.ok()) return made.status();
  client_ = std::move(*made);
  Status connected = client_->Connect(limits::kKafkaConnectMsMax);
  if (!connected.ok()) Discard();
  return connected;
}

void KafkaOutbox::Discard() {
  if (client_ == nullptr) return;
  client_->Detach();
  rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  targets_.clear();
  client_.reset();
}

// IMPORTANT: partition numbers are checked here: for one that does not exist librdkafka 2.0.2 frees
// headers twice (K17).
Result<KafkaOutbox::Target*> KafkaOutbox::Find(const TopicPartition& to) {
  auto found = targets_.find(to.topic);
  if (found == targets_.end()) {
    Topic handle(rd_kafka_topic_new(client_->get(), to.topic.c_str(), nullptr));
    if (handle == nullptr) return Status::Stop(Cat("topic '", to.topic, "' is not a possible name"));
    Result<int32_t> partitions = CountPartitions(*client_, handle.get());
    if (!partitions.ok()) return partitions.status();
    found = targets_.emplace(to.topic, Target{std::move(handle), *partitions}).first;
  }
  if (to.partition < 0 || to.partition >= found->second.partitions) {
    return Status::Stop(Cat("topic ", to.topic, " has no partition ", to.partition, " (it has ",
                            found->second.partitions, ")"));
  }
  return &found->second;
}

Status KafkaOutbox::Produce(const TopicPartition& to, const Record& record, Delivery* delivery) {
  if (Status connected = Connect(); !connected.ok()) return connected;
  Result<Target*> target = Find(to);
  if (!target.ok()) return target.status();
  Headers headers;
  AddHeaders(record.headers, &headers);
  const Deadline deadline(limits::kOutboxMsMax);
  for (;;) {
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        client_->get(), RD_KAFKA_V_RKT((*target)->handle.get()),
        RD_KAFKA_V_PARTITION(to.partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
        RD_KAFKA_V_KEY(const_cast<char*>(record.key.data()), record.key.size()),
        RD_KAFKA_V_TIMESTAMP(ToTimestamp(record.timestamp_ms)), RD_KAFKA_V_OPAQUE(delivery),
        RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      static_cast<void>(headers.release());  // the record's now
      rd_kafka_poll(client_->get(), 0);
      return {};
    }
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || deadline.passed()) {
      const std::string text = Cat("topic ", to.topic, "/", to.partition, " takes no record: ",
                                   Describe(FromCode(CauseOf(error))));
      const Status refused = Refused(to.topic, text, CauseOf(error));
      return refused.ok() ? Status::Retry(text) : refused;
    }
    rd_kafka_poll(client_->get(), kPollMs);
  }
}

Result<Offset> KafkaOutbox::Send(const TopicPartition& to, std::string_view key,
                                 std::string_view value, std::span<const HeaderView> headers,
                                 int64_t timestamp_ms) {
  Delivery delivery;
  const Record record{.key = key, .value = value, .headers = headers, .timestamp_ms = timestamp_ms};
  if (Status produced = Produce(to, record, &delivery); !produced.ok()) return produced;
  const Deadline deadline(limits::kOutboxMsMax + kGraceMs);
  while (!delivery.done && !deadline.passed()) rd_kafka_poll(client_->get(), kPollMs);
  if (!delivery.done) {
    Discard();  // it knows where `delivery` was
    return Status::Abort(Cat("no word about the record for ", to.topic, "/", to.partition, " within ",
                             limits::kOutboxMsMax, " ms: it may have arrived or may not"));
  }
  if (!delivery.status.ok()) return delivery.status;
  return delivery.offset;
}

Status KafkaOutbox::Queue(const TopicPartition& to, std::string_view key, std::string_view value,
                          std::span<const HeaderView> headers, int64_t timestamp_ms) {
  if (!first_failure_.ok()) return first_failure_;
  return Produce(
      to, {.key = key, .value = value, .headers = headers, .timestamp_ms = timestamp_ms}, nullptr);
}

Status KafkaOutbox::Flush() {
  const Deadline deadline(limits::kOutboxMsMax + kGraceMs);
  if (client_ != nullptr) rd_kafka_flush(client_->get(), deadline.SliceMs(limits::kOutboxMsMax + kGraceMs));
  const int waiting = client_ == nullptr ? 0 : rd_kafka_outq_len(client_->get());
  if (waiting > 0) {
    Discard();
    return Status::Abort(Cat("no word about ", waiting, " records within ", limits::kOutboxMsMax,
                             " ms: they may have arrived or may not"));
  }
  const Status failure = std::exchange(first_failure_, Status());
  const uint64_t failed = std::exchange(failed_, 0);
  if (failure.ok()) return {};
  return {failure.action(), Cat(failed, failed == 1 ? " record was" : " records were",
                                " not delivered; the first: ", failure.message())};
}

void KafkaOutbox::OnDelivered(const rd_kafka_message_t* message) {
  Finish(*message, message->offset, {});
}

void KafkaOutbox::OnDeliveryFailed(const rd_kafka_message_t* message) {
  Finish(*message, kNoOffset, Failed(*message));
}

void KafkaOutbox::Finish(const rd_kafka_message_t& message, Offset offset, Status status) {
  auto* const delivery = static_cast<Delivery*>(message._private);
  if (delivery != nullptr) {
    *delivery = {.done = true, .offset = offset, .status = std::move(status)};
    return;
  }
  if (status.ok()) return;
  ++failed_;
  // One in doubt says more than one that certainly did not arrive.
  if (first_failure_.ok() || status.action() == Action::kAbort) first_failure_ = std::move(status);
}

// The handle's own trouble stands behind an error that only says that it has failed.
rd_kafka_resp_err_t KafkaOutbox::CauseOf(rd_kafka_resp_err_t error) const {
  if (error != RD_KAFKA_RESP_ERR__FATAL || client_ == nullptr) return error;
  const Failure fatal = FatalErrorOf(client_->get());
  return fatal.ok() ? error : fatal.error;
}

Status KafkaOutbox::Refused(const std::string& topic, const std::string& text,
                            rd_kafka_resp_err_t error) const {
  // Who may write to no topic at all gets no producer id; what is missing is a right on this one.
  const Code code = error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
                        ? Code::kPermissionDenied
                        : RefusalCode(error);
  return code == Code::kNone ? Status()
                             : Status::Stop(Cat(text, "; ", RefusalAdvice(code, topic)));
}

Status KafkaOutbox::Failed(const rd_kafka_message_t& message) const {
  const std::string topic = rd_kafka_topic_name(message.rkt);
  const rd_kafka_resp_err_t cause = CauseOf(message.err);
  const std::string text = Cat("the record for ", topic, "/", message.partition, " failed: ",
                               Describe(FromCode(cause)));
  if (Status refused = Refused(topic, text, cause); !refused.ok()) return refused;
  if (rd_kafka_message_status(&message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
    const std::string complaint = client_ == nullptr ? "" : client_->LastComplaint();
    return Status::Retry(complaint.empty() ? text : Cat(text, " (", complaint, ")"));
  }
  return Status::Abort(Cat(text, "; it may have arrived or may not"));
}

}  // namespace

std::unique_ptr<Outbox> NewOutbox(OutboxOptions options) {
  return std::make_unique<KafkaOutbox>(std::move(options));
}

}  // namespace fracas::kafka
