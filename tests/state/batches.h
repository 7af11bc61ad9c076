#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/text.h"
#include "ports/state_store.h"

// A log that can be computed: which changes batch `number` brings, and what the state is after it.
// A store that says that it has applied `number` batches must hold exactly that.

namespace fracas::state {

inline constexpr int kKeys = 40;
inline constexpr Offset kOffsetsPerBatch = 10;

// Batch 1, 2, 3 …: some keys are set, one is deleted, one is set twice.
inline std::vector<StateChange> BatchOf(int64_t number, size_t value_bytes = 50) {
  std::vector<StateChange> changes;
  uint64_t random = static_cast<uint64_t>(number) * 0x9E3779B97F4A7C15;
  for (int i = 0; i < 8; ++i) {
    random ^= random >> 29;
    random *= 0xBF58476D1CE4E5B9;
    std::string value = i == 3 ? "" : Cat("batch ", number, " change ", i, " ");
    if (!value.empty()) value.resize(value_bytes, static_cast<char>('a' + random % 26));
    changes.push_back({.key = Cat("q", random % kKeys), .value = std::move(value)});
  }
  changes.push_back({.key = changes.front().key, .value = Cat("last of ", number)});
  return changes;
}

inline std::map<std::string, std::string> ContentAfter(int64_t number, size_t value_bytes = 50) {
  std::map<std::string, std::string> content;
  for (int64_t i = 1; i <= number; ++i) {
    for (const StateChange& change : BatchOf(i, value_bytes)) {
      if (change.value.empty()) {
        content.erase(change.key);
      } else {
        content[change.key] = change.value;
      }
    }
  }
  return content;
}

inline Status ApplyBatch(StateStore* store, const TopicPartition& log, int64_t number,
                         size_t value_bytes = 50) {
  return store->Apply(BatchOf(number, value_bytes), {{log, number * kOffsetsPerBatch}},
                      1'767'225'600'000 + number);
}

}  // namespace fracas::state
