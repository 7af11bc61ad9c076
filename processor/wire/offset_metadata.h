#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/status.h"

// What a committed offset says beside its number, at most limits::kOffsetMetadataBytesMax bytes:
//
//   {"v":"1.0","attempt":n,"to":n,"control_offset":n,"partitions":n}
//
// `partitions`: how many the topic had when the group began to read this one. Who finds a partition
// without an offset looks at that of partition 0 and knows whether it was added later. Absent:
// not known.
//
// The other three are there where the offset is *unmoved*: a batch was abandoned here. Whoever gets
// the partition next reads it before fetching and so knows of the trip without the control state.
//
// An offset may have empty metadata. Other programs may have committed other metadata for the
// group: that is kReject, which callers treat as "nothing said"; an unknown major version is
// kStop.

namespace fracas::wire {

struct OffsetMetadata {
  int32_t attempt = 0;               // the attempt that was abandoned; 0: nothing was
  Offset to = 0;                      // one past the batch, which began at the committed offset
  Offset control_offset = kNoOffset;  // the control state that it was judged under
  int32_t partitions = 0;             // of the topic, when the group began; 0: not known
  bool abandoned() const { return attempt > 0; }
  bool operator==(const OffsetMetadata&) const = default;
};

// "" when it says nothing.
std::string EncodeOffsetMetadata(const OffsetMetadata& metadata);
// REQUIRES: not empty (empty metadata says nothing).
Result<OffsetMetadata> DecodeOffsetMetadata(std::string_view bytes);

// Whether a partition without an offset came into its topic after the group had begun to read that:
// what is in it was never passed over by a `start`. `first`: the metadata of the group's offset of
// partition 0; where that does not tell, the answer is the one that skips nothing.
bool AddedLater(Partition partition, std::string_view first);

}  // namespace fracas::wire
