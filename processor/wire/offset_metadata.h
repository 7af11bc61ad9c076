#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/status.h"

// The metadata of an *unmoved* committed offset: a batch was abandoned here. Whoever gets the
// partition next reads it before fetching and so knows of the trip without the control state.
//
//   {"v":"1.0","attempt":n,"to":n,"control_offset":n}   ≤ limits::kOffsetMetadataBytesMax bytes
//
// A moved offset has empty metadata. Other programs may have committed other metadata for the
// group: that is kReject, which callers treat as "nothing pending"; an unknown major version is
// kStop.

namespace fracas::wire {

struct OffsetMetadata {
  int32_t attempt = 1;               // the attempt that was abandoned
  Offset to = 0;                      // one past the batch, which began at the committed offset
  Offset control_offset = kNoOffset;  // the control state that it was judged under
  bool operator==(const OffsetMetadata&) const = default;
};

std::string EncodeOffsetMetadata(const OffsetMetadata& metadata);
// REQUIRES: not empty (empty metadata says nothing). `offset` is the committed offset: `to` behind
// it.
Result<OffsetMetadata> DecodeOffsetMetadata(std::string_view bytes);

}  // namespace fracas::wire
