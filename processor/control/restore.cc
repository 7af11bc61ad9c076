#include <algorithm>
#include <utility>

#include "control/fold.h"
#include "control/state_tail.h"
#include "core/limits.h"
#include "core/text.h"
#include "state/format/codec.h"

// The beginning of a tail: from whatever the store holds to the log's end. IMPORTANT: the end is
// the high watermark. A read_committed reader's end stands below it while a transaction is open,
// with newer committed records behind: stopping there would be stale state and no error.

namespace fracas::control {

namespace {

constexpr int kPollMs = 100;
constexpr int64_t kProgressEveryMs = 5'000;

Status ToldToEnd() { return Status::Stop("told to end while the state was being restored"); }

}  // namespace

Status StateTail::Restore(const std::function<bool()>& keep_going) {
  const int64_t begun_ms = options_.clock->MonotonicMs();
  const Result<Watermarks> ends = AskEnds(keep_going);
  if (!ends.ok()) return ends.status();
  restore_target_.store(ends->high, std::memory_order_relaxed);
  const Result<Offset> from = Begin(*ends, keep_going);
  if (!from.ok()) return from.status();
  if (Status s = FollowFrom(*from, keep_going); !s.ok()) return s;
  if (Status s = ReadUntil(ends->high, keep_going); !s.ok()) return s;
  if (Status s = Build(); !s.ok()) return s;
  const std::shared_ptr<const Snapshot> now = snapshot();
  if (now->genesis == nullptr && now->offset > 0 && !now->breakers.empty()) {
    return Status::Stop(
        Cat("topic ", options_.state_topic, " holds state without a genesis record"));
  }
  followed_ms_.store(options_.clock->MonotonicMs(), std::memory_order_relaxed);
  followed_wall_ms_ = options_.clock->WallMs();
  Log(LogLevel::kInfo, "state_restored",
      Cat("restored ", options_.state_topic, " from offset ", *from, " to ", now->offset, " in ",
          options_.clock->MonotonicMs() - begun_ms, " ms"));
  return {};
}

Result<Watermarks> StateTail::AskEnds(const std::function<bool()>& keep_going) {
  int64_t tell_ms = options_.clock->MonotonicMs() + kProgressEveryMs;
  while (keep_going()) {
    Result<Watermarks> ends = options_.admin->Query(partition_);
    if (ends.ok() || ends.status().action() != Action::kRetry) return ends;
    if (options_.clock->MonotonicMs() >= tell_ms) {
      tell_ms = options_.clock->MonotonicMs() + kProgressEveryMs;
      Log(LogLevel::kWarning, "state_unreachable",
          Cat("the state cannot be restored yet, nothing is consumed: ", ends.status().message()));
    }
  }
  return ToldToEnd();
}

// Where no broker answers it is tried again: it is not the state that is wrong.
Status StateTail::FollowFrom(Offset from, const std::function<bool()>& keep_going) {
  while (keep_going()) {
    Status followed = options_.tail->Follow({{partition_, from}});
    if (followed.ok() || followed.action() != Action::kRetry) return followed;
  }
  return ToldToEnd();
}

Result<Offset> StateTail::Begin(const Watermarks& ends, const std::function<bool()>& keep_going) {
  std::string why = WhyRebuild(ends);
  const auto genesis = ReadGenesis(ends, keep_going);
  if (!genesis.ok()) return genesis.status();
  const auto stored = StoredGenesis();
  const Offset position = options_.store->Position(partition_);
  if (why.empty() && position > 0) {
    if (!stored.ok()) {
      why = Cat("it cannot be read: ", stored.status().message());
    } else if (*genesis == nullptr || *stored == nullptr || (*stored)->uuid != (*genesis)->uuid) {
      why = "it is the copy of a topic of the same name that was deleted or made anew";
    }
  }
  if (why.empty()) return position > 0 ? position : ends.low;
  Log(LogLevel::kWarning, "state_rebuilt",
      Cat("the local copy of ", options_.state_topic, " is thrown away and read again: ", why));
  if (Status s = options_.store->Wipe(); !s.ok()) return s;
  return ends.low;
}

std::string StateTail::WhyRebuild(const Watermarks& ends) const {
  const Offset position = options_.store->Position(partition_);
  if (position == 0) return {};
  if (position > ends.high) {
    return Cat("it stands at offset ", position, ", the topic ends at ", ends.high,
               ": the topic has lost records or was made anew");
  }
  if (position < ends.low) {
    return Cat("it stands at offset ", position, ", the topic begins at ", ends.low);
  }
  const int64_t away_ms = options_.clock->WallMs() - options_.store->AppliedMs();
  const int64_t most_ms = options_.delete_retention_ms / 2;
  if (most_ms > 0 && (away_ms > most_ms || away_ms < -most_ms)) {
    return Cat("it was written ", away_ms / 1000, " s ago, deletions since may be compacted away (",
               "half of delete.retention.ms is ", most_ms / 1000, " s)");
  }
  return {};
}

Result<std::shared_ptr<const state::Genesis>> StateTail::ReadGenesis(
    const Watermarks& ends, const std::function<bool()>& keep_going) {
  using Pointer = std::shared_ptr<const state::Genesis>;
  if (ends.high <= ends.low) return Pointer();
  if (Status s = FollowFrom(ends.low, keep_going); !s.ok()) return s;
  Pointer genesis;
  Status failed;
  bool seen = false;
  const auto visit = [&](const ConsumedRecord& record, const PayloadLease&) {
    if (std::exchange(seen, true)) return;
    if (record.key != state::GenesisKey()) {
      failed = Status::Stop(Cat(Place(record.offset),
                                "the first record is no genesis: this is not a "
                                "state topic of this program, or its beginning was deleted"));
      return;
    }
    Result<state::Genesis> read = state::DecodeGenesis(record.value);
    failed = read.ok() ? CheckGenesis(*read)
                       : Status::Stop(Cat(Place(record.offset), read.status().message()));
    if (failed.ok()) genesis = std::make_shared<const state::Genesis>(std::move(*read));
  };
  while (!seen && options_.tail->Position(0) < ends.high) {
    if (!keep_going()) return ToldToEnd();
    if (Status s = options_.tail->Poll(kPollMs, 1, visit); !s.ok()) return s;
  }
  if (!failed.ok()) return failed;
  return genesis;
}

Status StateTail::CheckGenesis(const state::Genesis& genesis) const {
  if (genesis.group != options_.group) {
    return Status::Stop(Cat("topic ", options_.state_topic, " holds the state of group ",
                            genesis.group, ", this instance is of group ", options_.group,
                            ": give each group topics of its own (topics.state)"));
  }
  if (genesis.format_major > state::kFormatMajor) {
    return Status::Stop(Cat("topic ", options_.state_topic, " has format ", genesis.format_major,
                            ".", genesis.format_minor, ", this program reads format ",
                            uint32_t{state::kFormatMajor}, ".x: upgrade this instance"));
  }
  return {};
}

Result<std::shared_ptr<const state::Genesis>> StateTail::StoredGenesis() const {
  using Pointer = std::shared_ptr<const state::Genesis>;
  std::string value;
  const Result<bool> found = options_.store->Get(state::GenesisKey(), &value);
  if (!found.ok()) return found.status();
  if (!*found) return Pointer();
  Result<state::Genesis> genesis = state::DecodeGenesis(value);
  if (!genesis.ok()) return genesis.status();
  return std::make_shared<const state::Genesis>(std::move(*genesis));
}

Status StateTail::ReadUntil(Offset target, const std::function<bool()>& keep_going) {
  int64_t progress_ms = options_.clock->MonotonicMs();
  int64_t told_ms = progress_ms;
  Offset position = options_.tail->Position(0);
  bool first = true;
  while (first || position < target) {
    if (!keep_going()) return ToldToEnd();
    batch_.Clear();
    const auto visit = [&](const ConsumedRecord& record, const PayloadLease&) {
      batch_.Put(record);
    };
    // The first one also where nothing is missing: it tells whether the log has the offset.
    const int wait_ms = position < target ? kPollMs : 0;
    if (Status s = options_.tail->Poll(wait_ms, limits::kStateBatchRecordsMax, visit); !s.ok())
      return s;
    first = false;
    const int64_t now_ms = options_.clock->MonotonicMs();
    const Offset before = std::exchange(position, options_.tail->Position(0));
    if (position != before || !batch_.changes.empty()) progress_ms = now_ms;
    if (!batch_.changes.empty() || position > options_.store->Position(partition_)) {
      const Status applied =
          options_.store->Apply(batch_.changes, {{partition_, position}}, options_.clock->WallMs());
      if (!applied.ok()) return applied;
    }
    restored_.store(position, std::memory_order_relaxed);
    if (now_ms - told_ms < kProgressEveryMs) continue;
    told_ms = now_ms;
    const bool stuck = now_ms - progress_ms >= limits::kRestoreStuckMs;
    std::string text =
        Cat("restoring ", options_.state_topic, ": offset ", position, " of ", target);
    if (stuck) {
      AppendTo(&text, "; nothing came for ", (now_ms - progress_ms) / 1000, " s: ",
               options_.tail->trouble().empty()
                   ? "a transaction is open in the topic (kafka-transactions.sh --find-hanging)"
                   : options_.tail->trouble());
    }
    Log(stuck ? LogLevel::kWarning : LogLevel::kInfo, "state_restoring", std::move(text));
  }
  return {};
}

Status StateTail::Build() {
  Fold fold((Snapshot()));
  std::vector<uint64_t> hashes;
  Status failed;
  const auto visit = [&](std::string_view key, std::string_view value) {
    failed = fold.Apply(key, value, nullptr);
    const auto kind = state::KindOf(key);
    if (!failed.ok() || !kind.ok() || *kind != state::Kind::kQuarantine) return failed.ok();
    const auto quarantined = state::DecodeQuarantineKey(key);
    if (quarantined.ok() && quarantined->scope == state::QuarantineScope::kId) {
      hashes.push_back(
          QuarantineFilter::Hash(QuarantineFilter::SeedOf(quarantined->stream), quarantined->id));
    }
    return true;
  };
  if (Status s = options_.store->Visit("", visit); !s.ok()) return s;
  if (!failed.ok()) {
    return Status::Stop(Cat("topic ", options_.state_topic, ": ", failed.message(),
                            "; `fracas state dump` shows what is there"));
  }
  // Room for twice as many: the first hours do not begin with growing.
  if (hashes.size() > filter_.capacity()) {
    filter_.Rebuild(hashes, 2 * hashes.size());
  } else {
    for (const uint64_t hash : hashes) filter_.Add(hash);
  }
  Publish(fold.Finish(options_.store->Position(partition_)));
  return {};
}

}  // namespace fracas::control
