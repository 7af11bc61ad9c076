// Where it lies: the ranges of a job are fixed when it begins, so that it ends.

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/limits_tools.h"
#include "core/text.h"
#include "tools/patch/replay_draft.h"
#include "tools/replay/plan.h"
#include "tools/topics.h"

namespace fracas::tools {

namespace {

class RangePlanner {
 public:
  RangePlanner(const config::Config& config, const PlanPorts& ports, ReplayPlan* plan)
      : config_(config), ports_(ports), plan_(plan) {}

  Status Fill();

 private:
  Status AddTopics();
  Status AddRange(const OffsetRange& wanted, bool whole);
  Status CheckRanges();
  Status FillLetterEnds();

  const config::Config& config_;
  const PlanPorts& ports_;
  ReplayPlan* const plan_;
};

// `whole`: as much as there is; else what was named must be there.
Status RangePlanner::AddRange(const OffsetRange& wanted, bool whole) {
  Result<Watermarks> ends = ports_.probe->Stable(wanted.partition);
  if (!ends.ok()) return ends.status();
  if (!whole && (wanted.from < ends->low || wanted.from >= ends->high)) {
    return Status::Reject(Cat(ToString(wanted.partition, wanted.from),
                              " is not there: ", wanted.partition.topic, "/",
                              wanted.partition.partition, " holds offsets ", ends->low, " to ",
                              ends->high, " (the last is not part of it)"));
  }
  ReplayRange range{.source = wanted.partition};
  range.from = std::max(wanted.from, ends->low);
  range.to = std::min(wanted.to, ends->high);
  if (plan_->since_ms != 0) {
    Result<Offset> first = ports_.probe->OffsetAt(wanted.partition, plan_->since_ms);
    if (!first.ok()) return first.status();
    range.from = std::max(range.from, *first);
  }
  if (range.from >= range.to) return {};
  range.next = range.from;
  if (plan_->job.ranges.size() >= limits::kReplayRangesMax) {
    return Status::Reject(
        Cat("more than ", limits::kReplayRangesMax, " partitions: replay them in several jobs"));
  }
  plan_->job.ranges.push_back(std::move(range));
  return {};
}

Status RangePlanner::AddTopics() {
  std::vector<std::string> names = plan_->topics;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.empty()) return {};
  Result<std::vector<TopicDescription>> described = ports_.admin->Describe(names);
  if (!described.ok()) return described.status();
  for (const std::string& name : names) {
    const auto found =
        std::find_if(described->begin(), described->end(),
                     [&](const TopicDescription& topic) { return topic.name == name; });
    if (found == described->end()) {
      return Status::Reject(
          Cat("there is no topic ", name, " on this cluster: check the name and the brokers"));
    }
    for (Partition number = 0; number < found->partitions; ++number) {
      if (Status s = AddRange({{name, number}, 0, INT64_MAX}, true); !s.ok()) return s;
    }
  }
  return {};
}

Status RangePlanner::CheckRanges() {
  std::vector<ReplayRange>& ranges = plan_->job.ranges;
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) {
    return std::tie(a.source, a.from) < std::tie(b.source, b.from);
  });
  const auto overlap = std::adjacent_find(
      ranges.begin(), ranges.end(),
      [](const auto& a, const auto& b) { return a.source == b.source && b.from < a.to; });
  if (overlap != ranges.end()) {
    return Status::Reject(Cat("parts of ", overlap->source.topic, "/", overlap->source.partition,
                              " are named twice: they would be sent twice"));
  }
  std::string bytes;
  Encode(plan_->job, &bytes);
  if (bytes.size() <= limits::kReplayProgressBytesMax) return {};
  return Status::Reject(Cat("the progress of ", ranges.size(), " partitions takes ", bytes.size(),
                            " bytes and may take ", limits::kReplayProgressBytesMax,
                            ": replay them in several jobs"));
}

// Where the dead letters of the target's stream end: those of this job come behind.
Status RangePlanner::FillLetterEnds() {
  if (plan_->stream == nullptr) return {};
  Result<OutputTopics> outputs = OutputsOf(config_, *plan_->stream, plan_->job.to);
  if (!outputs.ok()) return outputs.status();
  const std::string& topic = outputs->dead_letters;
  Result<std::vector<TopicDescription>> described = ports_.admin->Describe({topic});
  if (!described.ok()) return described.status();
  const int32_t partitions = described->empty() ? 0 : described->front().partitions;
  for (Partition number = 0; number < partitions; ++number) {
    Result<Watermarks> ends = ports_.admin->Query({topic, number});
    if (!ends.ok()) return ends.status();
    plan_->job.letters.push_back({{topic, number}, ends->high});
  }
  return {};
}

Status RangePlanner::Fill() {
  if (Status s = AddTopics(); !s.ok()) return s;
  for (const OffsetRange& place : plan_->places) {
    if (Status s = AddRange(place, place.to == INT64_MAX); !s.ok()) return s;
  }
  if (Status s = FillLetterEnds(); !s.ok()) return s;
  return CheckRanges();
}

}  // namespace

Status PlanRanges(const config::Config& config, const PlanPorts& ports, ReplayPlan* plan) {
  return RangePlanner(config, ports, plan).Fill();
}

Status CheckStillThere(const ReplayJob& job, Admin* admin) {
  for (const ReplayRange& range : job.ranges) {
    if (range.next >= range.to) continue;
    Result<Watermarks> ends = admin->Query(range.source);
    if (!ends.ok()) return ends.status();
    if (ends->low <= range.next) continue;
    return Status::Stop(Cat("retention has taken offsets ", range.next, " to ",
                            std::min(ends->low, range.to), " of ", range.source.topic, "/",
                            range.source.partition, " since job ", job.name,
                            " read there: they cannot be sent any more. What is left is sent under "
                            "another --job"));
  }
  return {};
}

void PassOver(const ReplayJob& done, ReplayPlan* plan) {
  for (const ReplayRange& before : done.ranges) {
    for (ReplayRange& range : plan->job.ranges) {
      // A part in front of it that was not in it before has been taken by retention or was not
      // selected by time: what a person wants again is named in a job of its own.
      if (range.source == before.source) range.from = std::max(range.from, before.to);
    }
  }
  std::erase_if(plan->job.ranges, [](const ReplayRange& range) { return range.from >= range.to; });
  for (ReplayRange& range : plan->job.ranges) range.next = range.from;
}

}  // namespace fracas::tools
