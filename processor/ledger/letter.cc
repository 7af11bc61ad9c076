#include "ledger/letter.h"

#include <utility>

#include "core/check.h"
#include "core/limits.h"
#include "core/text.h"
#include "state/format/codec.h"
#include "state/format/value_bytes.h"

namespace fracas::ledger {
namespace {

constexpr char kFormat = 1;

// Coordinates as the state's keys write them, without their kind.
std::string Coordinates(const Place& place) {
  return state::LetterKey(place.partition, place.offset).substr(1);
}

std::string Numbered(int64_t number) {
  std::string bytes;
  const uint64_t raised = static_cast<uint64_t>(number) ^ (uint64_t{1} << 63);
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(raised >> shift));
  return bytes;
}

void Cut(std::string* text) {
  if (text->size() > limits::kIdBytesMax) text->resize(limits::kIdBytesMax);
}

}  // namespace

// Found by the state's writer and reader through the type.
template <typename Port, typename E>
  requires std::same_as<std::remove_const_t<E>, Place>
void Fields(Port* port, E& place) {
  port->Take("topic", place.partition.topic);
  port->Take("partition", place.partition.partition);
  port->Take("offset", place.offset);
}

template <typename Port, typename E>
  requires std::same_as<std::remove_const_t<E>, Letter>
void Fields(Port* port, E& letter) {
  port->Take("place", letter.place);
  port->Take("source", letter.source);
  port->Take("stream", letter.stream);
  port->Take("code", letter.code);
  port->Take("judged_ms", letter.judged_ms);
  port->Take("timestamp_ms", letter.timestamp_ms);
  port->Take("attempt", letter.attempt);
  port->Take("replay_count", letter.replay_count);
  port->Take("business_id", letter.business_id);
  port->Take("fingerprint", letter.fingerprint);
  port->Take("state", letter.state);
  port->Take("ended_ms", letter.ended_ms);
}

std::string_view Name(LetterState state) {
  switch (state) {
    case LetterState::kOpen: return "open";
    case LetterState::kResolved: return "resolved";
    case LetterState::kDiscarded: return "discarded";
    case LetterState::kExpired: return "expired";
  }
  return "";
}

std::string PlaceKey(const Place& place) { return "d" + Coordinates(place); }

std::string PlacePrefix(const TopicPartition& partition) {
  std::string key = PlaceKey({partition, 0});
  key.resize(key.size() - sizeof(Offset));
  return key;
}

std::string SourceKey(const Place& source, const Place& place) {
  return SourcePrefix(source) + Coordinates(place);
}

std::string SourcePrefix(const Place& source) { return "s" + Coordinates(source); }

std::string ExpiredKey(int64_t expired_ms, const Place& place) {
  return "x" + Numbered(expired_ms) + Coordinates(place);
}

std::string ResolutionKey(const Place& source) {
  return state::LetterKey(source.partition, source.offset);
}

Place PlaceOf(std::string_view place_key) {
  Result<Place> place = SourceOfResolution("l" + std::string(place_key.substr(1)));
  FRACAS_CHECK(place.ok(), "a key of the index");
  return std::move(*place);
}

int64_t ExpiredMsOf(std::string_view expired_key) {
  FRACAS_CHECK(expired_key.size() > sizeof(int64_t), "a key of the index");
  uint64_t raised = 0;
  for (size_t i = 1; i <= sizeof(int64_t); ++i) {
    raised = raised << 8 | static_cast<uint8_t>(expired_key[i]);
  }
  return static_cast<int64_t>(raised ^ (uint64_t{1} << 63));
}

Result<Place> SourceOfResolution(std::string_view resolution_key) {
  Result<state::LetterCoordinates> decoded = state::DecodeLetterKey(resolution_key);
  if (!decoded.ok()) return decoded.status();
  return Place{std::move(decoded->source), decoded->offset};
}

std::string Encode(Letter letter) {
  for (std::string* text : {&letter.place.partition.topic, &letter.source.partition.topic,
                            &letter.stream, &letter.business_id, &letter.fingerprint}) {
    Cut(text);
  }
  std::string bytes(1, kFormat);
  state::ValueWriter writer(&bytes);
  const Letter& members = letter;
  Fields(&writer, members);
  return bytes;
}

Result<Letter> DecodeLetter(std::string_view value) {
  if (value.empty() || value.front() != kFormat) {
    return Status::Reject("a dead letter in the index has another format");
  }
  state::ValueReader reader(value.substr(1));
  Letter letter;
  Fields(&reader, letter);
  if (reader.ok() && !reader.at_end()) reader.Fail("end", "is not where the bytes end");
  if (!reader.ok()) return reader.status().WithPrefix("a dead letter in the index: ");
  return letter;
}

}  // namespace fracas::ledger
