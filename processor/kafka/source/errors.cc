// What a source reports: trouble of the group ends the handle, trouble of a partition is the
// pipeline's to judge, everything else librdkafka mends by itself.

#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "kafka/source/kafka_source.h"

namespace fracas::kafka {

void KafkaSource::OnGroupError(const rd_kafka_message_t& message) {
  Failure failure{.error = message.err, .text = rd_kafka_message_errstr(&message)};
  if (message.err == RD_KAFKA_RESP_ERR__FATAL) failure = FatalErrorOf(client_->get());
  if (failure.fatal || IsFenced(failure.error) ||
      (NeedsPerson(failure.error) &&
       failure.error != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)) {
    OnFailure(failure);
    return;
  }
  const Code code = PartitionErrorCode(failure.error);
  if (code != Code::kNone && message.rkt != nullptr) {
    for (const PartitionSlot slot : table_.FindTopic(rd_kafka_topic_name(message.rkt))) {
      ReportPartition(slot, kNoOffset, code, failure.text);
    }
  }
  client_->Log(LogLevel::kWarning, "kafka_consumer_error",
               Cat("consumer ", options_.member, ": ", Describe(failure)));
}

void KafkaSource::OnFailure(const Failure& failure) {
  const bool fenced = IsFenced(failure.error);
  std::string text =
      Cat("consumer ", options_.member, " of group ", options_.group, ": ", Describe(failure));
  if (fenced) text += "; another process uses this instance's name: give each its own `instance`";
  if (failure.error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
    text += Cat("; allow this principal to read group ", options_.group, " (kafka-acls --group)");
  }
  Fail(fenced ? SourceEvent::Kind::kFenced : SourceEvent::Kind::kFailed,
       NeedsPerson(failure.error) ? Status::Stop(std::move(text)) : Status::Abort(std::move(text)));
}

// The handle cannot go on.
void KafkaSource::Fail(SourceEvent::Kind kind, Status status) {
  pending_.reset();
  if (std::exchange(failed_, true)) return;
  SourceEvent event{.kind = kind};
  event.status = std::move(status);
  events_.push_back(std::move(event));
}

void KafkaSource::OnFetchError(const rd_kafka_message_t& message) {
  const Code code = PartitionErrorCode(message.err);
  const std::optional<PartitionSlot> found = table_.Find(message);
  if (!found.has_value()) return;  // of a partition that was taken away
  AssignedSlot& slot = table_.at(*found);
  const std::string text =
      Cat(rd_kafka_err2name(message.err), ": ", rd_kafka_message_errstr(&message));
  if (code == Code::kNone) {
    client_->Log(LogLevel::kWarning, "kafka_fetch_error",
                 Cat(ToString(slot.partition, slot.position), ": ", text));
    return;
  }
  if (code == Code::kDecodeFailed) {
    // 2.0.2 tries the same batch for ever (K19). A damaged transfer heals at the next try.
    const Offset offset = message.offset >= 0 ? message.offset : slot.position;
    slot.failures = slot.failed_at == offset ? slot.failures + 1 : 1;
    slot.failed_at = offset;
    if (slot.failures < limits::kKafkaDecodeErrorsMax) return;
  }
  ReportPartition(*found, slot.position, code, text);
}

void KafkaSource::ReportPartition(PartitionSlot slot, Offset offset, Code code,
                                  std::string_view text) {
  if (std::exchange(table_.at(slot).reported, true)) return;
  const TopicPartition& name = table_.at(slot).partition;
  std::string message =
      Cat(offset == kNoOffset ? Cat(name.topic, "/", name.partition) : ToString(name, offset), ": ",
          text);
  if (code == Code::kOffsetOutOfRange) {
    message += "; the source no longer has this offset (retention or a recreated topic)";
  }
  SourceEvent event{.kind = SourceEvent::Kind::kPartitionError};
  event.slot = slot;
  event.offset = offset;
  event.code = code;
  event.status = Status::Stop(std::move(message));
  events_.push_back(std::move(event));
}

}  // namespace fracas::kafka
