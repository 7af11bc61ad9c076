// What changes the index. Reading is in index_read.cc.

#include "ledger/index.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "state/format/codec.h"

namespace fracas::ledger {
namespace {

LetterState StateOf(const std::optional<state::LetterResolution>& resolution) {
  if (!resolution.has_value()) return LetterState::kOpen;
  return resolution->end == state::LetterEnd::kResolved ? LetterState::kResolved
                                                        : LetterState::kDiscarded;
}

bool IsLetter(std::string_view value) { return value != kForeign; }

}  // namespace

std::string Index::LabelOf(const std::string& stream) const {
  return streams_.contains(stream) ? stream : std::string(kOtherStreams);
}

void Index::Count(const Letter& letter, int32_t by) {
  counted_.push_back({LabelOf(letter.stream), letter.code, letter.state, letter.judged_ms, by});
}

Status Index::Wipe() {
  Abandon();
  if (Status wiped = store_->Wipe(); !wiped.ok()) return wiped;
  tally_.Clear();
  last_.clear();
  foreign_.store(0, std::memory_order_relaxed);
  return {};
}

Status Index::Open() {
  std::string version;
  const Result<bool> known = store_->Get(kVersionKey, &version);
  if (!known.ok()) return known.status();
  if (*known && version != kVersion) {
    if (Status wiped = Wipe(); !wiped.ok()) return wiped;
  }
  Status damage;
  std::vector<Tally::Change> counted;
  uint64_t foreign = 0;
  const auto count = [&](std::string_view value) {
    Result<Letter> letter = DecodeLetter(value);
    if (!letter.ok()) {
      damage = letter.status();
      return false;
    }
    counted.push_back({LabelOf(letter->stream), letter->code, letter->state, letter->judged_ms, 1});
    return true;
  };
  last_.clear();
  Status visited = store_->Visit("d", [&](std::string_view key, std::string_view value) {
    Place place = PlaceOf(key);
    last_[std::move(place.partition)] = place.offset;
    if (IsLetter(value)) return count(value);
    ++foreign;
    return true;
  });
  if (!visited.ok()) return visited;
  if (damage.ok()) {
    visited = store_->Visit("x", [&](std::string_view, std::string_view value) { return count(value); });
    if (!visited.ok()) return visited;
  }
  if (!damage.ok()) return Wipe();
  tally_.Clear();
  tally_.Apply(counted);
  foreign_.store(foreign, std::memory_order_relaxed);
  Abandon();
  if (!*known || version != kVersion) Put(std::string(kVersionKey), std::string(kVersion));
  return {};
}

void Index::Abandon() {
  // The version goes with the first batch that is committed.
  const auto version = pending_.find(kVersionKey);
  const bool keep = version != pending_.end();
  pending_.clear();
  if (keep) Put(std::string(kVersionKey), std::string(kVersion));
  counted_.clear();
  foreign_by_ = 0;
  pending_last_.clear();
}

Status Index::Commit(const std::map<TopicPartition, Offset>& positions, int64_t now_ms) {
  std::vector<StateChange> changes;
  changes.reserve(pending_.size());
  for (auto& [key, value] : pending_) changes.push_back({key, value});
  if (Status applied = store_->Apply(changes, positions, now_ms); !applied.ok()) return applied;
  tally_.Apply(counted_);
  foreign_.fetch_add(static_cast<uint64_t>(foreign_by_), std::memory_order_relaxed);
  for (const auto& [partition, offset] : pending_last_) {
    if (offset == kNoOffset) {
      last_.erase(partition);
    } else {
      last_[partition] = offset;
    }
  }
  pending_.clear();
  Abandon();
  return {};
}

Status Index::Add(const Place& place, std::optional<Letter> letter) {
  const std::string key = PlaceKey(place);
  std::string before;
  const Result<bool> known = Get(key, &before);
  if (!known.ok()) return known.status();
  if (*known) return {};  // read again after a restart
  pending_last_[place.partition] = place.offset;
  if (!letter.has_value()) {
    Put(key, std::string(kForeign));
    ++foreign_by_;
    return {};
  }
  std::optional<state::LetterResolution> resolution;
  if (Status asked = ResolutionOf(letter->source, &resolution); !asked.ok()) return asked;
  letter->place = place;
  letter->state = StateOf(resolution);
  letter->ended_ms = resolution.has_value() ? resolution->stamp.time_ms : 0;
  Put(SourceKey(letter->source, place), key);
  Count(*letter, 1);
  Put(key, Encode(std::move(*letter)));
  return {};
}

Status Index::Resolve(std::string_view key, std::string_view value) {
  const Result<Place> source = SourceOfResolution(key);
  if (!source.ok()) return {};  // another entity of the ledger
  std::optional<state::LetterResolution> resolution;
  if (!value.empty()) {
    Result<state::LetterResolution> decoded = state::DecodeLetterResolution(value);
    // Bytes of nobody's, or of a newer program: what they say is not known, so the letter stays open.
    if (decoded.ok()) resolution = std::move(*decoded);
  }
  Put(std::string(key), std::string(value));
  std::vector<std::string> entries;
  const Status visited =
      VisitPending(SourcePrefix(*source), [&](const std::string&, const std::string& entry) {
        entries.push_back(entry);
      });
  if (!visited.ok()) return visited;
  for (const std::string& entry : entries) {
    if (Status moved = Move(entry, resolution); !moved.ok()) return moved;
  }
  return {};
}

// The letter of an entry, to what its resolution says.
Status Index::Move(const std::string& entry,
                   const std::optional<state::LetterResolution>& resolution) {
  std::string value;
  const Result<bool> known = Get(entry, &value);
  if (!known.ok()) return known.status();
  if (!*known) return {};
  Result<Letter> letter = DecodeLetter(value);
  if (!letter.ok()) return letter.status();
  if (letter->state == LetterState::kExpired) {
    // Somebody had its bytes elsewhere: it is not lost after all.
    if (!resolution.has_value()) return {};
    Count(*letter, -1);
    Put(entry, "");
    Put(SourceKey(letter->source, letter->place), "");
    return {};
  }
  // The same end once more counts too: a store that is built anew knows the last one alone.
  const LetterState now = StateOf(resolution);
  const int64_t ended_ms = resolution.has_value() ? resolution->stamp.time_ms : 0;
  if (letter->state == now && letter->ended_ms == ended_ms) return {};
  Count(*letter, -1);
  letter->state = now;
  letter->ended_ms = ended_ms;
  Count(*letter, 1);
  Put(entry, Encode(std::move(*letter)));
  return {};
}

// Entries of a partition below `low`, at most limits::kLedgerSweepMax.
Result<std::vector<StateChange>> Index::Below(const TopicPartition& partition, Offset low) const {
  std::vector<StateChange> entries;
  const Status visited =
      store_->Visit(PlacePrefix(partition), [&](std::string_view key, std::string_view value) {
        if (PlaceOf(key).offset >= low || entries.size() >= limits::kLedgerSweepMax) return false;
        entries.push_back({std::string(key), std::string(value)});
        return true;
      });
  if (!visited.ok()) return visited;
  return entries;
}

Result<bool> Index::Expire(const TopicPartition& partition, Offset low, int64_t now_ms) {
  Result<std::vector<StateChange>> entries = Below(partition, low);
  if (!entries.ok()) return entries.status();
  for (const StateChange& entry : *entries) {
    Put(entry.key, "");
    if (!IsLetter(entry.value)) {
      --foreign_by_;
      continue;
    }
    Result<Letter> letter = DecodeLetter(entry.value);
    if (!letter.ok()) return letter.status();
    Count(*letter, -1);
    const std::string source = SourceKey(letter->source, letter->place);
    if (letter->state != LetterState::kOpen) {
      Put(source, "");
      continue;
    }
    letter->state = LetterState::kExpired;
    letter->ended_ms = now_ms;
    Count(*letter, 1);
    const std::string expired = ExpiredKey(now_ms, letter->place);
    Put(source, expired);
    Put(expired, Encode(std::move(*letter)));
  }
  return entries->size() >= limits::kLedgerSweepMax;
}

Result<bool> Index::Forget(const TopicPartition& partition) {
  Result<std::vector<StateChange>> entries = Below(partition, INT64_MAX);
  if (!entries.ok()) return entries.status();
  for (const StateChange& entry : *entries) {
    Put(entry.key, "");
    if (!IsLetter(entry.value)) {
      --foreign_by_;
      continue;
    }
    Result<Letter> letter = DecodeLetter(entry.value);
    if (!letter.ok()) return letter.status();
    Count(*letter, -1);
    Put(SourceKey(letter->source, letter->place), "");
  }
  const bool more = entries->size() >= limits::kLedgerSweepMax;
  if (!more) pending_last_[partition] = kNoOffset;
  return more;
}

Status Index::Purge(int64_t now_ms) {
  std::vector<StateChange> old;
  const Status visited = store_->Visit("x", [&](std::string_view key, std::string_view value) {
    const bool kept = ExpiredMsOf(key) > now_ms - limits::kLedgerExpiredKeptMs;
    if (kept || old.size() >= limits::kLedgerSweepMax) return false;
    old.push_back({std::string(key), std::string(value)});
    return true;
  });
  if (!visited.ok()) return visited;
  for (const StateChange& entry : old) {
    const Result<Letter> letter = DecodeLetter(entry.value);
    if (!letter.ok()) return letter.status();
    Count(*letter, -1);
    Put(entry.key, "");
    Put(SourceKey(letter->source, letter->place), "");
  }
  return {};
}

}  // namespace fracas::ledger
