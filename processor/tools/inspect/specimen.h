#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/header.h"
#include "core/ids.h"
#include "core/record.h"
#include "tools/letters/letter.h"

namespace fracas::tools {

// A record to be looked at or mended, wherever it was found. Owns its bytes.
struct Specimen {
  std::string name{};    // as a person names it: "orders.raw.dlq/3/17", "day.ndjson:12", "-"
  std::string stream{};  // "pipeline/stream" whose rules hold; "" none
  bool redirected = false;  // `stream` is where it will be sent, and not where it came from …
  std::string origin_stream{};  // … which is this one then; "" not known
  std::optional<std::string> key{};     // nullopt: Kafka's null, or a file
  std::optional<std::string> value{};   // nullopt: Kafka's null, or left out (`why_empty`)
  std::string why_empty{};              // "" there is a value, or it is a tombstone
  std::vector<LetterHeader> headers{};  // its own, without a dead letter's context
  TopicPartition source{.topic = "", .partition = -1};  // of the original record; "" of files
  Offset source_offset = kNoOffset;
  int64_t timestamp_ms = kNoTime;  // the original record's
  uint32_t replay_count = 0;       // times that it came back
  std::optional<Letter> letter{};  // it is a dead letter

  bool from_kafka() const { return !source.topic.empty(); }
};

// The last header of that name; nullopt: there is none, or it is null.
std::optional<std::string_view> HeaderOf(const std::vector<LetterHeader>& headers,
                                         std::string_view name);

}  // namespace fracas::tools
