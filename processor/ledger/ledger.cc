// Following the topics. Where following begins is in ledger_begin.cc.

#include "ledger/ledger.h"

#include <algorithm>
#include <utility>

#include "core/codes.h"
#include "core/limits.h"
#include "core/record.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "wire/dead_letter.h"

namespace fracas::ledger {
namespace {

constexpr int64_t kBeginAgainMs = 1'000;
constexpr int64_t kProgressEveryMs = 5'000;
constexpr int kRestoreWaitMs = 100;

// Nothing of it is believed beyond its shape: whoever may write to the topic may write anything.
bool IsPossible(const wire::DeadLetter& decoded) {
  return !decoded.source.topic.empty() && decoded.source.topic.size() <= limits::kTopicNameBytesMax &&
         decoded.source.partition >= 0 && decoded.offset >= 0;
}

Letter ToLetter(wire::DeadLetter decoded, const ConsumedRecord& record) {
  Letter letter;
  letter.source = {std::move(decoded.source), decoded.offset};
  letter.stream = Cat(decoded.pipeline, "/", decoded.stream);
  letter.code = decoded.code_number;
  letter.timestamp_ms = record.timestamp_ms == kNoTime ? 0 : record.timestamp_ms;
  letter.attempt = decoded.attempt;
  letter.replay_count = decoded.replay_count;
  letter.fingerprint = std::move(decoded.fingerprint);
  if (!ParseTimestamp(decoded.timestamp, &letter.judged_ms)) letter.judged_ms = letter.timestamp_ms;
  return letter;
}

}  // namespace

Ledger::Ledger(LedgerOptions options)
    : options_(std::move(options)), index_(options_.store, options_.streams) {}

Status Ledger::Restore(const std::function<bool()>& keep_going) {
  int64_t next_progress_ms = options_.clock->MonotonicMs() + kProgressEveryMs;
  while (!CaughtUp()) {
    if (!keep_going()) return Status::Stop("told to end while the dead letters were being read");
    if (Status turned = Turn(kRestoreWaitMs); !turned.ok()) return turned;
    if (options_.clock->MonotonicMs() < next_progress_ms) continue;
    next_progress_ms = options_.clock->MonotonicMs() + kProgressEveryMs;
    Log(LogLevel::kInfo, "ledger_restoring",
        Cat("dead letters: ", restored_.load(), " of ", restore_target_.load(), " offsets read"));
  }
  return {};
}

bool Ledger::CaughtUp() const {
  if (!following_) return false;
  for (size_t slot = 0; slot < followed_.size(); ++slot) {
    if (options_.tail->Position(slot) < followed_[slot].target) return false;
  }
  return true;
}

Status Ledger::Turn(int wait_ms) {
  if (!following_) {
    if (options_.clock->MonotonicMs() >= next_begin_ms_) {
      Status begun = Begin();
      if (!begun.ok() && begun.action() == Action::kStop) return begun;
      if (!begun.ok()) SetTrouble(std::string(begun.message()));
      next_begin_ms_ = options_.clock->MonotonicMs() + kBeginAgainMs;
    }
    if (!following_) {
      options_.pause(wait_ms);
      return {};
    }
  }
  const Status polled = options_.tail->Poll(
      wait_ms, limits::kStateBatchRecordsMax,
      [&](const ConsumedRecord& record, const PayloadLease& lease) { Visit(record, lease); });
  if (!failed_.ok()) return failed_;
  if (!polled.ok()) {
    // A topic is gone, or does not reach back as far as it did: look at all of them again.
    index_.Abandon();
    following_ = false;
    SetTrouble(std::string(polled.message()));
    return {};
  }
  FindAnew();
  if (!anew_.empty()) return StartAnew();
  if (Status committed = CommitTurn(); !committed.ok()) return committed;
  SetTrouble(options_.tail->trouble());
  Measure();
  return options_.clock->MonotonicMs() < next_sweep_ms_ ? Status() : Sweep();
}

void Ledger::Visit(const ConsumedRecord& record, const PayloadLease& lease) {
  if (!failed_.ok()) return;
  if (!IsLedger(followed_[record.slot].partition)) return VisitLetter(record, lease);
  if (!record.key.empty()) failed_ = index_.Resolve(record.key, record.value);
}

void Ledger::VisitLetter(const ConsumedRecord& record, const PayloadLease& lease) {
  if (std::find(anew_.begin(), anew_.end(), record.slot) != anew_.end()) return;
  headers_.clear();
  lease.VisitHeaders(record.lease_index, [&](std::string_view name, std::string_view value) {
    headers_.push_back({name, value});
  });
  Result<std::optional<wire::DeadLetter>> decoded = wire::DecodeDeadLetter(headers_);
  std::optional<Letter> letter;
  if (!decoded.ok()) {
    unreadable_.fetch_add(1, std::memory_order_relaxed);
  } else if (decoded->has_value() && IsPossible(**decoded)) {
    letter = ToLetter(std::move(**decoded), record);
    // What has killed workers is not looked into here either: it would kill whoever follows the topic.
    if (options_.business_id && letter->code != static_cast<uint32_t>(Code::kPoisonRecord)) {
      letter->business_id = options_.business_id(letter->stream, record, headers_);
    }
  }
  const Place place{followed_[record.slot].partition, record.offset};
  if (followed_[record.slot].expected != kNoOffset) {
    if (!IsExpected(place, letter)) {
      if (failed_.ok()) anew_.push_back(record.slot);
      return;
    }
    followed_[record.slot].expected = kNoOffset;
  }
  failed_ = index_.Add(place, std::move(letter));
}

// The first record that is read of a topic that was followed before is one that we know.
bool Ledger::IsExpected(const Place& place, const std::optional<Letter>& letter) {
  for (const Followed& followed : followed_) {
    if (followed.partition == place.partition && followed.expected != place.offset) return false;
  }
  const Result<std::optional<Letter>> known = index_.At(place);
  if (!known.ok()) {
    failed_ = known.status();
    return false;
  }
  if (known->has_value() != letter.has_value()) return false;
  return !letter.has_value() ||
         ((*known)->source == letter->source && (*known)->code == letter->code &&
          (*known)->judged_ms == letter->judged_ms);
}

// What was passed without having been seen is not there either.
void Ledger::FindAnew() {
  for (size_t slot = 0; slot < followed_.size(); ++slot) {
    const Followed& followed = followed_[slot];
    if (followed.expected == kNoOffset || options_.tail->Position(slot) <= followed.expected) continue;
    if (std::find(anew_.begin(), anew_.end(), slot) == anew_.end()) anew_.push_back(slot);
  }
}

// Their letters are others: what was known of them is dropped, and they are read from their beginning.
Status Ledger::StartAnew() {
  index_.Abandon();
  following_ = false;
  complete_.store(false, std::memory_order_release);
  next_begin_ms_ = 0;
  for (const size_t slot : std::exchange(anew_, {})) {
    const TopicPartition& partition = followed_[slot].partition;
    Log(LogLevel::kWarning, "dead_letter_topic_made_anew",
        Cat("topic ", partition.topic, ", partition ", partition.partition,
            ", does not hold what it held: it was made anew, its dead letters are read again"));
    if (Status forgotten = ForgetAll(partition); !forgotten.ok()) return forgotten;
  }
  return {};
}

Status Ledger::CommitTurn() {
  std::map<TopicPartition, Offset> positions;
  for (size_t slot = 0; slot < followed_.size(); ++slot) {
    const TopicPartition& partition = followed_[slot].partition;
    const Offset position = options_.tail->Position(slot);
    if (position > options_.store->Position(partition)) positions[partition] = position;
  }
  const int64_t now_ms = options_.clock->WallMs();
  // A store that nothing changes is told that it is current, or it would be thrown away for its age.
  const bool touch =
      now_ms - options_.store->AppliedMs() > limits::kStateTouchMs && options_.tail->trouble().empty();
  if (!index_.changed() && positions.empty() && !touch) return {};
  return index_.Commit(positions, now_ms);
}

void Ledger::Measure() {
  Offset restored = 0;
  Offset target = 0;
  for (size_t slot = 0; slot < followed_.size(); ++slot) {
    target += followed_[slot].target;
    restored += std::min(options_.tail->Position(slot), followed_[slot].target);
  }
  if (CaughtUp() && all_there_) complete_.store(true, std::memory_order_release);
  restored_.store(restored, std::memory_order_relaxed);
  restore_target_.store(target, std::memory_order_relaxed);
}

// What time changes: retention takes letters, streams get topics.
Status Ledger::Sweep() {
  next_sweep_ms_ = options_.clock->MonotonicMs() + limits::kLedgerSweepMs;
  for (const Followed& followed : followed_) {
    if (IsLedger(followed.partition) || !index_.last().contains(followed.partition)) continue;
    const Result<Watermarks> ends = options_.admin->Query(followed.partition);
    if (!ends.ok()) return {};  // the tail tells of the trouble
    if (Status expired = ExpireAll(followed.partition, ends->low); !expired.ok()) return expired;
  }
  const int64_t now_ms = options_.clock->WallMs();
  if (Status purged = index_.Purge(now_ms); !purged.ok()) return purged;
  if (index_.changed()) {
    if (Status committed = index_.Commit({}, now_ms); !committed.ok()) return committed;
  }
  const Result<Topics> topics = Describe();
  if (!topics.ok()) return {};
  if (Status dropped = DropOthers(*topics); !dropped.ok()) return dropped;
  if (topics->summary != described_) {
    following_ = false;
    next_begin_ms_ = 0;
  }
  return {};
}

LedgerFacts Ledger::facts() const {
  LedgerFacts facts;
  facts.complete = complete_.load(std::memory_order_acquire);
  const std::lock_guard lock(mutex_);
  for (LetterCount& count : index_.tally().Counts()) {
    LedgerFacts::Row& row = facts.rows.emplace_back();
    static_cast<LetterCount&>(row) = std::move(count);
    const auto kept = retention_ms_.find(row.stream);
    if (row.oldest_open_ms != 0 && kept != retention_ms_.end()) {
      row.ends_ms = row.oldest_open_ms + kept->second;
    }
  }
  facts.foreign = index_.foreign();
  facts.unreadable = unreadable_.load(std::memory_order_relaxed);
  facts.unseen = unseen_.load(std::memory_order_relaxed);
  facts.restored = restored_.load(std::memory_order_relaxed);
  facts.restore_target = restore_target_.load(std::memory_order_relaxed);
  facts.trouble = trouble_;
  return facts;
}

void Ledger::SetTrouble(std::string trouble) {
  {
    const std::lock_guard lock(mutex_);
    if (trouble == trouble_) return;
    trouble_ = trouble;
  }
  if (!trouble.empty()) {
    Log(LogLevel::kWarning, "ledger_waits", Cat("dead letters are not followed: ", trouble));
  }
}

void Ledger::Log(LogLevel level, std::string_view event, std::string message) const {
  if (options_.log) options_.log({level, event, std::move(message), {}});
}

}  // namespace fracas::ledger
