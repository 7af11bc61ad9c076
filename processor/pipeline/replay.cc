#include "pipeline/replay.h"

#include <algorithm>

#include "core/limits.h"
#include "pipeline/round.h"
#include "wire/replay.h"

// Step: headers in, tickets out. IMPORTANT: nothing that a record says is believed; it only names a ticket,
// and the ticket says which record it is for.

namespace fracas::pipeline {

std::string_view Describe(TicketCheck check) {
  switch (check) {
    case TicketCheck::kValid: return "its ticket is good";
    case TicketCheck::kUnknown: return "no such ticket is open";
    case TicketCheck::kOtherStream: return "its ticket is for another stream";
    case TicketCheck::kOtherId: return "its ticket is for another business id";
    case TicketCheck::kOtherBytes: return "its ticket is for another key or value";
    case TicketCheck::kExpired: return "its ticket has expired";
    case TicketCheck::kInUse: return "its ticket is used by another copy of the record";
  }
  return "";
}

bool Replays::AnyTicket(const ControlView& view, std::string_view stream) {
  if (view.state() == nullptr || view.state()->tickets == nullptr) return false;
  if (known_ != view.state()->tickets) {
    known_ = view.state()->tickets;
    streams_.clear();
    for (const auto& [id, ticket] : *known_) streams_.insert(ticket->stream);
  }
  return streams_.contains(stream);
}

TicketCheck Replays::Check(const state::Ticket& ticket, std::string_view stream, const Batch& batch,
                           uint32_t record, int64_t now_ms) const {
  if (ticket.stream != stream) return TicketCheck::kOtherStream;
  if (ticket.expires_ms != 0 && ticket.expires_ms <= now_ms) return TicketCheck::kExpired;
  const RecordColumns& records = batch.records;
  if (ticket.digest != wire::ReplayDigest(records.key[record], records.value[record])) {
    return TicketCheck::kOtherBytes;
  }
  return board_->ClaimTicket(ticket.id) ? TicketCheck::kValid : TicketCheck::kInUse;
}

namespace {

// The ticket that a record names; "" none.
std::string_view NamedTicket(const PayloadLease& lease, uint32_t lease_index) {
  std::string_view named;
  lease.VisitHeaders(lease_index, [&](std::string_view name, std::string_view value) {
    if (name == wire::kReplayTicketHeader) named = value;
  });
  return named;
}

}  // namespace

bool Replays::NamesUnknown(const ControlView& view, const Round& round) {
  for (const Batch& batch : round.batches()) {
    if (view.stream(batch.id.stream).mode == PublishMode::kNone) continue;
    const QuarantinedOffsets* const quarantined = view.FindQuarantined(batch.id.source);
    for (size_t i = 0; i < batch.records.size(); ++i) {
      // What is masked by its coordinates is not looked at, ticket or not.
      if (quarantined != nullptr && quarantined->contains(batch.records.offset[i])) continue;
      const std::string_view named = NamedTicket(*round.lease, batch.records.lease_index[i]);
      if (!named.empty() && view.FindTicket(named) == nullptr) return true;
    }
  }
  return false;
}

void Replays::Find(const ControlView& view, const Round& round, Batch* batch) {
  const StreamPlan& plan = view.stream(batch->id.stream);
  const std::string stream = QualifiedName(plan);
  if (plan.mode == PublishMode::kNone || !AnyTicket(view, stream)) return;
  for (uint32_t i = 0; i < batch->records.size(); ++i) {
    const std::string_view named = NamedTicket(*round.lease, batch->records.lease_index[i]);
    // What is masked by its coordinates is not looked at, ticket or not: another copy may use it.
    if (named.empty() || batch->FindMasked(i) != nullptr) continue;
    Replay replay;
    replay.record = i;
    replay.id = named.substr(0, limits::kIdBytesMax);
    replay.ticket = view.FindTicket(named);
    if (replay.ticket != nullptr) {
      replay.check = Check(*replay.ticket, stream, *batch, i, round.wall_ms);
      if (replay.valid()) replay.claim = TicketClaim(board_, replay.ticket->id);
    }
    batch->replays.push_back(std::move(replay));
  }
}

void Replays::Confirm(Batch* batch) {
  for (Replay& replay : batch->replays) {
    if (!replay.valid() || replay.ticket->business_id == batch->records.business_id[replay.record]) {
      continue;
    }
    replay.check = TicketCheck::kOtherId;
    replay.claim = TicketClaim();
  }
}

bool Replays::StillHold(const ControlView& now, const Round& round) {
  for (const Batch& batch : round.batches()) {
    for (const Replay& replay : batch.replays) {
      const std::shared_ptr<const state::Ticket> ticket = now.FindTicket(replay.id);
      const bool same = ticket == replay.ticket ||
                        (ticket != nullptr && replay.ticket != nullptr && *ticket == *replay.ticket);
      if (!same) return false;
    }
  }
  return true;
}

}  // namespace fracas::pipeline
