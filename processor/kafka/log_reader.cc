#include "kafka/log_reader.h"

#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "kafka/client.h"
#include "kafka/deadline.h"
#include "kafka/fetches.h"
#include "kafka/lease.h"
#include "kafka/log_ends.h"
#include "kafka/topic_lookup.h"

namespace fracas::kafka {
namespace {

constexpr int64_t kPollMs = 100;

class KafkaLogReader final : public LogReader {
 public:
  KafkaLogReader(std::shared_ptr<Client> client, int64_t idle_ms)
      : client_(std::move(client)), idle_ms_(idle_ms) {}

  Status Read(
      const TopicPartition& partition, Offset from, Offset to,
      const std::function<bool(const ConsumedRecord&, const PayloadLease&)>& visit) override;

 private:
  Status OnError(const TopicPartition& partition, const rd_kafka_message_t& message);

  const std::shared_ptr<Client> client_;
  const int64_t idle_ms_;  // without progress
};

Status KafkaLogReader::Read(
    const TopicPartition& partition, Offset from, Offset to,
    const std::function<bool(const ConsumedRecord&, const PayloadLease&)>& visit) {
  if (from >= to) return {};
  if (Status there = RequirePartition(*client_, partition); !there.ok()) return there;
  Fetches fetches(*client_);
  if (const Failure started = fetches.Start(partition, from); !started.ok()) {
    return CallFailed(Cat("reading ", ToString(partition, from)), started);
  }
  Deadline idle(idle_ms_);
  Offset position = from;
  while (!idle.passed()) {
    MessageLease lease(client_);
    rd_kafka_message_t* const message = fetches.Next(idle.SliceMs(kPollMs)).release();
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
    idle = Deadline(idle_ms_);
  }
  return Status::Retry(
      Cat("reading ", ToString(partition, position), " made no progress for ", idle_ms_,
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
                                                 const std::string& name, int64_t idle_ms) {
  Result<std::shared_ptr<Client>> made = Client::Create(
      {.kind = ClientKind::kLogReader,
       .connection = &connection,
       .name = name,
       .defaults = {{"fetch.wait.max.ms", "50"}, {"queued.max.messages.kbytes", "16384"}}});
  if (!made.ok()) return made.status();
  if (Status connected = (*made)->Connect(limits::kKafkaConnectMsMax); !connected.ok())
    return connected;
  return std::unique_ptr<LogReader>(std::make_unique<KafkaLogReader>(std::move(*made), idle_ms));
}

}  // namespace fracas::kafka
