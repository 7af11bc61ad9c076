#pragma once

#include "control/state_tail.h"
#include "ports/quarantine.h"
#include "ports/state_store.h"

namespace fracas::control {

// Who is quarantined, out of the tail's filter and snapshot and the store behind them. The tail
// updates the filter before the store and the store before the snapshot, so what this says is never
// older than a snapshot that was read before. Any thread.
class QuarantineView : public Quarantine {
 public:
  // Both outlive it.
  QuarantineView(const StateTail* tail, const StateStore* store) : tail_(tail), store_(store) {}
  bool AnyId(std::string_view stream) const override;
  uint64_t SeedOf(std::string_view stream) const override;
  bool MaybeId(uint64_t seed, std::string_view id) const override;
  Status FindIds(std::string_view stream, const std::vector<std::string_view>& ids,
                 std::vector<state::QuarantineEntry>* entries) const override;

 private:
  const StateTail* const tail_;
  const StateStore* const store_;
};

}  // namespace fracas::control
