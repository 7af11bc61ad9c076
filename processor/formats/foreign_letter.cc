#include "formats/foreign_letter.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/text.h"
#include "formats/header_block.h"

namespace fracas::formats {

namespace {

// Appended by clients while they send, behind whatever the application has set: trace context, and
// the type names of Spring's serializer.
constexpr std::array<std::string_view, 7> kHarmless = {"traceparent",
                                                       "tracestate",
                                                       "baggage",
                                                       "b3",
                                                       "uber-trace-id",
                                                       "sentry-trace",
                                                       "spring_json_header_types"};

bool IsHarmless(std::string_view name) {
  return name.starts_with("X-B3-") || IsSpringTypeName(name) ||
         std::find(kHarmless.begin(), kHarmless.end(), name) != kHarmless.end();
}

size_t ForeignBehind(std::span<const HeaderView> headers, size_t end) {
  size_t count = 0;
  for (const HeaderView& header : headers.subspan(end)) count += IsHarmless(header.name) ? 0 : 1;
  return count;
}

}  // namespace

LetterOrigin ReadForeignLetter(const LetterFacts& facts) {
  std::optional<Found> last;
  for (auto* const read : {ReadConnectLetter, ReadSpringLetter, ReadStreamsLetter,
                           ReadShareGroupLetter, ReadConfluentRulesLetter}) {
    std::optional<Found> found = read(facts);
    if (found.has_value() && (!last.has_value() || found->end > last->end)) last = std::move(found);
  }
  if (!last.has_value()) {
    LetterOrigin none;
    none.own_headers = facts.headers.size();
    none.notes.emplace_back(
        "no header says where it came from (Kafka Connect writes none unless "
        "errors.deadletterqueue.context.headers.enable is true)");
    return none;
  }
  LetterOrigin& origin = last->origin;
  if (const size_t behind = ForeignBehind(facts.headers, last->end); behind > 0) {
    if (origin.coordinates != CoordinateTrust::kNone)
      origin.coordinates = CoordinateTrust::kDoubtful;
    origin.notes.push_back(Cat(behind, behind == 1 ? " header stands" : " headers stand",
                               " behind the block of ", Title(origin.system),
                               ", which writes its own last: a producer may have "
                               "planted the block"));
  }
  if (origin.blocks > 1) {
    origin.notes.push_back(Cat("the last of ", origin.blocks,
                               " blocks counts: the others are earlier hops, "
                               "or were planted"));
  }
  return std::move(origin);
}

}  // namespace fracas::formats
