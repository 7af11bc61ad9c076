#include "tests/sim/fake_authority.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/check.h"

namespace fracas::sim {

namespace {

template <typename Element>
Element* Find(std::vector<Element>* elements, const TopicPartition& source) {
  const auto found = std::find_if(elements->begin(), elements->end(),
                                  [&](const Element& element) { return element.source == source; });
  return found == elements->end() ? nullptr : &*found;
}

template <typename Element>
void Replace(std::vector<Element>* elements, Element element) {
  std::erase_if(*elements, [&](const Element& old) { return old.source == element.source; });
  elements->push_back(std::move(element));
  std::sort(elements->begin(), elements->end(),
            [](const Element& left, const Element& right) { return left.source < right.source; });
}

}  // namespace

FakeAuthority::FakeAuthority(const Broker* broker, std::vector<std::string> streams)
    : broker_(broker), streams_(std::move(streams)), history_{Breakers(streams_.size())} {}

size_t FakeAuthority::StreamOf(const std::string& name) const {
  const auto found = std::find(streams_.begin(), streams_.end(), name);
  FRACAS_CHECK(found != streams_.end(), name);
  return static_cast<size_t>(found - streams_.begin());
}

state::BreakerState FakeAuthority::state(size_t stream) const {
  const auto& breaker = history_.back()[stream];
  return breaker == nullptr ? state::BreakerState::kGreen : breaker->state;
}

state::Breaker FakeAuthority::Copy(size_t stream) const {
  const auto& breaker = history_.back()[stream];
  return breaker == nullptr ? state::Breaker() : *breaker;
}

void FakeAuthority::Put(size_t stream, state::Breaker breaker) {
  ++breaker.stamp.version;
  Breakers next = history_.back();
  next[stream] = std::make_shared<const state::Breaker>(std::move(breaker));
  history_.push_back(std::move(next));
}

void FakeAuthority::Turn() {
  const std::vector<Record> visible = broker_->Visible({"control", 0});
  for (; read_ < visible.size(); ++read_) {
    const auto message = wire::DecodeControl(*visible[read_].value);
    FRACAS_CHECK(message.ok() && std::holds_alternative<wire::Fact>(*message),
                 message.ok() ? "a fact" : message.status().message());
    Apply(std::get<wire::Fact>(*message));
  }
}

void FakeAuthority::Apply(const wire::Fact& fact) {
  ++seen_[std::string(wire::TypeName(fact.args))];
  const size_t stream = StreamOf(fact.stream);
  const state::Breaker before = Copy(stream);
  state::Breaker breaker = before;
  if (const auto* tripped = std::get_if<wire::Tripped>(&fact.args)) Merge(*tripped, &breaker);
  if (const auto* passed = std::get_if<wire::ProbePassed>(&fact.args)) Pass(*passed, &breaker);
  if (const auto* loss = std::get_if<wire::LossAccepted>(&fact.args)) {
    std::erase_if(breaker.losses, [&](const auto& ordered) { return ordered.source == loss->source; });
  }
  if (!(breaker == before)) Put(stream, std::move(breaker));
}

void FakeAuthority::Merge(const wire::Tripped& tripped, state::Breaker* breaker) {
  const state::MergedFact* merged = Find(&breaker->merged, tripped.source);
  if (merged != nullptr && std::tie(merged->from, merged->attempt) >=
                               std::tie(tripped.from, tripped.attempt)) {
    return;
  }
  Replace(&breaker->merged, {tripped.source, tripped.from, tripped.attempt});
  std::erase_if(breaker->pending, [](const auto& range) { return range.passed; });
  state::PendingRange range;
  range.source = tripped.source;
  range.from = tripped.from;
  range.to = tripped.to;
  range.attempt = tripped.attempt;
  range.cause = tripped.cause;
  Replace(&breaker->pending, range);
  breaker->state = state::BreakerState::kRed;
  breaker->cause = tripped.cause;
  breaker->reason = tripped.reason;
}

void FakeAuthority::Pass(const wire::ProbePassed& passed, state::Breaker* breaker) {
  state::PendingRange* range = Find(&breaker->pending, passed.source);
  const bool fits = breaker->state == state::BreakerState::kProbe && range != nullptr &&
                    range->from == passed.from && range->to == passed.to &&
                    range->attempt + 1 == passed.attempt;
  if (!fits) return;
  range->passed = true;
  if (std::any_of(breaker->pending.begin(), breaker->pending.end(),
                  [](const auto& pending) { return !pending.passed; })) {
    return;
  }
  breaker->pending.clear();
  breaker->state = state::BreakerState::kGreen;
  if (breaker->diversion.until_ms == 0) breaker->diversion = {};
}

void FakeAuthority::ResetStream(size_t stream, const Reset& reset) {
  if (state(stream) != state::BreakerState::kRed) return;
  state::Breaker breaker = Copy(stream);
  const bool idle = breaker.pending.empty();
  breaker.state = idle ? state::BreakerState::kGreen : state::BreakerState::kProbe;
  breaker.contract = reset.contract;
  breaker.diversion = {};
  breaker.diversion.codes = reset.divert;
  breaker.diversion.until_ms = reset.divert_until_ms;
  Put(stream, std::move(breaker));
}

void FakeAuthority::AcceptLoss(size_t stream, const state::AcceptedLoss& loss) {
  state::Breaker breaker = Copy(stream);
  Replace(&breaker.losses, loss);
  Put(stream, std::move(breaker));
}

}  // namespace fracas::sim
