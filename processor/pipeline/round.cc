#include "pipeline/round.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace fracas::pipeline {

void Batch::Reset() {
  kind = BatchKind::kRecords;
  id = {};
  slot = 0;
  topic_partitions = 0;
  records.Clear();
  findings.Clear();
  masked.clear();
  replays.clear();
  treatments.clear();
  watch = nullptr;
  diverted.reset();
  bytes = gaps = proved = explained = 0;
  event_time_max_ms = kNoTime;
  classified = {};
  verdict = {};
  counted = {};
  in_window = false;
  trouble.clear();
  fences_with_offset = true;
}

namespace {

template <typename Element>
const Element* FindRecord(const std::vector<Element>& elements, size_t record) {
  const auto found = std::lower_bound(
      elements.begin(), elements.end(), record,
      [](const Element& element, size_t wanted) { return element.record < wanted; });
  return found == elements.end() || found->record != record ? nullptr : &*found;
}

}  // namespace

const MaskedRecord* Batch::FindMasked(size_t record) const { return FindRecord(masked, record); }

const Replay* Batch::FindReplay(size_t record) const { return FindRecord(replays, record); }

Batch* Round::AddBatch() {
  if (count_ == storage_.size()) storage_.emplace_back();
  Batch& batch = storage_[count_++];
  batch.Reset();
  return &batch;
}

uint64_t Round::Records() const {
  uint64_t sum = 0;
  for (const Batch& batch : batches()) sum += batch.records.size();
  return sum;
}

void Round::Reset() {
  // Batches are reset when they are used again: their columns hold views into the lease, but nobody
  // reads a batch beyond count_. Their tickets may be used again at once, unless they were kept.
  for (Batch& batch : batches()) batch.replays.clear();
  count_ = 0;
  texts.clear();
  lease.reset();
  view.reset();
  epoch.reset();
}

RoundPool::RoundPool() {
  for (size_t i = 0; i < kRoundsMax; ++i) idle_.push_back(std::make_unique<Round>());
}

std::unique_ptr<Round> RoundPool::Take() {
  if (idle_.empty()) return nullptr;
  std::unique_ptr<Round> round = std::move(idle_.back());
  idle_.pop_back();
  return round;
}

void RoundPool::Return(std::unique_ptr<Round> round) {
  FRACAS_CHECK(round != nullptr && idle_.size() < kRoundsMax, "a round returns once");
  round->Reset();
  idle_.push_back(std::move(round));
}

}  // namespace fracas::pipeline
