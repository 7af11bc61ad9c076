// Confluent Schema Registry rules whose onFailure action is DLQ: DlqAction of the client. No
// partition and no offset; structured messages are written anew as JSON, with redactions.

#include <array>

#include "core/text.h"
#include "formats/header_block.h"

namespace fracas::formats {

namespace {

constexpr std::string_view kName = "__rule.name";
constexpr std::string_view kMode = "__rule.mode";
constexpr std::string_view kSubject = "__rule.subject";
constexpr std::string_view kTopic = "__rule.topic";
constexpr std::string_view kException = "__rule.exception";
constexpr std::array<BlockField, 5> kFields = {
    {{kName, true}, {kMode, true}, {kSubject, true}, {kTopic, true}, {kException}}};

}  // namespace

std::optional<Found> ReadConfluentRulesLetter(const LetterFacts& facts) {
  const std::optional<Block> block = FindLastBlock(facts.headers, kFields);
  if (!block.has_value()) return std::nullopt;
  const auto headers = HeadersOf(facts, *block);
  Found found = FoundAt(*block, LetterSystem::kConfluentRules);
  LetterOrigin& origin = found.origin;
  origin.source.topic = TextOf(headers, kTopic);
  origin.key = TrustOf(facts.key_null, ByteTrust::kRewritten);
  origin.value = TrustOf(facts.value_null, ByteTrust::kRewritten);
  origin.component =
      Cat("rule ", TextOf(headers, kName), " of subject ", TextOf(headers, kSubject));
  origin.stage = TextOf(headers, kMode);
  origin.error_message = TextOf(headers, kException);
  SetClaimed(&origin);
  origin.notes.emplace_back(
      "structured messages stand here as JSON, with redactions, whatever they were "
      "on their topic");
  return found;
}

}  // namespace fracas::formats
