#include "tests/sim/group/state_log.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "state/format/codec.h"

namespace fracas::sim {

namespace {

template <typename Versions>
auto At(const Versions& versions, Offset at) -> decltype(versions.front().value.get()) {
  const auto behind = std::find_if(versions.rbegin(), versions.rend(),
                                   [at](const auto& version) { return version.offset < at; });
  return behind == versions.rend() ? nullptr : behind->value.get();
}

template <typename Entity>
std::shared_ptr<const Entity> Made(Result<Entity> (*decode)(std::string_view),
                                   const std::optional<std::string>& value,
                                   std::vector<std::string>* problems) {
  if (!value) return nullptr;
  Result<Entity> decoded = decode(*value);
  if (decoded.ok()) return std::make_shared<const Entity>(std::move(*decoded));
  problems->push_back(Cat("state: ", decoded.status().message()));
  return nullptr;
}

}  // namespace

void StateLog::Follow() {
  const Offset end = broker_->StableEnd(kStateLog);
  const PartitionLog& log = broker_->log(kStateLog);
  for (; next_ < end; ++next_) {
    const Entry& entry = log[static_cast<size_t>(next_)];
    const bool read =
        entry.state == Entry::State::kCommitted || entry.state == Entry::State::kCompacted;
    if (read) Read(next_, entry);
  }
}

void StateLog::Read(Offset offset, const Entry& entry) {
  const std::string& key = *entry.record.key;
  if (fold_.empty() && key != state::GenesisKey()) {
    problems_.push_back(Cat("G5: the state does not begin with a genesis, at ", offset));
  }
  if (!fold_.empty() && key == state::GenesisKey()) {
    problems_.push_back(Cat("G5: a second genesis at ", offset));
  }
  const std::optional<std::string>& value = entry.record.value;
  if (value) {
    fold_[key] = *value;
  } else {
    fold_.erase(key);
  }
  const auto kind = state::KindOf(key);
  if (!kind.ok()) {
    problems_.push_back(Cat("state: a key of no kind at ", offset));
    return;
  }
  switch (*kind) {
    case state::Kind::kGenesis: return;
    case state::Kind::kCursor:
      cursors_.push_back({offset, entry.order, Made(state::DecodeCursor, value, &problems_)});
      return;
    case state::Kind::kBreaker:
      breakers_[*state::DecodeBreakerKey(key)].push_back(
          {offset, entry.order, Made(state::DecodeBreaker, value, &problems_)});
      return;
    case state::Kind::kQuarantine:
      entries_[*state::DecodeQuarantineKey(key)].push_back(
          {offset, entry.order, Made(state::DecodeQuarantineEntry, value, &problems_)});
      return;
    case state::Kind::kTicket:
      tickets_[*state::DecodeTicketKey(key)].push_back(
          {offset, entry.order, Made(state::DecodeTicket, value, &problems_)});
      return;
    case state::Kind::kLetter:
      problems_.push_back(Cat("state: a letter in the state topic at ", offset));
      return;
  }
}

const state::Breaker* StateLog::BreakerAt(std::string_view stream, Offset at) const {
  const auto found = breakers_.find(stream);
  return found == breakers_.end() ? nullptr : At(found->second, at);
}

const state::QuarantineEntry* StateLog::EntryAt(const state::QuarantineKey& key, Offset at) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : At(found->second, at);
}

const state::Ticket* StateLog::TicketAt(std::string_view id, Offset at) const {
  const auto found = tickets_.find(id);
  return found == tickets_.end() ? nullptr : At(found->second, at);
}

state::BreakerState StateLog::StateOf(std::string_view stream) const {
  const state::Breaker* now = breaker(stream);
  return now == nullptr ? state::BreakerState::kGreen : now->state;
}

bool StateLog::WasReleased(const state::QuarantineKey& key, Offset at, uint64_t order) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const auto& version) {
    return version.offset >= at && version.order < order && version.value == nullptr;
  });
}

}  // namespace fracas::sim
