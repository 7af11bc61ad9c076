#include "control/state_tail.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "control/fold.h"
#include "core/limits.h"
#include "core/text.h"
#include "state/format/codec.h"

namespace fracas::control {

namespace {

// The key of a business id's entry; false for any other key.
bool IsIdKey(std::string_view key, uint64_t* hash) {
  const auto kind = state::KindOf(key);
  if (!kind.ok() || *kind != state::Kind::kQuarantine) return false;
  const auto quarantined = state::DecodeQuarantineKey(key);
  if (!quarantined.ok() || quarantined->scope != state::QuarantineScope::kId) return false;
  *hash = QuarantineFilter::Hash(QuarantineFilter::SeedOf(quarantined->stream), quarantined->id);
  return true;
}

}  // namespace

void StateTail::Batch::Put(const ConsumedRecord& record) {
  if (record.key.empty()) return;  // nobody's: a compacted topic has none
  const auto [at, fresh] = index.try_emplace(std::string(record.key), changes.size());
  if (fresh) {
    changes.push_back({at->first, std::string(record.value)});
    offsets.push_back(record.offset);
  } else {
    changes[at->second].value = record.value;
    offsets[at->second] = record.offset;
  }
}

void StateTail::Batch::Clear() {
  changes.clear();
  offsets.clear();
  index.clear();
}

StateTail::StateTail(StateTailOptions options)
    : options_(std::move(options)),
      partition_{options_.state_topic, 0},
      snapshot_(std::make_shared<const Snapshot>()) {}

std::shared_ptr<const Snapshot> StateTail::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

void StateTail::Log(LogLevel level, std::string_view event, std::string message) const {
  if (options_.log) options_.log({level, event, std::move(message), {}});
}

std::string StateTail::Place(Offset offset) const {
  return Cat("topic ", options_.state_topic, ", partition 0, offset ", offset, ": ");
}

// A virtual machine that is suspended for days goes on where it stood.
Status StateTail::CheckAge() {
  const int64_t most_ms = options_.delete_retention_ms / 2;
  const int64_t away_ms = options_.clock->WallMs() - followed_wall_ms_;
  if (most_ms <= 0 || away_ms <= most_ms) return {};
  // What is in the store since then is as old as it was; nobody may read it for newer, and until this process
  // ends it is still what is known.
  const Offset position = options_.store->Position(partition_);
  if (Status s = options_.store->Apply({}, {{partition_, position}}, followed_wall_ms_); !s.ok()) return s;
  return Status::Stop(Cat("topic ", options_.state_topic, " was not followed for ", away_ms / 1000,
                          " s, deletions since may be compacted away (half of delete.retention.ms is ",
                          most_ms / 1000, " s): start again, and the state is read anew"));
}

Status StateTail::Turn(int wait_ms) {
  if (Status s = CheckAge(); !s.ok()) return s;
  batch_.Clear();
  const auto visit = [&](const ConsumedRecord& record, const PayloadLease&) { batch_.Put(record); };
  if (Status s = options_.tail->Poll(wait_ms, limits::kStateBatchRecordsMax, visit); !s.ok()) {
    return s.WithPrefix(Cat("the state of the group cannot be followed any more (topic ",
                            options_.state_topic, "): "));
  }
  const Offset position = options_.tail->Position(0);
  const bool read = !batch_.changes.empty() || position > snapshot()->offset;
  if (read) {
    if (Status s = ApplyBatch(position); !s.ok()) return s;
  }
  if (Status s = FindOldest(); !s.ok()) return s;
  return Follow(position);
}

// A look at every entry: not for each of a thousand that are released one after the other.
Status StateTail::FindOldest() {
  const std::shared_ptr<const Snapshot> now = snapshot();
  const auto gone = [](const auto& size) { return size.second.oldest_gone; };
  const int64_t now_ms = options_.clock->MonotonicMs();
  if (now_ms < find_oldest_ms_) return {};
  if (std::none_of(now->quarantine.begin(), now->quarantine.end(), gone)) return {};
  find_oldest_ms_ = now_ms + limits::kOldestEveryMs;
  std::map<std::string, int64_t, std::less<>> oldest;
  const auto visit = [&](std::string_view key, std::string_view value) {
    const auto decoded = state::DecodeQuarantineKey(key);
    const auto entry = state::DecodeQuarantineEntry(value);
    if (!decoded.ok() || !entry.ok()) return true;  // the fold has taken it, or says why not
    int64_t& known = oldest.try_emplace(decoded->stream, entry->since_ms).first->second;
    known = std::min(known, entry->since_ms);
    return true;
  };
  const std::string prefix(1, static_cast<char>(state::Kind::kQuarantine));
  if (Status s = options_.store->Visit(prefix, visit); !s.ok()) return s;
  auto next = std::make_shared<Snapshot>(*now);
  for (auto& [stream, size] : next->quarantine) {
    const auto found = oldest.find(stream);
    size.oldest_ms = found == oldest.end() ? 0 : found->second;
    size.oldest_gone = false;
  }
  Publish(std::move(next));
  return {};
}

Status StateTail::ApplyBatch(Offset position) {
  std::shared_ptr<const Snapshot> next;
  if (Status s = FoldBatch(position, &next); !s.ok()) return s;
  AddToFilter();
  if (filter_.full()) {
    if (Status s = RebuildFilter(); !s.ok()) return s;
  }
  const Status applied =
      options_.store->Apply(batch_.changes, {{partition_, position}}, options_.clock->WallMs());
  if (!applied.ok()) return applied;
  Publish(std::move(next));
  return {};
}

Status StateTail::FoldBatch(Offset position, std::shared_ptr<const Snapshot>* next) {
  std::vector<std::string> keys;
  std::vector<size_t> at;
  for (size_t i = 0; i < batch_.changes.size(); ++i) {
    const auto kind = state::KindOf(batch_.changes[i].key);
    if (!kind.ok() || *kind != state::Kind::kQuarantine) continue;
    keys.push_back(batch_.changes[i].key);
    at.push_back(i);
  }
  std::vector<std::string> values;
  std::vector<bool> found;
  if (!keys.empty()) {
    if (Status s = options_.store->MultiGet(keys, &values, &found); !s.ok()) return s;
  }
  Fold fold(*snapshot());
  size_t quarantined = 0;
  for (size_t i = 0; i < batch_.changes.size(); ++i) {
    const StateChange& change = batch_.changes[i];
    const std::string* before = nullptr;
    if (quarantined < at.size() && at[quarantined] == i) {
      if (found[quarantined]) before = &values[quarantined];
      ++quarantined;
    }
    Status folded = fold.Apply(change.key, change.value, before);
    if (folded.ok() && change.key == state::GenesisKey()) {
      folded = CheckGenesis(*state::DecodeGenesis(change.value));
    }
    if (!folded.ok()) return folded.WithPrefix(Place(batch_.offsets[i]));
  }
  *next = fold.Finish(position);
  return {};
}

void StateTail::AddToFilter() {
  uint64_t hash = 0;
  for (const StateChange& change : batch_.changes) {
    if (!change.value.empty() && IsIdKey(change.key, &hash)) filter_.Add(hash);
  }
}

// What the store has, and what it is about to get.
Status StateTail::RebuildFilter() {
  std::vector<uint64_t> hashes;
  uint64_t hash = 0;
  for (const StateChange& change : batch_.changes) {
    if (!change.value.empty() && IsIdKey(change.key, &hash)) hashes.push_back(hash);
  }
  const std::string prefix(1, static_cast<char>(state::Kind::kQuarantine));
  const auto visit = [&](std::string_view key, std::string_view) {
    if (IsIdKey(key, &hash)) hashes.push_back(hash);
    return true;
  };
  if (Status s = options_.store->Visit(prefix, visit); !s.ok()) return s;
  filter_.Rebuild(hashes, 2 * hashes.size());
  return {};
}

void StateTail::Publish(std::shared_ptr<const Snapshot> next) {
  {
    const std::lock_guard lock(mutex_);
    snapshot_ = next;
  }
  if (options_.changed) options_.changed(std::move(next));
}

// Whoever has read something may still be far behind: only the log's end tells.
Status StateTail::Follow(Offset position) {
  const int64_t now_ms = options_.clock->MonotonicMs();
  if (now_ms >= ask_end_ms_) {
    ask_end_ms_ = now_ms + limits::kStateEndEveryMs;
    const Result<Watermarks> ends = options_.admin->Query(partition_);
    if (ends.ok()) {
      end_ = ends->high;
      end_asked_ms_ = now_ms;
    }
  }
  if (position < end_) return {};
  if (end_asked_ms_ > followed_ms()) followed_ms_.store(end_asked_ms_, std::memory_order_relaxed);
  const int64_t wall_ms = options_.clock->WallMs();
  followed_wall_ms_ = wall_ms;
  if (wall_ms - options_.store->AppliedMs() < limits::kStateTouchMs) return {};
  return options_.store->Apply({}, {{partition_, position}}, wall_ms);
}

}  // namespace fracas::control
