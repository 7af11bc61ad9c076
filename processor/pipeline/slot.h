#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/audit.h"
#include "core/codes.h"
#include "core/ids.h"

namespace fracas::pipeline {

// What was tried of a partition and failed: a batch that begins at `from`, or anywhere below `to`, tries it
// again and is attempt `next`. Learned from the offset's note, from the breaker and from own trips, in any
// order and as often as one likes: numbers only grow.
struct Tried {
  Offset from = kNoOffset;
  Offset to = 0;
  int32_t next = 1;

  int32_t AttemptAt(Offset position) const {
    return position == from || position < to ? next : 1;
  }
  void Add(Offset tried_from, Offset tried_to, int32_t attempt) {
    if (tried_from < from) return;
    if (tried_from > from) *this = {tried_from, tried_to, attempt + 1};
    to = std::max(to, tried_to);
    next = std::max(next, attempt + 1);
  }
};

// One assigned partition, as its worker knows it.
struct Slot {
  bool assigned = false;
  TopicPartition partition;
  std::optional<StreamIndex> stream;
  Offset committed = 0;      // where the group stands, or begins when it has no offset yet
  Offset position = 0;       // everything below was taken into a round
  Offset submitted = 0;      // everything below was handed on: the next batch must begin here (G1)
  Tried tried;
  Offset end = INT64_MAX;    // while it is probed: behind the range; nothing there is taken
  Offset passed_from = kNoOffset;  // the pending range of which it was reported that it passed …
  int32_t passed_attempt = 0;      // … by what identifies it
  bool recalled = false;     // the offset's note told of a trip that the authority may not know
  bool stands = false;       // the group has an offset of it
  bool begins = false;       // it has none, and is to have one where this begins
  int32_t topic_partitions = 0;  // when the group began to read it; 0: not known
  int64_t taken_ms = 0;      // monotonic: when a batch of it was begun last
  bool silent = false;       // nothing came for a while: Confirm asks before the next batch goes on
  bool held = false;         // as the source was told
  bool tripping = false;     // an abandoned batch of it is on its way
  Code stuck = Code::kNone;  // held by itself: why
  std::string stuck_reason;
  bool stuck_unreported = false;  // its stream has not been told yet
  bool stuck_told = false;        // its stream was stopped for it
  bool lacks_output = false;      // it has no counterpart in an output topic: looked at again
  bool stuck_fences = true;  // the partition still takes offsets
  size_t batch = SIZE_MAX;   // in the round that is being filled …
  Offset cut = INT64_MAX;    // … which ends there at the latest
  AuditWindow window;
  uint32_t window_number = 0;  // another one after a reload with another window
};

}  // namespace fracas::pipeline
