#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "formats/foreign_letter.h"
#include "letter_record.h"

// The dead letters of peers/*.ndjson: made by the systems themselves, with the records that they
// were.

namespace fracas::formats {

// A record as a reader saw it.
struct PeerRecord {
  TopicPartition place;
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  LetterRecord headers;
};

struct PeerLetter {
  std::string system;   // "connect", "spring", "streams": the file
  std::string version;  // of that software
  std::string topic;    // the letter's, without the run's prefix: "plain-dlt"
  std::string name;     // of the case: "malformed"
  PeerRecord letter;
  std::optional<PeerRecord> truth;  // what became the letter; none: no record did

  LetterOrigin Read() const { return letter.headers.Read(letter.timestamp_ms, letter.place.topic); }
  // "spring 4.1.1 plain-dlt/malformed"
  std::string Name() const { return system + " " + version + " " + topic + "/" + name; }
};

// Every letter of the three files; a test that cannot read them fails. They stay where they are:
// their headers are views.
std::deque<PeerLetter> ReadPeerLetters();

}  // namespace fracas::formats
