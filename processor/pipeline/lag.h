#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "pipeline/intake.h"
#include "ports/admin.h"
#include "ports/meter.h"

namespace fracas::pipeline {

// What one worker is behind, per stream. The figures come from a handle of their own: a consumer's idea of
// a partition's end stands still while the partition is paused, which is when people look at it.
class LagGauge {
 public:
  // `streams`: the cells of one worker, by StreamIndex; they and `admin` outlive the gauge.
  LagGauge(Admin* admin, std::vector<StreamCell*> streams)
      : admin_(admin), streams_(std::move(streams)) {}

  // Asks for the ends of `positions`, in turn, until `stopping` says so, and sets the cells. A partition
  // that cannot be asked keeps the stream's old figure.
  void Refresh(const std::vector<PartitionPosition>& positions, const std::function<bool()>& stopping);

 private:
  Admin* const admin_;
  const std::vector<StreamCell*> streams_;
};

}  // namespace fracas::pipeline
