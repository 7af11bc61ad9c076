#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string_view>

#include "core/status.h"
#include "core/text.h"
#include "kafka/client.h"
#include "kafka/failure.h"

// One request of librdkafka's admin interface and its answer. Inside kafka/ only.

namespace fracas::kafka {

struct EventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, EventDeleter>;

struct OptionsDeleter {
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
};
using Options = std::unique_ptr<rd_kafka_AdminOptions_t, OptionsDeleter>;

inline Options NewOptions(const Client& client, rd_kafka_admin_op_t operation, int wait_ms) {
  Options options(rd_kafka_AdminOptions_new(client.get(), operation));
  char text[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), wait_ms, text, sizeof(text));
  return options;
}

// Whatever comes, an error too; nullptr: nothing within `wait_ms`.
inline Event AwaitEvent(rd_kafka_queue_t* queue, int wait_ms) {
  return Event(rd_kafka_queue_poll(queue, wait_ms));
}

// What the event says of the request as a whole, with the broker's own words.
inline Failure FailureOf(const Event& event) {
  if (event == nullptr) return FromCode(RD_KAFKA_RESP_ERR__TIMED_OUT);
  Failure failure = FromCode(rd_kafka_event_error(event.get()));
  if (!failure.ok()) failure.text = rd_kafka_event_error_string(event.get());
  return failure;
}

// The answer to a request that was sent with `wait_ms`; `what` is for the message.
inline Result<Event> AwaitAnswer(const Client& client, rd_kafka_queue_t* queue, int wait_ms,
                                 std::string_view what) {
  Event event = AwaitEvent(queue, 2 * wait_ms);
  const Failure failure = FailureOf(event);
  if (failure.ok()) return event;
  return CallFailed(Cat(what, " on ", client.brokers()), failure);
}

}  // namespace fracas::kafka
