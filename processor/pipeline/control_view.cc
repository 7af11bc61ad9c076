#include "pipeline/control_view.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/check.h"
#include "core/text.h"

namespace fracas::pipeline {

namespace {

// The lists of a breaker have at most one element of each partition and are short: only partitions that
// have tripped are in them.
template <typename Element>
const Element* Find(const std::vector<Element>& elements, const TopicPartition& source) {
  const auto found = std::find_if(elements.begin(), elements.end(), [&](const Element& element) {
    return element.source == source;
  });
  return found == elements.end() ? nullptr : &*found;
}

// The authority has applied the trip, or has seen it as a repetition.
bool IsMerged(const LocalTrip& trip, const state::MergedFact* merged) {
  // Gone: the partition was set to other offsets on a person's order, which ended the range.
  if (merged == nullptr) return trip.merged_before.has_value();
  if (trip.merged_before == *merged) return false;
  return std::tie(merged->from, merged->attempt) >= std::tie(trip.range.from, trip.range.attempt) ||
         (trip.merged_before && trip.merged_before->from > trip.range.from);
}

size_t LargestRecord(const Plan& plan) {
  size_t bytes = 0;
  for (const auto& stream : plan.streams) bytes = std::max(bytes, stream->record_bytes_max);
  return bytes;
}

}  // namespace

std::string QualifiedName(const StreamPlan& stream) { return Cat(stream.pipeline, "/", stream.id); }

std::vector<std::string> OwnTopics(const Plan& plan) {
  std::vector<std::string> topics = {plan.failures_topic, plan.batches_topic};
  if (!plan.control_topic.empty()) topics.push_back(plan.control_topic);
  return topics;
}

// --- StreamControl --------------------------------------------------------------------------------------

state::BreakerState StreamControl::state() const {
  if (!trips.empty()) return state::BreakerState::kRed;
  return breaker == nullptr ? state::BreakerState::kGreen : breaker->state;
}

const state::PendingRange* StreamControl::Pending(const TopicPartition& source) const {
  return breaker == nullptr ? nullptr : Find(breaker->pending, source);
}

const state::PendingRange* StreamControl::Probed(const TopicPartition& source) const {
  if (state() != state::BreakerState::kProbe) return nullptr;
  const state::PendingRange* range = Pending(source);
  return range == nullptr || range->passed ? nullptr : range;
}

const state::MergedFact* StreamControl::Merged(const TopicPartition& source) const {
  return breaker == nullptr ? nullptr : Find(breaker->merged, source);
}

const state::AcceptedLoss* StreamControl::Loss(const TopicPartition& source) const {
  return breaker == nullptr ? nullptr : Find(breaker->losses, source);
}

// --- ControlView ----------------------------------------------------------------------------------------

const QuarantinedOffsets* ControlView::FindQuarantined(const TopicPartition& source) const {
  if (state() == nullptr || state()->records == nullptr) return nullptr;
  const auto partition = state()->records->find(source);
  return partition == state()->records->end() ? nullptr : partition->second.get();
}

std::shared_ptr<const state::Ticket> ControlView::FindTicket(std::string_view id) const {
  if (parts_.state == nullptr || parts_.state->tickets == nullptr) return nullptr;
  const auto found = parts_.state->tickets->find(id);
  return found == parts_.state->tickets->end() ? nullptr : found->second;
}

ControlView::Gate ControlView::GateOf(StreamIndex index, const TopicPartition& source,
                                      Offset position) const {
  if (!lagging().empty()) return {};
  const StreamControl& streams = control(index);
  switch (streams.state()) {
    case state::BreakerState::kGreen:
      return {.open = true};
    case state::BreakerState::kRed:
      return {};
    case state::BreakerState::kProbe:
      break;
  }
  const state::PendingRange* range = streams.Probed(source);
  if (range == nullptr) return {};
  const std::string& named = streams.breaker->contract;
  const bool loaded = named.empty() || named == stream(index).contract->sha256();
  return {.open = loaded && position < range->to, .end = range->to};
}

// --- SameShape ------------------------------------------------------------------------------------------

namespace {

Status Differs(std::string_view what) {
  return Status::Reject(Cat(what, " differs from the running configuration: only contracts, rules, "
                            "dispositions, thresholds and batch limits change without a restart"));
}

}  // namespace

Status SameShape(const Plan& running, const Plan& next) {
  if (running.group != next.group) return Differs("group");
  if (running.instance != next.instance) return Differs("instance");
  if (OwnTopics(running) != OwnTopics(next)) return Differs("a name under topics");
  if (running.streams.size() != next.streams.size()) return Differs("the number of streams");
  for (size_t i = 0; i < running.streams.size(); ++i) {
    const StreamPlan& before = *running.streams[i];
    const StreamPlan& after = *next.streams[i];
    const std::string name = QualifiedName(before);
    if (name != QualifiedName(after)) {
      return Differs(Cat("stream ", QualifiedName(after), " (in the place of ", name, ")"));
    }
    if (before.mode != after.mode) return Differs(Cat("publish.mode of stream ", name));
    if (before.routing != after.routing) return Differs(Cat("a topic of stream ", name));
  }
  if (LargestRecord(next) > LargestRecord(running)) return Differs("the largest limits.record");
  return {};
}

// --- ControlBoard ---------------------------------------------------------------------------------------

ControlBoard::ControlBoard(std::shared_ptr<const Plan> plan) : first_plan_(std::move(plan)) {
  const size_t count = first_plan_->streams.size();
  for (size_t i = 0; i < count; ++i) {
    FRACAS_CHECK(ToInt(first_plan_->streams[i]->index) == i, first_plan_->streams[i]->id);
  }
  ControlView::Parts parts;
  parts.plan = first_plan_;
  parts.streams.resize(count);
  Publish(std::move(parts));
}

void ControlBoard::Publish(ControlView::Parts parts) {
  view_ = std::make_shared<const ControlView>(std::move(parts));
}

std::shared_ptr<const ControlView> ControlBoard::Current() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

void ControlBoard::SetState(StateSnapshot snapshot) {
  const std::lock_guard lock(mutex_);
  ControlView::Parts parts = CopyParts();
  FRACAS_CHECK(snapshot.breakers.size() == parts.streams.size(), "a breaker or null per stream");
  for (size_t i = 0; i < parts.streams.size(); ++i) {
    StreamControl& stream = parts.streams[i];
    const bool same = stream.breaker == snapshot.breakers[i];
    stream.breaker = snapshot.breakers[i];
    const size_t merged = std::erase_if(stream.trips, [&](const auto& trip) {
      return IsMerged(trip.second, stream.Merged(trip.first));
    });
    if (!same || merged > 0) stream.changed = ++changes_;
  }
  const TicketsById* tickets = snapshot.tickets.get();
  std::erase_if(claimed_, [&](const std::string& ticket) {
    return tickets == nullptr || !tickets->contains(ticket);
  });
  parts.followed_ms = snapshot.followed_ms;
  parts.state = std::make_shared<const StateSnapshot>(std::move(snapshot));
  Publish(std::move(parts));
}

Status ControlBoard::SetPlan(std::shared_ptr<const Plan> plan) {
  if (Status same = SameShape(*first_plan_, *plan); !same.ok()) return same;
  const std::lock_guard lock(mutex_);
  ControlView::Parts parts = CopyParts();
  parts.plan = std::move(plan);
  for (StreamControl& stream : parts.streams) stream.changed = ++changes_;
  Publish(std::move(parts));
  return {};
}

void ControlBoard::SetLagging(std::string why) {
  const std::lock_guard lock(mutex_);
  if (view_->lagging() == why) return;
  ControlView::Parts parts = CopyParts();
  parts.lagging = std::move(why);
  Publish(std::move(parts));
}

void ControlBoard::Await(int64_t monotonic_ms) {
  const std::lock_guard lock(mutex_);
  awaited_ms_ = std::max(awaited_ms_, monotonic_ms);
}

bool ControlBoard::awaited() const {
  const std::lock_guard lock(mutex_);
  return awaited_ms_ > view_->followed_ms();
}

// A new view each time would make every worker look at every partition: only for who waits.
void ControlBoard::SetFollowed(int64_t monotonic_ms) {
  const std::lock_guard lock(mutex_);
  if (awaited_ms_ <= view_->followed_ms() || monotonic_ms <= view_->followed_ms()) return;
  ControlView::Parts parts = CopyParts();
  parts.followed_ms = monotonic_ms;
  Publish(std::move(parts));
}

bool ControlBoard::Trip(const TripFact& fact) {
  const std::lock_guard lock(mutex_);
  bool was_red = false;
  return AddTrip(fact, &was_red) && !was_red;
}

bool ControlBoard::Recall(const TripFact& fact) {
  const std::lock_guard lock(mutex_);
  bool was_red = false;
  return view_->state() != nullptr && AddTrip(fact, &was_red);
}

bool ControlBoard::AddTrip(const TripFact& fact, bool* was_red) {
  const BatchId& batch = fact.batch;
  const StreamControl& now = view_->control(batch.stream);
  LocalTrip trip;
  trip.range.source = batch.source;
  trip.range.from = batch.from;
  trip.range.to = batch.to;
  trip.range.attempt = batch.attempt;
  trip.range.cause = fact.cause;
  trip.range.reason = fact.reason;
  trip.range.since_ms = fact.time_ms;
  trip.merged_before = fact.merged_before;
  // The authority may have been faster than the one that committed the fact.
  if (IsMerged(trip, now.Merged(batch.source))) return false;
  *was_red = now.red();
  ControlView::Parts parts = CopyParts();
  StreamControl& stream = parts.streams[ToInt(batch.stream)];
  // A partition has one pending range, the newest.
  stream.trips[batch.source] = std::move(trip);
  stream.changed = ++changes_;
  // Another pending range holds nobody who flows.
  parts.changes += *was_red ? 0 : 1;
  Publish(std::move(parts));
  return true;
}

bool ControlBoard::ClaimTicket(const std::string& ticket) {
  const std::lock_guard lock(mutex_);
  return claimed_.insert(ticket).second;
}

void ControlBoard::ReleaseTicket(const std::string& ticket) {
  const std::lock_guard lock(mutex_);
  claimed_.erase(ticket);
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
