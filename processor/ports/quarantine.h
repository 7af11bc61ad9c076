#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/status.h"
#include "state/format/entities.h"

namespace fracas {

// Who is quarantined, as a worker asks. What it answers is never older than the control view that was read
// before. Any thread.
class Quarantine {
 public:
  virtual ~Quarantine() = default;
  // False: no business id of the stream is quarantined; asked once a batch.
  virtual bool AnyId(std::string_view stream) const = 0;
  // False: surely not. True: Find knows. A few nanoseconds; `seed` is SeedOf(stream), made once.
  virtual uint64_t SeedOf(std::string_view stream) const = 0;
  virtual bool MaybeId(uint64_t seed, std::string_view id) const = 0;
  // The entries of those `ids` that are quarantined: entries[i].stamp.version == 0 where ids[i] is not. A
  // failure is kStop.
  virtual Status FindIds(std::string_view stream, const std::vector<std::string_view>& ids,
                         std::vector<state::QuarantineEntry>* entries) const = 0;
};

}  // namespace fracas
