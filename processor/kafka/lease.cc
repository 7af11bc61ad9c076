#include "kafka/lease.h"

#include "core/record.h"

namespace fracas::kafka {
namespace {

// A null pointer is Kafka's null; librdkafka gives an empty value a pointer of its own.
std::string_view View(const void* data, size_t size) {
  return {static_cast<const char*>(data), size};
}

}  // namespace

void MessageLease::Clear() {
  for (rd_kafka_message_t* message : messages_) rd_kafka_message_destroy(message);
  messages_.clear();
}

void MessageLease::VisitHeaders(
    uint32_t index, const std::function<void(std::string_view, std::string_view)>& visit) const {
  rd_kafka_headers_t* headers = nullptr;
  // Parses them at the first call; most records are never asked.
  if (rd_kafka_message_headers(messages_[index], &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    visit(name, View(value, size));
  }
}

ConsumedRecord ToRecord(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t timestamp_ms = rd_kafka_message_timestamp(&message, &type);
  return {.offset = message.offset,
          .timestamp_ms =
              type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || timestamp_ms < 0 ? kNoTime : timestamp_ms,
          .key = View(message.key, message.key_len),
          .value = View(message.payload, message.len)};
}

}  // namespace fracas::kafka
