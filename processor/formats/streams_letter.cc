// Kafka Streams 4.2 and later (KIP-1034): ExceptionHandlerUtils. Numbers are decimal text. Key and
// value are the source record's bytes, or both null when a send failed (too large, refused); its
// headers stand in front, its timestamp is kept.

#include <algorithm>
#include <array>

#include "formats/header_block.h"

namespace fracas::formats {

namespace {

constexpr std::string_view kPrefix = "__streams.errors.";
constexpr std::string_view kException = "__streams.errors.exception";
constexpr std::string_view kMessage = "__streams.errors.message";
constexpr std::string_view kTrace = "__streams.errors.stacktrace";
constexpr std::string_view kTopic = "__streams.errors.topic";
constexpr std::string_view kPartition = "__streams.errors.partition";
constexpr std::string_view kOffset = "__streams.errors.offset";
constexpr PlaceNames kPlace = {.topic = kTopic, .partition = kPartition, .offset = kOffset};
constexpr std::array<BlockField, 6> kFields = {{{kException, true},
                                                {kMessage, true},
                                                {kTrace, true},
                                                {kTopic, true},
                                                {kPartition, true},
                                                {kOffset, true}}};
// What other libraries write under the same prefix.
constexpr std::array<std::string_view, 2> kOtherClass = {"__streams.errors.exception.class.name",
                                                         "__streams.errors.exception.class"};
constexpr std::array<std::string_view, 2> kOtherMessage = {"__streams.errors.exception.message",
                                                           "__streams.errors.description"};
constexpr std::array<std::string_view, 2> kOtherTrace = {"__streams.errors.exception.stack_trace",
                                                         "__streams.errors.exception.stacktrace"};

std::string FirstOf(std::span<const HeaderView> headers, std::string_view name,
                    std::span<const std::string_view> others) {
  std::string text = TextOf(headers, name);
  for (const std::string_view other : others) {
    if (text.empty()) text = TextOf(headers, other);
  }
  return text;
}

void Fill(std::span<const HeaderView> headers, LetterOrigin* origin) {
  ReadPlace(headers, kPlace, origin);
  origin->error_class = FirstOf(headers, kException, kOtherClass);
  origin->error_message = FirstOf(headers, kMessage, kOtherMessage);
  origin->stack_trace = FirstOf(headers, kTrace, kOtherTrace);
  ReadCause(origin);
}

// Names of the prefix that form no block of Kafka Streams: another library's, or planted.
std::optional<Found> ReadVariant(const LetterFacts& facts) {
  size_t first = facts.headers.size();
  size_t end = 0;
  for (size_t i = 0; i < facts.headers.size(); ++i) {
    if (!facts.headers[i].name.starts_with(kPrefix)) continue;
    first = std::min(first, i);
    end = i + 1;
  }
  if (end == 0) return std::nullopt;
  Found found = FoundAt({.begin = first, .end = end, .count = 0}, LetterSystem::kStreams);
  Fill(facts.headers, &found.origin);
  found.origin.timestamp_ms = facts.timestamp_ms;
  if (found.origin.named()) found.origin.coordinates = CoordinateTrust::kDoubtful;
  found.origin.notes.emplace_back(
      "the names are not those that Kafka Streams writes, or not in its order: "
      "another library wrote them, or a producer planted them");
  return found;
}

}  // namespace

std::optional<Found> ReadStreamsLetter(const LetterFacts& facts) {
  const std::optional<Block> block = FindLastBlock(facts.headers, kFields);
  if (!block.has_value()) return ReadVariant(facts);
  Found found = FoundAt(*block, LetterSystem::kStreams);
  LetterOrigin& origin = found.origin;
  Fill(HeadersOf(facts, *block), &origin);
  origin.timestamp_ms = facts.timestamp_ms;
  SetClaimed(&origin);
  const bool nothing = facts.key_null && facts.value_null;
  origin.key = origin.value = nothing ? ByteTrust::kLeftOut : ByteTrust::kOriginal;
  if (nothing) {
    origin.notes.emplace_back(origin.named()
                                  ? "key and value are null: the record's own, or Kafka Streams "
                                    "had let go of the bytes, as it does when a send fails"
                                  : "a punctuator failed: there is no record behind this letter");
  }
  if (origin.source.topic.ends_with("-repartition")) {
    origin.notes.emplace_back(
        "the topic is internal to the application: which record of its input it was "
        "is not known");
  }
  return found;
}

}  // namespace fracas::formats
