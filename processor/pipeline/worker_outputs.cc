// The topics that a worker writes to: are they there, has every source partition its counterpart?

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "pipeline/worker.h"

namespace fracas::pipeline {

namespace {

constexpr int64_t kLookAgainMs = 15'000;  // for what is missing; a look takes the lane up to two seconds

}  // namespace

void Worker::AskForTopics() {
  if (!lane_->HasRoom() || recovery_.recovering()) return;
  if (claimed_ && intake_.epoch_number() == 0) return;
  auto job = std::make_unique<Job>();
  job->kind = Job::Kind::kOpen;
  const std::shared_ptr<const ControlView> view = options_.board->Current();
  job->topics = OwnTopics(view->plan());
  for (const Slot& slot : intake_.slots()) {
    if (!slot.assigned || !slot.stream) continue;
    const StreamPlan& stream = view->stream(*slot.stream);
    if (stream.mode == PublishMode::kNone) continue;
    OutputNames names = stream.outputs(slot.partition.topic);
    for (std::string* name : {&names.published, &names.dead_letters}) {
      if (std::find(job->topics.begin(), job->topics.end(), *name) == job->topics.end()) {
        job->topics.push_back(std::move(*name));
      }
    }
  }
  asked_ = true;
  ask_again_ms_ = INT64_MAX;
  asked_epoch_ = intake_.epoch_number();
  lane_->Submit(std::move(job));
}

Status Worker::Opened(const Job& job) {
  asked_ = false;
  if (!job.status.ok()) {
    if (outputs_known_) ask_again_ms_ = options_.clock->MonotonicMs() + kLookAgainMs;
    const bool late = options_.clock->MonotonicMs() - started_ms_ > limits::kStartMsMax;
    if (job.status.action() != Action::kRetry) return job.status;
    return late && !claimed_ ? Status::Stop(std::string(job.status.message())) : Status();
  }
  for (const std::string& own : OwnTopics(options_.board->Current()->plan())) {
    const auto missing = job.missing.find(own);
    if (missing == job.missing.end()) continue;
    if (!claimed_) return missing->second;
    recovery_.BackOff();  // it was there when we started: wait until somebody brings it back
    return {};
  }
  claimed_ = true;
  if (asked_epoch_ == 0 || asked_epoch_ != intake_.epoch_number()) return {};
  CheckOutputs(job);
  outputs_known_ = true;
  return {};
}

// Every source partition needs its counterpart in the output topics: a record keeps its partition number.
// One that has none is held until there is one.
void Worker::CheckOutputs(const Job& job) {
  const std::shared_ptr<const ControlView> view = options_.board->Current();
  for (PartitionSlot i = 0; i < intake_.slots().size(); ++i) {
    const Slot& slot = intake_.slots()[i];
    if (!slot.assigned || !slot.stream) continue;
    std::string reason = MissingOutput(*view, slot, job);
    if (reason.empty()) {
      intake_.OutputFound(i);
      continue;
    }
    ask_again_ms_ = options_.clock->MonotonicMs() + kLookAgainMs;
    if (slot.stuck != Code::kNone) continue;
    Log(LogLevel::kError, "partition_held",
        Cat("partition ", slot.partition.topic, "/", slot.partition.partition, " is held: ",
            reason));
    intake_.MarkStuck(i, {.code = Code::kObjectNotFound,
                          .reason = std::move(reason),
                          .lacks_output = true});
  }
  ShareHolds();
}

// "": all are there.
std::string Worker::MissingOutput(const ControlView& view, const Slot& slot, const Job& job) {
  const StreamPlan& stream = view.stream(*slot.stream);
  if (stream.mode == PublishMode::kNone) return "";
  const OutputNames names = stream.outputs(slot.partition.topic);
  for (const std::string& name : {names.published, names.dead_letters}) {
    const auto found = job.partitions.find(name);
    if (found == job.partitions.end()) {
      const auto missing = job.missing.find(name);
      return Cat("output topic ", name, " cannot be written: ",
                 missing == job.missing.end() ? "unknown" : missing->second.message());
    }
    if (slot.partition.partition >= found->second) {
      return Cat("output topic ", name, " has ", found->second,
                 " partitions and none for this one; give it as many as its source has");
    }
  }
  return "";
}

}  // namespace fracas::pipeline
