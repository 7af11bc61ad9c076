#include "pipeline/control_view.h"

#include <utility>

#include "core/check.h"
#include "core/text.h"

namespace fracas::pipeline {

std::string QualifiedName(const StreamPlan& stream) { return Cat(stream.pipeline, "/", stream.id); }

ControlBoard::ControlBoard(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {
  const size_t count = plan_->streams.size();
  for (size_t i = 0; i < count; ++i) {
    FRACAS_CHECK(ToInt(plan_->streams[i]->index) == i, plan_->streams[i]->id);
  }
  view_ = std::make_shared<const ControlView>(plan_, 0, std::vector<StreamControl>(count));
}

std::shared_ptr<const ControlView> ControlBoard::Current() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

bool ControlBoard::Trip(const TripFact& fact) {
  const std::lock_guard lock(mutex_);
  std::vector<StreamControl> streams = view_->controls();
  StreamControl& stream = streams[ToInt(fact.batch.stream)];
  const bool was_green = !stream.red;
  if (was_green) {
    stream.red = true;
    stream.since_ms = fact.time_ms;
    stream.cause = fact.cause;
    stream.reason = fact.reason;
  }
  // Idempotent by (topic, partition, from, attempt): a partition has one pending range, the newest.
  stream.pending[fact.batch.source] = {fact.batch.from, fact.batch.to, fact.batch.attempt,
                                       fact.cause};
  // A new view only when what workers obey changed: another pending range holds nobody who flows.
  const uint64_t state_offset = view_->state_offset() + (was_green ? 1 : 0);
  view_ = std::make_shared<const ControlView>(plan_, state_offset, std::move(streams));
  return was_green;
}

void ControlBoard::SetHolds(uint32_t worker, std::vector<PartitionHold> holds) {
  const std::lock_guard lock(mutex_);
  holds_[worker] = std::move(holds);
}

std::vector<PartitionHold> ControlBoard::Holds() const {
  const std::lock_guard lock(mutex_);
  std::vector<PartitionHold> all;
  for (const auto& [worker, holds] : holds_) all.insert(all.end(), holds.begin(), holds.end());
  return all;
}

}  // namespace fracas::pipeline
