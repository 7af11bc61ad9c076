#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "state/store/content_sum.h"

// What the store knows about itself, under keys that begin with 0x00, which no key of a topic may:
//
//   00 'f' → "1/1"     the layout of this page / the major version of the values
//   (state/format/codec.h) 00 'g' → group     00 't' → topic     00 'c' → cluster id, may be empty
//   00 'p' partition (4 bytes) topic → offset (8)      everything below has been applied
//   00 'a' → wall clock of the last write, ms (8)
//   00 's' → pairs, low, high (8 each)                 the sum of all data (content_sum.h)
//   Numbers big endian. A change of the layout needs a new first number: other layouts are rebuilt.

namespace fracas::state {

inline constexpr char kMetaPrefix = '\0';
inline constexpr int kLayout = 1;

struct Meta {
  std::string format;  // "" if it is missing
  std::string group;
  std::string topic;
  std::string cluster;
  std::map<TopicPartition, Offset> positions;
  int64_t applied_ms = 0;
  ContentSum sum;
};

// What this program writes as format.
std::string CurrentFormat();

using KeyValue = std::pair<std::string, std::string>;
// Format, group, topic and cluster: written once.
std::vector<KeyValue> IdentityPairs(const Meta& meta);
KeyValue PositionPair(const TopicPartition& partition, Offset offset);
KeyValue AppliedPair(int64_t applied_ms);
KeyValue SumPair(const ContentSum& sum);

bool IsMeta(std::string_view key);
// Takes one pair that was read; false: it is none of the above. REQUIRES: IsMeta(key).
bool ReadPair(std::string_view key, std::string_view value, Meta* meta);

}  // namespace fracas::state
