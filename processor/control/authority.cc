#include "control/authority.h"

#include <algorithm>
#include <utility>

#include "control/authority_bytes.h"
#include "core/limits.h"
#include "core/record.h"
#include "core/text.h"
#include "state/format/codec.h"
#include "wire/command.h"
#include "wire/text.h"

namespace fracas::control {

using wire::JournalEntry;

Authority::Authority(AuthorityOptions options)
    : options_(std::move(options)), control_{options_.control_topic, 0} {}

Authority::Counts Authority::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::string Authority::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Authority::Log(LogLevel level, std::string_view event, std::string message) const {
  if (options_.log) options_.log({level, event, std::move(message), {}});
}

void Authority::Close() {
  Lose();
  options_.source->Close();
}

Status Authority::Turn(int wait_ms) {
  if (Status s = Poll(wait_ms); !s.ok()) return s;
  if (options_.clock->MonotonicMs() < retry_at_ms_) return {};
  Status status;
  switch (phase_) {
    case Phase::kNone: return {};
    case Phase::kClaim: status = Claim(); break;
    case Phase::kFollow:
      if (!TailHasPassed()) return {};
      status = Prepare();
      break;
    case Phase::kWork:
      if (!TailHasPassed()) return {};
      status = DoWork();
      break;
  }
  if (status.ok() || status.action() == Action::kStop) return status;
  BeginAgain("authority_waits", std::string(status.message()));
  return {};
}

// --- Working
// --------------------------------------------------------------------------------------------

// kFollow: everything that a predecessor may have written. kWork: what was written last; the cursor
// is the last record of a transaction, so whoever has it has all of it.
bool Authority::TailHasPassed() {
  const auto snapshot = options_.snapshot();
  bool passed = true;
  if (phase_ == Phase::kFollow) {
    passed = snapshot->offset >= barrier_;
  } else if (awaiting_) {
    const state::Cursor& seen = snapshot->cursor;
    passed = seen.control_uuid == written_.control_uuid &&
             seen.control_offset >= written_.control_offset && seen.time_ms >= written_.time_ms;
  }
  const int64_t now_ms = options_.clock->MonotonicMs();
  if (passed) {
    awaiting_ = false;
    waiting_since_ms_ = now_ms;
  } else if (now_ms - waiting_since_ms_ > limits::kRestoreStuckMs) {
    waiting_since_ms_ = now_ms;
    Trouble("authority_waits_for_its_tail",
            Cat("commands wait: the own copy of ", options_.state_topic, " stands at offset ",
                snapshot->offset,
                " and does not pass what was written; an open transaction there, or a "
                "broker that is away"));
  }
  return passed;
}

Status Authority::DoWork() {
  if (options_.clock->MonotonicMs() - committed_ms_ > limits::kAuthorityIdleMs) {
    phase_ = Phase::kClaim;  // the broker may have forgotten the id
    return {};
  }
  Work work;
  const Result<bool> any = Fill(&work);
  if (!any.ok()) return any.status();
  if (!*any) return {};
  state::Cursor cursor;
  cursor.control_uuid = control_uuid_;
  cursor.control_offset = work.taken == 0 ? next_ - 1 : queue_[work.taken - 1].offset;
  // Grows with every transaction, so that it can be told from the one before.
  cursor.time_ms = std::max(options_.clock->WallMs(), work.draft->cursor().time_ms + 1);
  work.draft->Put(std::move(cursor));
  return Decide(Commit(work), &work);
}

// False: there is nothing to do.
Result<bool> Authority::Fill(Work* work) {
  work->draft = std::make_unique<Draft>(options_.snapshot(), options_.store);
  AddGenesis(work);
  if (!one_by_one_) {
    if (Status s = ApplyTimers(work); !s.ok()) return s;
  }
  const size_t most = one_by_one_ ? 1 : limits::kAuthorityCommandsMax;
  while (work->taken < queue_.size() && work->taken < most &&
         work->draft->size() < limits::kAuthorityChangesMax) {
    if (Status s = ApplyRecord(queue_[work->taken], work); !s.ok()) return s;
    ++work->taken;
  }
  return work->taken > 0 || work->draft->size() > 0 || !work->journal.empty() ||
         !work->control_genesis.empty();
}

void Authority::AddGenesis(Work* work) {
  const int64_t now_ms = options_.clock->WallMs();
  if (work->draft->base().genesis == nullptr) {
    state::Genesis genesis;
    genesis.uuid = options_.new_uuid();
    genesis.group = options_.group;
    genesis.format_major = state::kFormatMajor;
    genesis.format_minor = state::kFormatMinor;
    genesis.time_ms = now_ms;
    work->draft->Put(std::move(genesis));
  }
  if (needs_control_genesis_) {
    wire::Encode(wire::ControlGenesis{control_uuid_, options_.group, now_ms},
                 &work->control_genesis);
  }
}

Status Authority::ApplyRecord(const ConsumedRecord& record, Work* work) {
  if (record.offset < next_) {
    ++work->counts.repeated;
    return {};
  }
  const size_t before = work->journal.size();
  Status applied = ApplyMessage(record, work);
  if (!applied.ok() && applied.action() == Action::kReject) {
    work->journal.push_back(RefusedRecord(record, applied.message()));
    applied = {};
  }
  if (work->journal.size() > before) {
    ++(work->journal.back().applied ? work->counts.applied : work->counts.refused);
  }
  return applied;
}

Status Authority::ApplyMessage(const ConsumedRecord& record, Work* work) {
  if (!refusal_.empty()) return Status::Reject(refusal_);
  const Result<wire::ControlMessage> message = wire::DecodeControl(record.value);
  if (!message.ok()) {
    if (message.status().action() == Action::kReject) return message.status();
    return message.status().WithPrefix(
        Cat("topic ", options_.control_topic, ", offset ", record.offset, ": "));
  }
  TransitionContext context;
  context.now_ms = options_.clock->WallMs();
  context.control_offset = record.offset;
  context.policy = options_.policy;
  context.random = options_.random;
  if (const auto* command = std::get_if<wire::Command>(&*message); command != nullptr) {
    const bool again = std::find(work->commands.begin(), work->commands.end(), command->id) !=
                       work->commands.end();
    if (again || recent_ids_.contains(command->id)) {
      ++work->counts.repeated;
      return {};
    }
    Result<JournalEntry> entry = Apply(*command, context, work->draft.get());
    if (!entry.ok()) return entry.status();
    work->commands.push_back(command->id);
    work->journal.push_back(std::move(*entry));
  } else if (const auto* fact = std::get_if<wire::Fact>(&*message); fact != nullptr) {
    Result<JournalEntry> entry = Apply(*fact, context, work->draft.get());
    if (!entry.ok()) return entry.status();
    work->journal.push_back(std::move(*entry));
  }
  return {};  // a genesis was looked at when this began
}

JournalEntry Authority::RefusedRecord(const ConsumedRecord& record, std::string_view why) const {
  const wire::ControlHead head = wire::PeekControl(record.value);
  JournalEntry entry;
  entry.id = head.id;
  entry.type = head.type;
  entry.stream = head.stream;
  entry.who = head.who;
  entry.why = head.why;
  entry.time_ms = options_.clock->WallMs();
  entry.control_offset = record.offset;
  wire::AppendText(why, limits::kMessageTextBytesMax, &entry.because);
  return entry;
}

Status Authority::ApplyTimers(Work* work) {
  const int64_t now_ms = options_.clock->WallMs();
  const auto snapshot = options_.snapshot();
  if (snapshot != due_of_) {
    due_of_ = snapshot;
    due_ms_ = NextDueMs(*snapshot);
  }
  const auto expired = Sweep();
  if (!expired.ok()) return expired.status();
  if (due_ms_ > now_ms && expired->empty()) return {};
  TransitionContext context;
  context.now_ms = now_ms;
  context.policy = options_.policy;
  context.random = options_.random;
  auto entries = ApplyDue(context, *expired, work->draft.get());
  if (!entries.ok()) return entries.status();
  work->counts.applied += entries->size();
  for (JournalEntry& entry : *entries) work->journal.push_back(std::move(entry));
  return {};
}

// The quarantine entries whose expiry is reached and not marked. A look at all of them, so it is
// taken at most every limits::kExpirySweepMs, and only when one can be due.
Result<std::vector<state::QuarantineKey>> Authority::Sweep() {
  std::vector<state::QuarantineKey> expired;
  const auto snapshot = options_.snapshot();
  const int64_t now_ms = options_.clock->WallMs();
  const int64_t monotonic_ms = options_.clock->MonotonicMs();
  const bool fresh = snapshot->expiries_offset > swept_offset_;
  if (monotonic_ms < sweep_ms_ || (!fresh && next_expiry_ms_ > now_ms)) return expired;
  int64_t next_ms = INT64_MAX;
  Status failed;
  const auto visit = [&](std::string_view key, std::string_view value) {
    const auto entry = state::DecodeQuarantineEntry(value);
    if (!entry.ok() || entry->expires_ms == 0 || entry->expired) return true;
    if (entry->expires_ms > now_ms) {
      next_ms = std::min(next_ms, entry->expires_ms);
      return true;
    }
    auto quarantined = state::DecodeQuarantineKey(key);
    if (quarantined.ok()) expired.push_back(std::move(*quarantined));
    return expired.size() < limits::kExpiredAtOnceMax;
  };
  const std::string prefix(1, static_cast<char>(state::Kind::kQuarantine));
  if (Status s = options_.store->Visit(prefix, visit); !s.ok()) return s;
  // What was found is looked at again if its transaction fails.
  const bool all = expired.empty();
  sweep_ms_ = all ? monotonic_ms + limits::kExpirySweepMs : monotonic_ms;
  swept_offset_ = all ? snapshot->expiries_offset : kNoOffset;
  next_expiry_ms_ = next_ms;
  return expired;
}

}  // namespace fracas::control
