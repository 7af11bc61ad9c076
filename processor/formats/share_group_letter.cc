// Share groups (KIP-1191, Kafka 4.4): written by the broker. Numbers are decimal text. The record's
// own headers and its timestamp are lost; key and value are null unless the group's
// errors.deadletterqueue.copy.record.enable is true.

#include <array>

#include "core/text.h"
#include "formats/header_block.h"

namespace fracas::formats {

namespace {

constexpr std::string_view kTopic = "__dlq.errors.topic";
constexpr std::string_view kPartition = "__dlq.errors.partition";
constexpr std::string_view kOffset = "__dlq.errors.offset";
constexpr PlaceNames kPlace = {.topic = kTopic, .partition = kPartition, .offset = kOffset};
constexpr std::string_view kGroup = "__dlq.errors.group";
constexpr std::string_view kDeliveries = "__dlq.errors.delivery.count";
constexpr std::string_view kMessage = "__dlq.errors.message";
constexpr std::array<BlockField, 6> kFields = {{{kTopic, true},
                                                {kPartition, true},
                                                {kOffset, true},
                                                {kGroup, true},
                                                {kDeliveries},
                                                {kMessage}}};

}  // namespace

std::optional<Found> ReadShareGroupLetter(const LetterFacts& facts) {
  const std::optional<Block> block = FindLastBlock(facts.headers, kFields);
  if (!block.has_value()) return std::nullopt;
  const auto headers = HeadersOf(facts, *block);
  Found found = FoundAt(*block, LetterSystem::kShareGroup);
  LetterOrigin& origin = found.origin;
  ReadPlace(headers, kPlace, &origin);
  origin.headers_kept = false;
  origin.component = Cat("share group ", TextOf(headers, kGroup));
  origin.error_message = TextOf(headers, kMessage);
  const int64_t deliveries = DecimalOf(headers, kDeliveries, UINT32_MAX);
  origin.attempts = deliveries < 0 ? 0 : static_cast<uint32_t>(deliveries);
  SetClaimed(&origin);
  const bool nothing = facts.key_null && facts.value_null;
  origin.key = origin.value = nothing ? ByteTrust::kLeftOut : ByteTrust::kOriginal;
  if (nothing) {
    origin.notes.emplace_back(
        "key and value are not copied (errors.deadletterqueue.copy.record.enable): read "
        "the record where it came from");
  }
  // A share group's letter has no header but these.
  if (block->begin > 0 || block->count > 1) {
    origin.coordinates = CoordinateTrust::kDoubtful;
    origin.notes.emplace_back(
        "a share group keeps no header of the record, and here are some: a producer "
        "planted the block, or somebody copied the letter");
  }
  return found;
}

}  // namespace fracas::formats
