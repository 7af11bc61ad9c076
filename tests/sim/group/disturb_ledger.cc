// What happens to the ledgers: their turns, their folders, and the topics that they follow.

#include <algorithm>

#include "core/limits.h"
#include "tests/sim/group/world.h"

namespace fracas::sim {

namespace {

constexpr int kSettleTurnsMin = 3;
constexpr int kSettleTurnsMax = 20;

}  // namespace

void World::TurnLedgers() {
  if (!options_.durable) return;
  if (clock_.MonotonicMs() >= topic_known_ms_) ledger_faults_.unknown_topic.clear();
  Place* place = places_[ledger_random_.Below(places_.size())].get();
  if (faults_.on && ledger_random_.Chance(15)) DisturbLedger(place);
  if (!ledger_random_.Chance(100)) return;
  if (place->instance == nullptr || place->instance->crashed()) return;
  const Status turned = place->instance->TurnLedger();
  if (turned.ok()) return;
  if (turned.message() != "the disk is full") failures_.push_back(std::string(turned.message()));
  RestartLedger(place);
}

void World::RestartLedger(Place* place) {
  if (place->instance == nullptr) return;
  PutLedgerFolder(place);
  place->instance->RestartLedger();
  ++seen_["ledger restarted"];
}

void World::DisturbLedger(Place* place) {
  if (options_.defects.ledger_forgets) place->disk.ledger.store.ForgetOne('d');
  const uint64_t kind = ledger_random_.Below(100);
  if (kind < 25) {
    TakeLetters();
  } else if (kind < 40) {
    // Its deletions are none, so that nobody who is behind misses one.
    Compact(kLedgerLog, {}, &broker_);
    ++seen_["ledger compaction"];
  } else if (kind < 55) {
    RestartLedger(place);
  } else if (kind < 70) {
    place->disk.aside.CopyFrom(place->disk.ledger);
  } else if (kind < 80) {
    place->disk.ledger.store.FailFromNowOn();
    ++seen_["ledger disk full"];
  } else if (!topics_.empty()) {
    // Never for a minute of theirs: they would believe that it was deleted.
    ledger_faults_.unknown_topic = topics_.back();
    topics_.pop_back();
    topic_known_ms_ = clock_.MonotonicMs() + static_cast<int64_t>(ledger_random_.Below(2'000));
    ++seen_["unknown topic"];
  }
}

// Retention takes dead letters, whoever has read them and whoever has not.
void World::TakeLetters() {
  const std::string topic = kLetterTopics[ledger_random_.Below(std::size(kLetterTopics))];
  const auto partitions = static_cast<uint64_t>(broker_.Partitions(topic));
  const TopicPartition partition{topic, static_cast<Partition>(ledger_random_.Below(partitions))};
  const Offset from = broker_.Low(partition);
  const Offset to = std::min(broker_.StableEnd(partition),
                             from + 1 + static_cast<Offset>(ledger_random_.Below(2)));
  if (to <= from) return;
  for (const auto& place : places_) {
    place->disk.ledger.Take(partition, from, to);
    place->disk.aside.Take(partition, from, to);
  }
  broker_.DeleteBelow(partition, to);
  ++seen_["letters taken"];
}

// A process begins on the folder that was there, or on another.
void World::PutLedgerFolder(Place* place) {
  LedgerFolder& folder = place->disk.ledger;
  folder.store.Mend();
  if (!faults_.on) return;
  const uint64_t kind = ledger_random_.Below(100);
  if (kind < 10) {
    if (folder.store.Wipe().ok()) ++seen_["ledger folder lost"];
  } else if (kind < 25) {
    folder.CopyFrom(place->disk.aside);
    ++seen_["older ledger folder"];
  } else if (kind < 30) {
    const Place* other = places_[ledger_random_.Below(places_.size())].get();
    if (other == place) return;
    folder.CopyFrom(other->disk.ledger);
    ++seen_["another's ledger folder"];
  }
}

// Every ledger reads what is left, and looks once more for what retention has taken.
void World::SettleLedgers() {
  ledger_faults_.unknown_topic.clear();
  bool settled = false;
  for (int turn = 0; turn < kSettleTurnsMax && (turn < kSettleTurnsMin || !settled); ++turn) {
    clock_.Advance(limits::kLedgerSweepMs / kLedgerHaste + 1);
    settled = true;
    for (const auto& place : places_) {
      if (const Status turned = place->instance->TurnLedger(); !turned.ok()) {
        failures_.push_back(std::string(turned.message()));
      }
      settled = settled && place->instance->ledger().CaughtUp();
    }
  }
  for (const auto& place : places_) {
    for (const auto& row : place->instance->ledger().ledger().facts().rows) {
      seen_["open letter"] += static_cast<int>(row.open);
      seen_["resolved letter"] += static_cast<int>(row.resolved);
      seen_["discarded letter"] += static_cast<int>(row.discarded);
      seen_["expired letter"] += static_cast<int>(row.expired);
    }
  }
}

}  // namespace fracas::sim
