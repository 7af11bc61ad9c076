#include "tools/patch/replay_watch.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/text.h"
#include "core/timestamp.h"
#include "state/format/codec.h"
#include "wire/dead_letter.h"
#include "wire/replay.h"

namespace fracas::tools {

namespace {

constexpr int kPollMs = 100;
constexpr size_t kPollRecords = 1'000;
// The authority closes a dead letter a moment after its replay was published.
constexpr int64_t kResolveMsMax = 10'000;

}  // namespace

std::string_view Name(ReplayFate::Kind kind) {
  switch (kind) {
    case ReplayFate::Kind::kWaiting: return "waiting";
    case ReplayFate::Kind::kPublished: return "published";
    case ReplayFate::Kind::kDeadLettered: return "dead_lettered";
    case ReplayFate::Kind::kHeld: return "held";
  }
  return "";
}

Status ReplayWatch::Follow(Role role, const TopicPartition& partition,
                           std::vector<TailStart>* starts) {
  const bool known = std::any_of(followed_.begin(), followed_.end(),
                                 [&](const Followed& each) { return each.partition == partition; });
  if (known) return {};
  Result<Watermarks> ends = ports_.admin->Query(partition);
  if (!ends.ok()) return ends.status();
  followed_.push_back({role, partition});
  starts->push_back({.partition = partition, .from = ends->high});
  return {};
}

Status ReplayWatch::Begin(const config::Stream& stream, const state::Breaker& breaker,
                          const std::vector<ReplayDraft>& drafts) {
  stream_ = config::QualifiedName(stream);
  breaker_ = breaker;
  std::vector<TailStart> starts;
  if (Status s = Follow(Role::kState, {config_.topics.state, 0}, &starts); !s.ok()) return s;
  if (Status s = Follow(Role::kLedger, {config_.topics.ledger, 0}, &starts); !s.ok()) return s;
  for (const ReplayDraft& draft : drafts) {
    Result<OutputTopics> outputs = OutputsOf(config_, stream, draft.to.topic);
    if (!outputs.ok()) return outputs.status();
    const Partition partition = draft.to.partition;
    if (Status s = Follow(Role::kPublished, {outputs->published, partition}, &starts); !s.ok())
      return s;
    if (Status s = Follow(Role::kDeadLetters, {outputs->dead_letters, partition}, &starts); !s.ok())
      return s;
  }
  return ports_.tail->Follow(starts);
}

void ReplayWatch::TakePublished(const Followed& from, const ConsumedRecord& record,
                                const PayloadLease& lease) {
  std::string ticket;
  lease.VisitHeaders(record.lease_index, [&](std::string_view name, std::string_view value) {
    if (name == wire::kReplayTicketHeader) ticket = value;
  });
  if (ticket.empty()) return;
  for (size_t i = 0; i < sent_.size(); ++i) {
    if (sent_[i].draft->ticket.ticket != ticket || fates_[i].kind == ReplayFate::Kind::kPublished)
      continue;
    fates_[i].kind = ReplayFate::Kind::kPublished;
    fates_[i].topic = from.partition;
    fates_[i].offset = record.offset;
    fates_[i].because.clear();
    known_ms_[i] = ports_.clock->MonotonicMs();
  }
}

void ReplayWatch::TakeDeadLetter(const Followed& from, const ConsumedRecord& record,
                                 const PayloadLease& lease) {
  std::vector<HeaderView> headers;
  lease.VisitHeaders(record.lease_index, [&](std::string_view name, std::string_view value) {
    headers.push_back({name, value});
  });
  const auto letter = wire::DecodeDeadLetter(headers);
  if (!letter.ok() || !letter->has_value()) return;
  const wire::DeadLetter& read = **letter;
  for (size_t i = 0; i < sent_.size(); ++i) {
    if (sent_[i].draft->to != read.source || sent_[i].offset != read.offset) continue;
    fates_[i].kind = ReplayFate::Kind::kDeadLettered;
    fates_[i].topic = from.partition;
    fates_[i].offset = record.offset;
    fates_[i].code = read.code_name;
    fates_[i].because = read.message;
  }
}

void ReplayWatch::TakeState(const ConsumedRecord& record) {
  if (record.key != state::BreakerKey(stream_) || record.value.empty()) return;
  Result<state::Breaker> breaker = state::DecodeBreaker(record.value);
  if (breaker.ok()) breaker_ = std::move(*breaker);
}

void ReplayWatch::Take(const ConsumedRecord& record, const PayloadLease& lease) {
  const Followed& from = followed_[record.slot];
  switch (from.role) {
    case Role::kState: TakeState(record); return;
    case Role::kPublished: TakePublished(from, record, lease); return;
    case Role::kDeadLetters: TakeDeadLetter(from, record, lease); return;
    case Role::kLedger: break;
  }
  for (size_t i = 0; i < sent_.size(); ++i) {
    const wire::TicketCreate& ticket = sent_[i].draft->ticket;
    if (record.key == state::LetterKey(ticket.letter, ticket.letter_offset))
      fates_[i].resolved = true;
  }
}

// A batch that was abandoned with the replay in it. A replay under a ticket does not hold its
// batch, but what came with it may.
void ReplayWatch::CheckHeld() {
  for (size_t i = 0; i < sent_.size(); ++i) {
    ReplayFate& fate = fates_[i];
    if (fate.kind == ReplayFate::Kind::kHeld) fate = {};
    if (fate.kind != ReplayFate::Kind::kWaiting) continue;
    for (const state::PendingRange& range : breaker_.pending) {
      if (range.source != sent_[i].draft->to || sent_[i].offset < range.from ||
          sent_[i].offset >= range.to)
        continue;
      fate.kind = ReplayFate::Kind::kHeld;
      fate.code = range.cause == Code::kNone ? "" : std::string(Info(range.cause).name);
      fate.because = range.reason;
    }
  }
}

bool ReplayWatch::AllKnown(int64_t now_ms) const {
  for (size_t i = 0; i < fates_.size(); ++i) {
    const ReplayFate& fate = fates_[i];
    if (fate.kind == ReplayFate::Kind::kWaiting) return false;
    const bool unresolved = fate.kind == ReplayFate::Kind::kPublished && !fate.resolved;
    if (unresolved && now_ms - known_ms_[i] < kResolveMsMax) return false;
  }
  return true;
}

std::string ReplayWatch::WhyWaiting() const {
  if (breaker_.state == state::BreakerState::kGreen) {
    return Cat("no instance has judged it yet; does `fracas run` run, and does it keep up?");
  }
  std::string text =
      Cat("the stream is ", Name(breaker_.state), " since ", FormatTimestamp(breaker_.since_ms));
  if (!breaker_.reason.empty()) AppendTo(&text, " (", breaker_.reason, ")");
  return Cat(text, ": it is judged when the stream flows again");
}

Result<std::vector<ReplayFate>> ReplayWatch::Wait(
    const std::vector<SentReplay>& sent, int64_t ms,
    const std::function<void(int64_t elapsed_ms)>& waiting) {
  sent_ = sent;
  fates_.assign(sent.size(), {});
  known_ms_.assign(sent.size(), 0);
  const int64_t begin_ms = ports_.clock->MonotonicMs();
  for (bool first = true;; first = false) {
    Status polled = ports_.tail->Poll(
        kPollMs, kPollRecords,
        [&](const ConsumedRecord& record, const PayloadLease& lease) { Take(record, lease); });
    if (!polled.ok()) return polled;
    CheckHeld();
    const int64_t now_ms = ports_.clock->MonotonicMs();
    if (waiting) waiting(now_ms - begin_ms);
    const bool stopped = breaker_.state == state::BreakerState::kRed && !first;
    if (AllKnown(now_ms) || stopped || now_ms - begin_ms >= ms) break;
  }
  for (ReplayFate& fate : fates_) {
    if (fate.kind == ReplayFate::Kind::kWaiting) fate.because = WhyWaiting();
  }
  return std::move(fates_);
}

}  // namespace fracas::tools
