#include "kafka/log_reader.h"

#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "kafka/client.h"
#include "kafka/deadline.h"
#include "kafka/lease.h"
#include "kafka/log_ends.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

constexpr int64_t kPollMs = 100;
// Without progress. A transaction that is left open ends after its timeout and the coordinator's
// next look.
constexpr int64_t kIdleMsMax = limits::kKafkaCommittedMsMax;

// Fetching of one partition, stopped at the end of the scope.
class Fetching {
 public:
  Fetching(const Client& client, const TopicPartition& partition)
      : queue_(rd_kafka_queue_new(client.get())),
        topic_(rd_kafka_topic_new(client.get(), partition.topic.c_str(), nullptr)),
        partition_(partition.partition) {}
  ~Fetching() {
    if (started_) rd_kafka_consume_stop(topic_.get(), partition_);
  }
  Fetching(const Fetching&) = delete;
  Fetching& operator=(const Fetching&) = delete;

  rd_kafka_topic_t* topic() const { return topic_.get(); }
  Failure Start(Offset from) {
    started_ = rd_kafka_consume_start_queue(topic_.get(), partition_, from, queue_.get()) == 0;
    return started_ ? Failure() : FromCode(rd_kafka_last_error());
  }
  rd_kafka_message_t* Next(int wait_ms) { return rd_kafka_consume_queue(queue_.get(), wait_ms); }

 private:
  const Queue queue_;
  const Topic topic_;
  const Partition partition_;
  bool started_ = false;
};

class KafkaLogReader final : public LogReader {
 public:
  explicit KafkaLogReader(std::shared_ptr<Client> client) : client_(std::move(client)) {}

  Status Read(
      const TopicPartition& partition, Offset from, Offset to,
      const std::function<bool(const ConsumedRecord&, const PayloadLease&)>& visit) override;

 private:
  Status OnError(const TopicPartition& partition, const rd_kafka_message_t& message);

  const std::shared_ptr<Client> client_;
};

Status KafkaLogReader::Read(
    const TopicPartition& partition, Offset from, Offset to,
    const std::function<bool(const ConsumedRecord&, const PayloadLease&)>& visit) {
  if (from >= to) return {};
  Fetching fetching(*client_, partition);
  if (fetching.topic() == nullptr)
    return Status::Reject(Cat("topic '", partition.topic, "' is not a possible name"));
  const Result<int32_t> partitions = CountPartitions(*client_, fetching.topic());
  if (!partitions.ok()) return partitions.status();
  if (partition.partition < 0 || partition.partition >= *partitions) {
    return Status::Reject(Cat("topic ", partition.topic, " has no partition ", partition.partition,
                              " (it has ", *partitions, ")"));
  }
  if (const Failure started = fetching.Start(from); !started.ok()) {
    return CallFailed(Cat("reading ", ToString(partition, from)), started);
  }
  Deadline idle(kIdleMsMax);
  Offset position = from;
  while (!idle.passed()) {
    MessageLease lease(client_);
    rd_kafka_message_t* const message = fetching.Next(idle.SliceMs(kPollMs));
    if (message == nullptr) continue;
    lease.Add(message);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // The end as a read_committed reader sees it, control markers included.
      if (message->offset >= to) return {};
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (Status failed = OnError(partition, *message); !failed.ok()) return failed;
      continue;
    }
    if (message->offset >= to) return {};
    if (message->offset < position) continue;
    position = message->offset + 1;
    if (!visit(ToRecord(*message), lease) || position >= to) return {};
    idle = Deadline(kIdleMsMax);
  }
  return Status::Retry(
      Cat("reading ", ToString(partition, position), " made no progress for ", kIdleMsMax,
          " ms; an open transaction may hold the end back (fracas doctor names it)"));
}

// OK: librdkafka goes on by itself.
Status KafkaLogReader::OnError(const TopicPartition& partition, const rd_kafka_message_t& message) {
  const Code code = PartitionErrorCode(message.err);
  if (code == Code::kNone) return {};
  const std::string text =
      Cat("reading ", partition.topic, "/", partition.partition, ": ",
          rd_kafka_err2name(message.err), ": ", rd_kafka_message_errstr(&message));
  if (code == Code::kOffsetOutOfRange) {
    Watermarks ends;
    if (!AskEnds(*client_, partition, static_cast<int>(limits::kKafkaCallMsMax), &ends).ok())
      return Status::Stop(text);
    return Status::Stop(Cat(text, "; the partition holds offsets ", ends.low, " to ", ends.high));
  }
  return Status::Stop(text);
}

}  // namespace

Result<std::unique_ptr<LogReader>> OpenLogReader(const Connection& connection,
                                                 const std::string& name) {
  Result<std::shared_ptr<Client>> made = Client::Create(
      {.kind = ClientKind::kLogReader,
       .connection = &connection,
       .name = name,
       .defaults = {{"fetch.wait.max.ms", "50"}, {"queued.max.messages.kbytes", "16384"}}});
  if (!made.ok()) return made.status();
  if (Status connected = (*made)->Connect(limits::kKafkaConnectMsMax); !connected.ok())
    return connected;
  return std::unique_ptr<LogReader>(std::make_unique<KafkaLogReader>(std::move(*made)));
}

}  // namespace fracas::kafka
