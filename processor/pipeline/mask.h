#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/evaluator.h"
#include "core/status.h"
#include "pipeline/round.h"
#include "state/format/entities.h"

namespace fracas::pipeline {

// Masks what is quarantined: single records by their coordinates before anybody looks at them, business ids
// once they are known. Only a ticket lifts the mask of an id (or the mark, where the stream trusts it); the
// coordinates of a record are its own, so nothing lifts that mask but its release. Streams that publish
// nothing mask nothing. One per worker; not thread-safe.
class Mask {
 public:
  // `document_bytes_max`: the largest record limit of all streams.
  explicit Mask(size_t document_bytes_max) : evaluator_(document_bytes_max) {}

  // Before the batch is examined: appends to batch->masked what is masked by coordinates.
  void ByCoordinates(const ControlView& view, Batch* batch) const;
  // Afterwards: the business ids; then batch->treatments are complete. A failure is the store's (kStop).
  Status ById(const ControlView& view, const Round& round, Batch* batch);

 private:
  Status FindIds(const ControlView& view, const StreamPlan& stream, Batch* batch);
  // Why the mask stays on record `index`, for its dead letter; nullopt: it is lifted.
  std::optional<std::string> Keep(const StreamPlan& stream, const Round& round, uint32_t index,
                                  Batch* batch);
  bool IsMarked(const StreamPlan& stream, const PayloadLease& lease, const Batch& batch,
                uint32_t index);
  void Treat(const StreamPlan& stream, Batch* batch) const;

  contract::Evaluator evaluator_;
  Findings scratch_;
  std::vector<uint32_t> maybe_;               // records whose id may be quarantined
  std::vector<std::string_view> ids_;         // theirs
  std::vector<state::QuarantineEntry> entries_;
};

}  // namespace fracas::pipeline
