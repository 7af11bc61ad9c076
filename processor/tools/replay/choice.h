#pragma once

#include <cstdint>
#include <set>
#include <utility>

#include "core/ids.h"
#include "tools/replay/feed.h"
#include "tools/replay/filter.h"
#include "tools/replay/job.h"

// Which of the records that are read are sent, and why the others are not. The same for a dry run
// and for a replay.

namespace fracas::tools {

enum class Choice : uint8_t {
  kSend,
  kFiltered,
  kLeftOut,
  kElsewhere,
  kRewritten,
  kSuperseded,
  kParked,
};

// Source coordinates.
using RecordPlaces = std::set<std::pair<TopicPartition, Offset>>;

struct ChoiceRules {
  RecordFilter filter;
  std::string to;           // the target
  bool any_origin = false;  // also dead letters that came from other topics
  bool rewritten = false;   // also dead letters whose bytes may not be their record's
  int32_t count_max = 0;    // records that were replayed so often are parked; 0: never
  RecordPlaces superseded;  // tools/replay/lineage.h
};

Choice Choose(const FeedRecord& record, const ChoiceRules& rules);
// Counts the record as read and as what became of it.
void Count(Choice choice, const FeedRecord& record, ReplayCounts* counts);

// So often it was replayed already: what its dead letter says, or its own header.
uint32_t ReplayCountOf(const FeedRecord& record);

}  // namespace fracas::tools
