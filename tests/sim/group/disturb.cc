// What happens to the cluster and to processes, beside the faults of single calls.

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "tests/sim/group/world.h"

namespace fracas::sim {

void World::Disturb() {
  if (!faults_.on) return;
  const uint64_t kind = random_.Below(100);
  Trace(Cat("disturb ", kind));
  Place* place = places_[random_.Below(places_.size())].get();
  Instance* instance = place->instance.get();
  const bool up = instance != nullptr && instance->workers() > 0;
  if (kind < 30) {
    AppendSource();
  } else if (kind < 44) {
    broker_.Rebalance();
  } else if (kind < 52) {
    if (up) broker_.Kick(instance->member(random_.Below(instance->workers())));
  } else if (kind < 56) {
    broker_.TimeOut(Cat("g-", place->name, "-", random_.Below(2)));
  } else if (kind < 64) {
    if (options_.crashes && up && !instance->crashed()) Crash(place);
  } else if (kind < 74) {
    clock_.Advance(static_cast<int64_t>(random_.Below(2'000)));
  } else if (kind < 76) {
    if (options_.losses) operators_.LoseSource();
  } else if (options_.durable) {
    DisturbState(kind, place);
  }
}

void World::DisturbState(uint64_t kind, Place* place) {
  Instance* instance = place->instance.get();
  if (kind < 80) {
    MoveBeacon();
  } else if (kind < 83) {
    broker_.TimeOut("g.authority");
    if (options_.defects.store_forgets) place->disk.store.ForgetOne('b');
  } else if (kind < 86) {
    // Somebody resets the control group's offsets.
    const auto end = static_cast<uint64_t>(broker_.log(kControlLog).size());
    // A state that begins anew does not repeat what lies below the group's offset.
    const bool began = !operators_.state().cursors().empty();
    const bool first = !began || random_.Chance(700);
    broker_.SetOffset(kControlLog, first ? 0 : static_cast<Offset>(random_.Below(end + 3)));
    ++seen_["offsets reset"];
  } else if (kind < 89) {
    CompactState();
  } else if (kind < 92) {
    if (instance != nullptr && instance->workers() > 0) {
      place->disk.store.FailFromNowOn();  // its disk is full
      ++seen_["disk full"];
    }
  } else if (kind < 95) {
    if (instance != nullptr) {
      instance->clock().Jump(static_cast<int64_t>(random_.Below(6'000)) - 3'000);
    }
  } else if (kind < 98) {
    place->tail_back_ms = clock_.MonotonicMs() + static_cast<int64_t>(random_.Below(2'000));
  } else {
    // Its tail stands still for longer than it may say that it follows.
    place->tail_back_ms = clock_.MonotonicMs() + 46'000;
    clock_.Advance(45'000);
    ++seen_["lag"];
  }
}

void World::Crash(Place* place) {
  place->instance->Crash();
  ++seen_["crash"];
  place->back_ms = clock_.MonotonicMs() + static_cast<int64_t>(random_.Below(900));
  // Its sessions end before it is back, or they do not.
  for (size_t i = 0; i < place->instance->workers(); ++i) {
    if (random_.Chance(400)) broker_.Kick(place->instance->member(i));
  }
  if (random_.Chance(700)) MoveBeacon();
  if (random_.Chance(150)) {
    if (place->disk.store.Wipe().ok()) ++seen_["folder lost"];
  }
}

// To an instance that lives, if there is one; also away from one that is well.
void World::MoveBeacon() {
  for (const auto& place : places_) {
    const bool holds = place->name == beacon_.holder;
    const bool lives = place->instance != nullptr && !place->instance->crashed();
    if (holds && lives && !faults_.on) return;
  }
  const std::string before = beacon_.holder;
  beacon_.holder = places_[random_.Below(places_.size())]->name;
  if (beacon_.holder == before) return;
  ++beacon_.term;
  ++seen_["authority moved"];
}

void World::Sample() {
  const int64_t now_ms = clock_.MonotonicMs();
  if (!samples_.empty() && now_ms < samples_.back().first + 1'000) return;
  samples_.emplace_back(now_ms, static_cast<Offset>(broker_.log(kStateLog).size()));
}

// As the log cleaner does it: never where a tail that runs has not been (the topic's compaction lag
// is far longer than an instance may stay behind), deletions only when their retention is over.
void World::CompactState() {
  Compaction compaction;
  compaction.end = static_cast<Offset>(broker_.log(kStateLog).size());
  for (const auto& place : places_) {
    if (place->instance == nullptr || place->instance->crashed()) continue;
    compaction.end = std::min(compaction.end, place->instance->state_offset());
  }
  for (const auto& [at_ms, end] : samples_) {
    if (at_ms + 20'000 <= clock_.MonotonicMs()) compaction.forget = end;
  }
  Compact(kStateLog, compaction, &broker_);
  ++seen_["compaction"];
}

}  // namespace fracas::sim
