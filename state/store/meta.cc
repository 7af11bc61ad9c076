#include "state/store/meta.h"

#include "core/text.h"
#include "state/format/codec.h"

namespace fracas::state {

namespace {

std::string MetaKey(char what) { return {kMetaPrefix, what}; }

void AppendBytes(uint64_t number, size_t bytes, std::string* out) {
  for (size_t i = bytes; i > 0; --i) out->push_back(static_cast<char>(number >> (8 * (i - 1))));
}

uint64_t ReadBytes(std::string_view bytes) {
  uint64_t number = 0;
  for (const char c : bytes) number = (number << 8) | static_cast<uint8_t>(c);
  return number;
}

}  // namespace

std::string CurrentFormat() { return Cat(kLayout, "/", kFormatMajor); }

std::vector<KeyValue> IdentityPairs(const Meta& meta) {
  return {{MetaKey('f'), meta.format},
          {MetaKey('g'), meta.group},
          {MetaKey('t'), meta.topic},
          {MetaKey('c'), meta.cluster}};
}

KeyValue PositionPair(const TopicPartition& partition, Offset offset) {
  KeyValue pair{MetaKey('p'), ""};
  AppendBytes(static_cast<uint32_t>(partition.partition), 4, &pair.first);
  pair.first += partition.topic;
  AppendBytes(static_cast<uint64_t>(offset), 8, &pair.second);
  return pair;
}

KeyValue AppliedPair(int64_t applied_ms) {
  KeyValue pair{MetaKey('a'), ""};
  AppendBytes(static_cast<uint64_t>(applied_ms), 8, &pair.second);
  return pair;
}

KeyValue SumPair(const ContentSum& sum) {
  KeyValue pair{MetaKey('s'), ""};
  for (const uint64_t number : {sum.pairs, sum.low, sum.high}) AppendBytes(number, 8, &pair.second);
  return pair;
}

bool IsMeta(std::string_view key) { return !key.empty() && key.front() == kMetaPrefix; }

bool ReadPair(std::string_view key, std::string_view value, Meta* meta) {
  if (key.size() < 2) return false;
  if (key[1] == 'p') {
    if (key.size() < 6 || value.size() != 8) return false;
    const auto partition =
        static_cast<Partition>(static_cast<uint32_t>(ReadBytes(key.substr(2, 4))));
    meta->positions[{std::string(key.substr(6)), partition}] =
        static_cast<Offset>(ReadBytes(value));
    return true;
  }
  if (key.size() > 2) return false;
  switch (key[1]) {
    case 'f': meta->format = value; return true;
    case 'g': meta->group = value; return true;
    case 't': meta->topic = value; return true;
    case 'c': meta->cluster = value; return true;
    case 'a': meta->applied_ms = static_cast<int64_t>(ReadBytes(value)); return value.size() == 8;
    case 's':
      if (value.size() != 24) return false;
      meta->sum = {.pairs = ReadBytes(value.substr(0, 8)),
                   .low = ReadBytes(value.substr(8, 8)),
                   .high = ReadBytes(value.substr(16, 8))};
      return true;
    default: return false;  // a byte, not an enumeration of ours
  }
}

}  // namespace fracas::state
