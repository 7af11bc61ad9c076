#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ledger/letter.h"

namespace fracas::ledger {

struct LetterCount {
  std::string stream;  // "pipeline/stream"; kOtherStreams: none of the configuration
  uint32_t code = 0;
  uint64_t open = 0;
  uint64_t resolved = 0;
  uint64_t discarded = 0;
  uint64_t expired = 0;
  int64_t oldest_open_ms = 0;  // judged, to the second; 0: none is open
};

// Streams that the configuration does not name share one name, so that nothing in a record makes labels.
inline constexpr std::string_view kOtherStreams = "(other)";

// Counts of letters by stream, code and state. Reading: any thread.
class Tally {
 public:
  // One step, applied when its changes are in the store.
  struct Change {
    std::string stream;
    uint32_t code = 0;
    LetterState state{};
    int64_t judged_ms = 0;
    int32_t by = 0;  // 1 or -1
  };

  void Clear();
  void Apply(const std::vector<Change>& changes);
  // Ascending by stream and code; rows without any letter are left out.
  std::vector<LetterCount> Counts() const;

 private:
  struct Row {
    LetterCount count;
    std::map<int64_t, uint64_t> open_by_second;
  };
  struct Name {
    std::string stream;
    uint32_t code = 0;
    auto operator<=>(const Name&) const = default;
  };
  mutable std::mutex mutex_;
  std::map<Name, Row> rows_;  // guarded by mutex_
};

}  // namespace fracas::ledger
