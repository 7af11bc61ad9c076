#include <algorithm>
#include <utility>

#include "control/authority.h"
#include "control/authority_bytes.h"
#include "core/limits.h"
#include "core/record.h"
#include "core/text.h"

// How the authority's transactions end. IMPORTANT: it never guesses; whatever is not certainly
// committed is begun again from what the state itself says.

namespace fracas::control {

Authority::~Authority() {
  options_.transaction = nullptr;  // before the bytes that it may refer to
}

CommitResult Authority::Commit(const Work& work) {
  if (Status begun = options_.transaction->Begin(); !begun.ok()) {
    const auto kind = begun.action() == Action::kStop ? CommitResult::Kind::kUnknown
                                                      : CommitResult::Kind::kNotCommitted;
    return {kind, std::move(begun), "", Code::kNone};
  }
  in_flight_ = std::make_unique<Bytes>();
  in_flight_->control_genesis = work.control_genesis;
  in_flight_->state = work.draft->StateChanges();
  in_flight_->ledger = work.draft->LedgerChanges();
  for (const wire::JournalEntry& entry : work.journal) {
    StateChange& record = in_flight_->journal.emplace_back();
    record.key = entry.id;
    wire::Encode(entry, &record.value);
  }
  // The producer knows what it has refused; a transaction with a refused record cannot commit.
  (void)Produce(work);
  const OffsetToCommit offset{control_, work.draft->cursor().control_offset + 1, ""};
  CommitResult result = options_.transaction->Commit(epoch_.get(), {&offset, 1});
  const bool over =
      result.kind != CommitResult::Kind::kUnknown && result.kind != CommitResult::Kind::kFenced;
  if (over) in_flight_ = nullptr;
  return result;
}

Status Authority::Produce(const Work& work) {
  const auto produce = [&](OutputTopic topic, std::string_view key, std::string_view value) {
    ProducedRecord record;
    record.key = key;
    record.value = value;
    record.timestamp_ms = kNoTime;
    return options_.transaction->Produce(topic, 0, record);
  };
  if (!work.control_genesis.empty()) {
    if (Status s = produce(control_output_, "", in_flight_->control_genesis); !s.ok()) return s;
  }
  for (const StateChange& change : in_flight_->state) {
    // Compaction removes a key only for a null value.
    const std::string_view value = change.value.empty() ? std::string_view() : change.value;
    if (Status s = produce(state_output_, change.key, value); !s.ok()) return s;
  }
  for (const StateChange& change : in_flight_->ledger) {
    if (Status s = produce(ledger_output_, change.key, change.value); !s.ok()) return s;
  }
  for (const StateChange& entry : in_flight_->journal) {
    if (Status s = produce(journal_output_, entry.key, entry.value); !s.ok()) return s;
  }
  return {};
}

Status Authority::Decide(const CommitResult& result, Work* work) {
  if (!result.committed()) {
    const std::lock_guard lock(mutex_);
    ++counts_.failed;
  }
  switch (result.kind) {
    case CommitResult::Kind::kCommitted: Committed(work); return {};
    case CommitResult::Kind::kNotCommitted:
      if (result.status.action() == Action::kStop) return result.status;
      BeginAgain(
          "commands_not_committed",
          Cat("commands were not committed and are applied again: ", result.status.message()));
      return {};
    case CommitResult::Kind::kTopicRefused: return Refused(result, *work);
    case CommitResult::Kind::kUnknown:
      BeginAgain("commands_in_doubt",
                 Cat("it is not known whether commands were committed; the state "
                     "itself is asked: ",
                     result.status.message()));
      return {};
    case CommitResult::Kind::kFenced: return Fenced(result);
  }
  return {};
}

void Authority::Committed(Work* work) {
  written_ = work->draft->cursor();
  awaiting_ = true;
  next_ = written_.control_offset + 1;
  committed_ms_ = options_.clock->MonotonicMs();
  waiting_since_ms_ = committed_ms_;
  needs_control_genesis_ = false;
  refusal_.clear();
  if (next_ >= one_by_one_until_) one_by_one_ = false;
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(work->taken));
  if (queue_.empty()) lease_ = nullptr;
  for (const std::string& id : work->commands) Remember(id);
  failures_ = 0;
  Trouble("", "");
  for (const wire::JournalEntry& entry : work->journal) {
    if (!options_.log) break;
    options_.log({entry.applied ? LogLevel::kInfo : LogLevel::kWarning,
                  entry.applied ? "command_applied" : "command_refused",
                  Cat(entry.type, ": ", entry.because),
                  {{"stream", entry.stream}, {"id", entry.id}, {"who", entry.who}}});
  }
  const std::lock_guard lock(mutex_);
  ++counts_.transactions;
  counts_.applied += work->counts.applied;
  counts_.refused += work->counts.refused;
  counts_.repeated += work->counts.repeated;
}

// A topic that refuses a record for what it is refuses it for ever: it must not stop everything
// behind it.
Status Authority::Refused(const CommitResult& result, const Work& work) {
  const std::string why =
      Cat("topic ", result.topic, " refuses records: ", result.status.message());
  if (result.code == Code::kSinkRejected && work.taken > 0) {
    if (one_by_one_ && refusal_.empty()) {
      refusal_ = Cat("it cannot be written: ", why);
    } else if (!one_by_one_) {
      one_by_one_ = true;
      one_by_one_until_ = queue_[work.taken - 1].offset + 1;
    }
  }
  BeginAgain("state_refused", why);
  return {};
}

// Another instance has the authority, or had it for a moment: who of both is for the group to say.
Status Authority::Fenced(const CommitResult& result) {
  BeginAgain("authority_fenced",
             Cat("another instance has claimed the authority: ", result.status.message()));
  Lose();
  return Rejoin();
}

void Authority::BeginAgain(std::string_view event, std::string why) {
  active_.store(false, std::memory_order_relaxed);
  queue_.clear();
  awaiting_ = false;
  if (epoch_ != nullptr) phase_ = Phase::kClaim;
  const int64_t delay_ms =
      std::min(limits::kBackoffMsMax, limits::kBackoffMsMin << std::min(failures_, 10));
  ++failures_;
  retry_at_ms_ = options_.clock->MonotonicMs() + delay_ms;
  Trouble(event, std::move(why));
}

void Authority::Trouble(std::string_view event, std::string why) {
  if (!why.empty()) Log(LogLevel::kWarning, event, why);
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(why);
}

}  // namespace fracas::control
