#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <span>

#include "core/header.h"
#include "core/record.h"

// What both producers need to hand a record over. Inside kafka/ only.

namespace fracas::kafka {

// Headers on their way into a record; freed unless librdkafka took them.
struct HeadersDeleter {
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
using Headers = std::unique_ptr<rd_kafka_headers_t, HeadersDeleter>;

// Copies names and values behind what `headers` has; makes it if there is something to add.
inline void AddHeaders(std::span<const HeaderView> added, Headers* headers) {
  if (added.empty()) return;
  if (*headers == nullptr) headers->reset(rd_kafka_headers_new(added.size()));
  for (const HeaderView& header : added) {
    rd_kafka_header_add(headers->get(), header.name.data(),
                        static_cast<ssize_t>(header.name.size()), header.value.data(),
                        static_cast<ssize_t>(header.value.size()));
  }
}

// librdkafka takes 0 for "now". The start of 1970 itself cannot be written, the next millisecond
// can.
inline int64_t ToTimestamp(int64_t timestamp_ms) {
  if (timestamp_ms == kNoTime) return 0;
  return timestamp_ms == 0 ? 1 : timestamp_ms;
}

}  // namespace fracas::kafka
