#include <algorithm>
#include <utility>

#include "control/authority.h"
#include "control/authority_bytes.h"
#include "core/limits.h"
#include "core/text.h"
#include "wire/command.h"
#include "wire/journal.h"

// How the authority begins: an assignment, or anything that left a transaction in doubt. IMPORTANT:
// nothing is applied before the own tail has passed everything that a predecessor may have written.

namespace fracas::control {

namespace {

constexpr int kBehindMs = 5;

}  // namespace

Status Authority::Rejoin() {
  Status joined = options_.source->Recreate();
  rejoins_ = !joined.ok();
  if (joined.ok() || joined.action() == Action::kStop) return joined;
  retry_at_ms_ = options_.clock->MonotonicMs() + limits::kBackoffMsMin;
  Trouble("authority_waits", std::string(joined.message()));
  return {};
}

Status Authority::Poll(int wait_ms) {
  if (rejoins_ && options_.clock->MonotonicMs() >= retry_at_ms_) {
    if (Status s = Rejoin(); !s.ok()) return s;
  }
  const bool take = phase_ == Phase::kWork && queue_.empty() && !awaiting_ &&
                    options_.clock->MonotonicMs() >= retry_at_ms_;
  PollLimits poll;
  // While the tail is behind, the answer to it comes sooner than anything from the group.
  const bool behind = phase_ == Phase::kFollow || awaiting_;
  poll.wait_ms = !queue_.empty() && !behind ? 0 : behind ? std::min(wait_ms, kBehindMs) : wait_ms;
  if (take) {
    poll.records_max = limits::kAuthorityCommandsMax;
    poll.bytes_max = limits::kAuthorityBytesMax;
    lease_ = options_.source->NewLease();
  }
  std::vector<SourceEvent> events;
  const auto records = options_.source->Poll(poll, take ? lease_.get() : nullptr, &events);
  if (take) queue_.assign(records.begin(), records.end());
  for (const SourceEvent& event : events) {
    OnEvent(event);
    if (event.kind != SourceEvent::Kind::kFenced && event.kind != SourceEvent::Kind::kFailed)
      continue;
    const bool stop = !event.status.ok() && event.status.action() == Action::kStop;
    if (Status s = stop ? event.status : Rejoin(); !s.ok()) return s;
  }
  return {};
}

void Authority::OnEvent(const SourceEvent& event) {
  switch (event.kind) {
    case SourceEvent::Kind::kAssigned:
      Lose();
      for (const AssignedPartition& assigned : event.partitions) {
        if (assigned.partition != control_) continue;
        epoch_ = event.epoch;
        slot_ = assigned.slot;
        phase_ = Phase::kClaim;
        retry_at_ms_ = 0;
      }
      return;
    case SourceEvent::Kind::kRevoked:
    case SourceEvent::Kind::kEndOfInput: return Lose();
    case SourceEvent::Kind::kFenced:
    case SourceEvent::Kind::kFailed:
      if (phase_ != Phase::kNone) Trouble("authority_lost", std::string(event.status.message()));
      return Lose();
    case SourceEvent::Kind::kPartitionError:
      // Retention has taken what was to be read, or the topic was deleted: look at it again from
      // the start.
      return BeginAgain("control_topic_trouble",
                        Cat("the control topic cannot be read: ", event.status.message()));
  }
}

// Nothing of an assignment that is over is kept: its records, its draft, its claim.
void Authority::Lose() {
  if (active_.exchange(false))
    Log(LogLevel::kInfo, "authority_ended", "another instance has the authority");
  phase_ = Phase::kNone;
  epoch_ = nullptr;
  queue_.clear();
  lease_ = nullptr;
  awaiting_ = false;
}

Status Authority::Claim() {
  queue_.clear();
  awaiting_ = false;
  if (Status s = options_.transaction->Recreate(); !s.ok())
    return s.WithPrefix("the authority's id: ");
  in_flight_ = nullptr;
  if (Status s = OpenTopics(); !s.ok()) return s;
  // Waits until nothing that touches this offset is in doubt any more; its answer is not needed.
  if (const auto at = options_.source->Committed(control_); !at.ok()) return at.status();
  const Result<Watermarks> ends = options_.admin->Query({options_.state_topic, 0});
  if (!ends.ok()) return ends.status();
  barrier_ = ends->high;
  waiting_since_ms_ = options_.clock->MonotonicMs();
  committed_ms_ = waiting_since_ms_;
  phase_ = Phase::kFollow;
  return {};
}

Status Authority::OpenTopics() {
  const auto open = [&](const std::string& topic, OutputTopic* output) {
    const Result<OutputTopic> opened = options_.transaction->Open(topic);
    if (!opened.ok()) {
      return Status::Retry(Cat("topic ", topic, " cannot be written: ", opened.status().message(),
                               " (fracas topics --check)"));
    }
    *output = *opened;
    return Status();
  };
  if (Status s = open(options_.control_topic, &control_output_); !s.ok()) return s;
  if (Status s = open(options_.state_topic, &state_output_); !s.ok()) return s;
  if (Status s = open(options_.ledger_topic, &ledger_output_); !s.ok()) return s;
  return open(options_.journal_topic, &journal_output_);
}

// The tail has passed the barrier: where to go on.
Status Authority::Prepare() {
  const Result<Watermarks> ends = options_.admin->Query(control_);
  if (!ends.ok()) return ends.status();
  const Result<std::string> uuid = ReadControlUuid(*ends);
  if (!uuid.ok()) return uuid.status();
  const auto snapshot = options_.snapshot();
  if (Status s = ChooseStart(*uuid, *ends, snapshot->cursor); !s.ok()) return s;
  if (Status s = ReadRecent(); !s.ok()) return s;
  if (Status s = options_.source->Seek(slot_, next_); !s.ok()) return s;
  swept_offset_ = kNoOffset;
  next_expiry_ms_ = INT64_MAX;
  due_of_ = nullptr;
  sweep_ms_ = 0;
  phase_ = Phase::kWork;
  Trouble("", "");
  if (!active_.exchange(true)) {
    Log(LogLevel::kInfo, "authority_began",
        Cat("this instance has the authority, at offset ", next_, " of ", options_.control_topic));
  }
  return {};
}

Result<std::string> Authority::ReadControlUuid(const Watermarks& ends) {
  std::string uuid;
  if (ends.low > 0 || ends.high == 0) return uuid;
  Status failed;
  const auto visit = [&](const ConsumedRecord& record, const PayloadLease&) {
    const auto message = wire::DecodeControl(record.value);
    if (!message.ok()) return true;  // a command that came first, whatever it is: dealt with later
    const auto* genesis = std::get_if<wire::ControlGenesis>(&*message);
    if (genesis == nullptr) return true;
    uuid = genesis->uuid;
    if (genesis->group != options_.group) {
      failed = Status::Stop(Cat("topic ", options_.control_topic, " is the control topic of group ",
                                genesis->group, ", this instance is of group ", options_.group,
                                ": give each group topics of its own (topics.control)"));
    }
    return false;
  };
  if (Status s = options_.reader->Read(control_, 0, ends.high, visit); !s.ok()) return s;
  if (!failed.ok()) return failed;
  return uuid;
}

Status Authority::ChooseStart(const std::string& uuid, const Watermarks& ends,
                              const state::Cursor& cursor) {
  const bool began = !cursor.control_uuid.empty();
  // Retention may have taken the genesis, never the offsets.
  const bool same = began && cursor.control_offset < ends.high &&
                    (uuid == cursor.control_uuid || (uuid.empty() && ends.low > 0));
  needs_control_genesis_ = uuid.empty() && !same;
  control_uuid_ = same ? cursor.control_uuid : uuid.empty() ? options_.new_uuid() : uuid;
  if (same) {
    next_ = std::max(ends.low, cursor.control_offset + 1);
    if (ends.low > cursor.control_offset + 1) {
      Log(LogLevel::kError, "commands_lost",
          Cat("records ", cursor.control_offset + 1, " to ", ends.low - 1, " of ",
              options_.control_topic,
              " were deleted before they were read: commands and trips among "
              "them are lost, look at the streams"));
    }
    return {};
  }
  next_ = ends.low;
  if (began) {
    Log(LogLevel::kWarning, "control_topic_recreated",
        Cat(options_.control_topic, " was made anew: its commands are read from offset ", next_,
            ", what the old one had beyond offset ", cursor.control_offset, " is gone"));
    return {};
  }
  // State that begins anew does not repeat what was ordered in its former life.
  const auto at = options_.source->Committed(control_);
  if (!at.ok()) return at.status();
  if (at->offset > next_ && at->offset <= ends.high) next_ = at->offset;
  return {};
}

// Ids of commands that were answered lately, so that one that is sent twice is applied once.
Status Authority::ReadRecent() {
  recent_.clear();
  recent_ids_.clear();
  const TopicPartition journal{options_.journal_topic, 0};
  const Result<Watermarks> ends = options_.admin->Query(journal);
  if (!ends.ok()) return ends.status();
  const Offset most = limits::kRecentCommandsMax;
  const Offset from = std::max(ends->low, ends->high - most);
  if (from >= ends->high) return {};
  return options_.reader->Read(journal, from, ends->high,
                               [&](const ConsumedRecord& record, const PayloadLease&) {
                                 const auto entry = wire::DecodeJournalEntry(record.value);
                                 if (entry.ok() && entry->control_offset != kNoOffset)
                                   Remember(entry->id);
                                 return true;
                               });
}

void Authority::Remember(const std::string& id) {
  if (id.empty() || !recent_ids_.insert(id).second) return;
  recent_.push_back(id);
  if (recent_.size() <= limits::kRecentCommandsMax) return;
  recent_ids_.erase(recent_.front());
  recent_.pop_front();
}

}  // namespace fracas::control
