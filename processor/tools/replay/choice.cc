#include "tools/replay/choice.h"

#include <algorithm>

#include "wire/replay.h"
#include "wire/text.h"

namespace fracas::tools {

namespace {

using formats::ByteTrust;

constexpr int64_t kCountMost = 1'000'000;

bool IsOriginal(const formats::LetterOrigin& origin) {
  return origin.key == ByteTrust::kOriginal && origin.value == ByteTrust::kOriginal;
}

Choice ChooseLetter(const Letter& letter, const ChoiceRules& rules) {
  const formats::LetterOrigin& origin = letter.origin;
  if (!letter.has_value() || origin.key == ByteTrust::kLeftOut) return Choice::kLeftOut;
  if (rules.superseded.Contains(origin.source, origin.offset)) return Choice::kSuperseded;
  // What cannot be trusted does not speak against the topic that a person has named.
  const bool says =
      !origin.source.topic.empty() && origin.coordinates != formats::CoordinateTrust::kDoubtful;
  if (says && origin.source.topic != rules.to && !rules.any_origin) return Choice::kElsewhere;
  if (!IsOriginal(origin) && !rules.rewritten) return Choice::kRewritten;
  return rules.under_way.Contains(origin.source, origin.offset) ? Choice::kUnderWay : Choice::kSend;
}

}  // namespace

uint32_t ReplayCountOf(const FeedRecord& record) {
  int64_t count = record.letter == nullptr ? 0 : record.letter->replay_count;
  for (const HeaderView& header : record.headers) {
    int64_t own = 0;
    if (header.name != wire::kReplayCountHeader || header.value.data() == nullptr) continue;
    if (wire::ParseInt(header.value, 0, kCountMost, &own)) count = std::max(count, own);
  }
  return static_cast<uint32_t>(count);
}

Choice Choose(const FeedRecord& record, const ChoiceRules& rules) {
  if (!rules.filter.Matches(record)) return Choice::kFiltered;
  if (record.letter != nullptr) {
    const Choice choice = ChooseLetter(*record.letter, rules);
    if (choice != Choice::kSend) return choice;
  }
  const bool parks =
      rules.count_max > 0 && ReplayCountOf(record) >= static_cast<uint32_t>(rules.count_max);
  return parks ? Choice::kParked : Choice::kSend;
}

void Count(Choice choice, const FeedRecord& record, ReplayCounts* counts) {
  ++counts->read;
  switch (choice) {
    case Choice::kSend:
      ++counts->sent;
      counts->bytes += record.key.size() + record.value.size();
      return;
    case Choice::kFiltered: ++counts->filtered; return;
    case Choice::kLeftOut: ++counts->left_out; return;
    case Choice::kElsewhere: ++counts->elsewhere; return;
    case Choice::kRewritten: ++counts->rewritten; return;
    case Choice::kSuperseded: ++counts->superseded; return;
    case Choice::kUnderWay: ++counts->under_way; return;
    case Choice::kParked: ++counts->parked; return;
  }
}

}  // namespace fracas::tools
