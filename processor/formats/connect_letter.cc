// Kafka Connect: DeadLetterQueueReporter of the runtime (KIP-298). Numbers are decimal text; key,
// value and the record's own headers are carried as they were.

#include <array>

#include "core/text.h"
#include "formats/header_block.h"

namespace fracas::formats {

namespace {

constexpr std::string_view kTopic = "__connect.errors.topic";
constexpr std::string_view kPartition = "__connect.errors.partition";
constexpr std::string_view kOffset = "__connect.errors.offset";
constexpr PlaceNames kPlace = {.topic = kTopic, .partition = kPartition, .offset = kOffset};
constexpr std::string_view kConnector = "__connect.errors.connector.name";
constexpr std::string_view kTask = "__connect.errors.task.id";
constexpr std::string_view kStage = "__connect.errors.stage";
constexpr std::string_view kClass = "__connect.errors.class.name";
constexpr std::string_view kException = "__connect.errors.exception.class.name";
constexpr std::string_view kMessage = "__connect.errors.exception.message";
constexpr std::string_view kTrace = "__connect.errors.exception.stacktrace";

// Connector, task, stage and class are always there: a block without them is not Connect's (it may
// be ours, which uses some of these names).
constexpr std::array<BlockField, 10> kFields = {{{kTopic},
                                                 {kPartition},
                                                 {kOffset},
                                                 {kConnector, true},
                                                 {kTask, true},
                                                 {kStage, true},
                                                 {kClass, true},
                                                 {kException},
                                                 {kMessage},
                                                 {kTrace}}};

}  // namespace

std::optional<Found> ReadConnectLetter(const LetterFacts& facts) {
  const std::optional<Block> block = FindLastBlock(facts.headers, kFields);
  if (!block.has_value()) return std::nullopt;
  const auto headers = HeadersOf(facts, *block);
  Found found = FoundAt(*block, LetterSystem::kConnect);
  LetterOrigin& origin = found.origin;
  ReadPlace(headers, kPlace, &origin);
  origin.timestamp_ms = facts.timestamp_ms;  // the reporter keeps the record's own
  origin.key = origin.value = ByteTrust::kOriginal;
  origin.component = Cat(TextOf(headers, kConnector), " task ", TextOf(headers, kTask));
  origin.stage = TextOf(headers, kStage);
  origin.error_class = TextOf(headers, kException);
  origin.error_message = TextOf(headers, kMessage);
  origin.stack_trace = TextOf(headers, kTrace);
  ReadCause(&origin);
  SetClaimed(&origin);
  return found;
}

}  // namespace fracas::formats
