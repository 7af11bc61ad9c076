#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "kafka/client.h"
#include "ports/source.h"

namespace fracas::kafka {

// Consumed messages, kept as librdkafka delivered them: their bytes lie in its fetch buffers. Keeps
// the client alive, because a client with messages outstanding cannot be destroyed. Inside kafka/
// only.
class MessageLease final : public PayloadLease {
 public:
  explicit MessageLease(std::shared_ptr<Client> client) : client_(std::move(client)) {}
  ~MessageLease() override { Clear(); }
  MessageLease(const MessageLease&) = delete;
  MessageLease& operator=(const MessageLease&) = delete;

  // Takes the message over; returns its index.
  uint32_t Add(rd_kafka_message_t* message) {
    messages_.push_back(message);
    return static_cast<uint32_t>(messages_.size() - 1);
  }
  rd_kafka_message_t* at(uint32_t index) const { return messages_[index]; }
  size_t size() const { return messages_.size(); }
  void Clear();
  bool belongs_to(const Client& client) const { return client_.get() == &client; }

  void VisitHeaders(
      uint32_t index,
      const std::function<void(std::string_view, std::string_view)>& visit) const override;

 private:
  std::shared_ptr<Client> client_;
  std::vector<rd_kafka_message_t*> messages_;
};

// The message as the ports describe it; the caller sets slot and lease_index.
ConsumedRecord ToRecord(const rd_kafka_message_t& message);

}  // namespace fracas::kafka
