#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_set>

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
  kUnderWay,
  kParked,
};

// Source coordinates, some forty bytes each.
class RecordPlaces {
 public:
  void Add(const TopicPartition& source, Offset offset) {
    if (places_[source].insert(offset).second) ++size_;
  }
  bool Contains(const TopicPartition& source, Offset offset) const {
    const auto found = places_.find(source);
    return found != places_.end() && found->second.contains(offset);
  }
  size_t size() const { return size_; }

 private:
  std::map<TopicPartition, std::unordered_set<Offset>> places_;
  size_t size_ = 0;
};

struct ChoiceRules {
  RecordFilter filter;
  std::string to;           // the target
  bool any_origin = false;  // also dead letters that came from other topics
  bool rewritten = false;   // also dead letters whose bytes may not be their record's
  int32_t count_max = 0;    // records that were replayed so often are parked; 0: never
  RecordPlaces superseded;  // tools/replay/lineage.h
  RecordPlaces under_way;   // somebody else replays them (tools/replay/under_way.h)
};

Choice Choose(const FeedRecord& record, const ChoiceRules& rules);
// Counts the record as read and as what became of it.
void Count(Choice choice, const FeedRecord& record, ReplayCounts* counts);

// So often it was replayed already: what its dead letter says, or its own header.
uint32_t ReplayCountOf(const FeedRecord& record);

}  // namespace fracas::tools
