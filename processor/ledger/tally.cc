#include "ledger/tally.h"

#include "core/check.h"

namespace fracas::ledger {
namespace {

uint64_t* Of(LetterState state, LetterCount* count) {
  switch (state) {
    case LetterState::kOpen: return &count->open;
    case LetterState::kResolved: return &count->resolved;
    case LetterState::kDiscarded: return &count->discarded;
    case LetterState::kExpired: return &count->expired;
  }
  return nullptr;
}

}  // namespace

void Tally::Clear() {
  const std::lock_guard lock(mutex_);
  rows_.clear();
}

void Tally::Apply(const std::vector<Change>& changes) {
  const std::lock_guard lock(mutex_);
  for (const Change& change : changes) {
    Row& row = rows_[{change.stream, change.code}];
    uint64_t* const count = Of(change.state, &row.count);
    FRACAS_CHECK(change.by > 0 || *count > 0, "fewer dead letters than none");
    *count += static_cast<uint64_t>(static_cast<int64_t>(change.by));
    if (change.state != LetterState::kOpen) continue;
    const int64_t second = change.judged_ms / 1'000;
    uint64_t& open = row.open_by_second[second];
    open += static_cast<uint64_t>(static_cast<int64_t>(change.by));
    if (open == 0) row.open_by_second.erase(second);
  }
}

std::vector<LetterCount> Tally::Counts() const {
  const std::lock_guard lock(mutex_);
  std::vector<LetterCount> counts;
  for (const auto& [name, row] : rows_) {
    if (row.count.open + row.count.resolved + row.count.discarded + row.count.expired == 0) continue;
    LetterCount& count = counts.emplace_back(row.count);
    count.stream = name.stream;
    count.code = name.code;
    if (!row.open_by_second.empty()) count.oldest_open_ms = row.open_by_second.begin()->first * 1'000;
  }
  return counts;
}

}  // namespace fracas::ledger
