#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/header.h"
#include "formats/foreign_letter.h"

// A record's headers as bytes, for the tests of the dialects.

namespace fracas::formats {

struct LetterRecord {
  std::deque<std::string> bytes;  // stays where it is
  std::vector<HeaderView> headers;
  bool key_null = false;
  bool value_null = false;

  LetterRecord& Add(std::string_view name, std::string_view value) {
    bytes.emplace_back(name);
    const std::string_view kept_name = bytes.back();
    bytes.emplace_back(value);
    headers.push_back({kept_name, bytes.back()});
    return *this;
  }
  LetterRecord& AddNull(std::string_view name) {
    bytes.emplace_back(name);
    headers.push_back({bytes.back(), std::string_view()});
    return *this;
  }
  // What Java's ByteBuffer.putInt and putLong leave.
  LetterRecord& AddBigEndian(std::string_view name, int64_t value, int size) {
    std::string raw;
    for (int i = size - 1; i >= 0; --i) raw.push_back(static_cast<char>(value >> (8 * i)));
    return Add(name, raw);
  }
  LetterOrigin Read(int64_t timestamp_ms = 1'769'860'800'123, std::string_view topic = {}) const {
    return ReadForeignLetter({.headers = headers,
                              .key_null = key_null,
                              .value_null = value_null,
                              .timestamp_ms = timestamp_ms,
                              .topic = topic});
  }
};

// The block of ten that Kafka Connect 3.9 writes.
inline void AddConnect(LetterRecord* record, std::string_view topic, int partition,
                       int64_t offset) {
  record->Add("__connect.errors.topic", topic)
      .Add("__connect.errors.partition", std::to_string(partition))
      .Add("__connect.errors.offset", std::to_string(offset))
      .Add("__connect.errors.connector.name", "jdbc-sink")
      .Add("__connect.errors.task.id", "0")
      .Add("__connect.errors.stage", "VALUE_CONVERTER")
      .Add("__connect.errors.class.name", "org.apache.kafka.connect.json.JsonConverter")
      .Add("__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException")
      .Add("__connect.errors.exception.message",
           "Converting byte[] to Kafka Connect data failed due to serialization error: ")
      .Add(
          "__connect.errors.exception.stacktrace",
          "org.apache.kafka.connect.errors.DataException: Converting byte[] to Kafka Connect data "
          "failed "
          "due to serialization error: \n"
          "\tat org.apache.kafka.connect.json.JsonConverter.toConnectData(JsonConverter.java:333)\n"
          "Caused by: org.apache.kafka.common.errors.SerializationException: "
          "com.fasterxml.jackson.core.JsonParseException: Unexpected end-of-input\n"
          "Caused by: com.fasterxml.jackson.core.JsonParseException: Unexpected character ('}' "
          "(code 125))\n"
          " at [Source: (byte[])\"{\"; line: 1, column: 2]\n"
          "\tat com.fasterxml.jackson.core.JsonParser._constructError(JsonParser.java:2477)\n");
}

inline bool HasNote(const LetterOrigin& origin, std::string_view part) {
  for (const std::string& note : origin.notes) {
    if (note.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace fracas::formats
