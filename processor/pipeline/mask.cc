#include "pipeline/mask.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "pipeline/examiner.h"
#include "wire/replay.h"

// Step: quarantine in, masked records out. It never decides by what a record says of itself, but where the
// stream's configuration says so (trust: mark).

namespace fracas::pipeline {

namespace {

std::string MessageOf(std::string_view what, const state::QuarantineEntry& entry) {
  std::string message = Cat(what, " is quarantined");
  if (!entry.who.empty()) AppendTo(&message, " by ", entry.who);
  if (entry.since_ms != 0) AppendTo(&message, " since ", FormatTimestamp(entry.since_ms));
  if (!entry.reason.empty()) AppendTo(&message, ": ", entry.reason);
  if (!entry.owner.empty()) AppendTo(&message, " (owner: ", entry.owner, ")");
  return message;
}

constexpr std::string_view kWayBack =
    "; its payload is here, whole: mend it and send it again with `data-patcher secure-clean … "
    "--re-inject` or `fracas replay`, or release the entry with `fracas quarantine release`";

}  // namespace

void Mask::ByCoordinates(const ControlView& view, Batch* batch) const {
  if (view.stream(batch->id.stream).mode == PublishMode::kNone) return;
  const QuarantinedOffsets* const entries = view.FindQuarantined(batch->id.source);
  if (entries == nullptr) return;
  const std::vector<Offset>& offsets = batch->records.offset;
  for (auto at = entries->lower_bound(batch->id.from); at != entries->end() && at->first < batch->id.to;
       ++at) {
    const auto found = std::lower_bound(offsets.begin(), offsets.end(), at->first);
    if (found == offsets.end() || *found != at->first) continue;
    const auto index = static_cast<uint32_t>(found - offsets.begin());
    const Code code = at->second->code == Code::kNone ? Code::kQuarantined : at->second->code;
    batch->masked.push_back({index, code, Cat(MessageOf("this record", *at->second), kWayBack),
                             /*poison=*/false, /*unread=*/true});
  }
}

Status Mask::ById(const ControlView& view, const Round& round, Batch* batch) {
  const StreamPlan& stream = view.stream(batch->id.stream);
  Replays::Confirm(batch);
  if (stream.mode == PublishMode::kNone) return {};
  evaluator_.Reset();
  if (Status found = FindIds(view, stream, batch); !found.ok()) return found;
  for (size_t i = 0; i < maybe_.size(); ++i) {
    if (entries_[i].stamp.version == 0) continue;
    const std::optional<std::string> kept = Keep(stream, round, maybe_[i], batch);
    if (!kept) continue;
    const Code code = entries_[i].code == Code::kNone ? Code::kQuarantined : entries_[i].code;
    batch->masked.push_back({maybe_[i], code,
                             Cat(MessageOf("its business id", entries_[i]), *kept, kWayBack),
                             /*poison=*/false, /*unread=*/false});
  }
  Treat(stream, batch);
  return {};
}

// Fills `maybe_` and, parallel to it, `entries_`.
Status Mask::FindIds(const ControlView& view, const StreamPlan& stream, Batch* batch) {
  maybe_.clear();
  ids_.clear();
  entries_.clear();
  const Quarantine* quarantine = view.state() == nullptr ? nullptr : view.state()->quarantine;
  if (quarantine == nullptr || stream.business_id.kind == IdentitySource::Kind::kNone) return {};
  const std::string name = QualifiedName(stream);
  if (!quarantine->AnyId(name)) return {};
  const uint64_t seed = quarantine->SeedOf(name);
  for (uint32_t i = 0; i < batch->records.size(); ++i) {
    const std::string_view id = batch->records.business_id[i];
    if (id.empty() || !quarantine->MaybeId(seed, id)) continue;
    maybe_.push_back(i);
    ids_.push_back(id);
  }
  if (maybe_.empty()) return {};
  return quarantine->FindIds(name, ids_, &entries_);
}

std::optional<std::string> Mask::Keep(const StreamPlan& stream, const Round& round, uint32_t index,
                                      Batch* batch) {
  const Replay* replay = batch->FindReplay(index);
  if (replay != nullptr && replay->valid()) return std::nullopt;
  const bool marked = IsMarked(stream, *round.lease, *batch, index);
  if (marked && stream.replay.trust == ReplayRules::Trust::kMark) return std::nullopt;
  if (replay != nullptr) return Cat("; it comes as a replay, but ", Describe(replay->check));
  std::string_view named;
  round.lease->VisitHeaders(batch->records.lease_index[index],
                            [&](std::string_view name, std::string_view value) {
                              if (name == wire::kReplayTicketHeader) named = value;
                            });
  if (named.empty()) {
    return marked ? "; it is marked as a replay, but names no ticket, and a mark alone lifts nothing" : "";
  }
  // The stream has no tickets at all. Should this one come before the round is written, it is judged again.
  Replay unknown;
  unknown.record = index;
  unknown.id = named.substr(0, limits::kIdBytesMax);
  batch->replays.push_back(std::move(unknown));
  return Cat("; it comes as a replay, but ", Describe(TicketCheck::kUnknown));
}

bool Mask::IsMarked(const StreamPlan& stream, const PayloadLease& lease, const Batch& batch,
                    uint32_t index) {
  if (stream.replay.mark_contract == nullptr) {
    bool marked = false;
    lease.VisitHeaders(batch.records.lease_index[index],
                       [&](std::string_view name, std::string_view value) {
                         if (name == stream.replay.mark_header) marked = value == "true";
                       });
    return marked;
  }
  const std::string_view value = batch.records.value[index];
  std::string_view document;
  if (value.data() == nullptr || value.size() > stream.record_bytes_max ||
      !StripFraming(stream.framing, value, &document)) {
    return false;
  }
  scratch_.Clear();
  contract::Captured captured;
  evaluator_.Evaluate(*stream.replay.mark_contract, document, {.now_ms = 0}, &scratch_, &captured);
  return scratch_.empty();
}

void Mask::Treat(const StreamPlan& stream, Batch* batch) const {
  const auto by_record = [](const auto& left, const auto& right) { return left.record < right.record; };
  std::sort(batch->masked.begin(), batch->masked.end(), by_record);
  for (const MaskedRecord& masked : batch->masked) {
    batch->treatments.push_back({masked.record, Treatment::Kind::kMask, masked.code});
  }
  for (Replay& replay : batch->replays) {
    if (!replay.valid()) continue;
    if (batch->FindMasked(replay.record) != nullptr) {  // by its coordinates
      replay.claim = TicketClaim();
      continue;
    }
    const bool parks = replay.ticket->replay_count >= stream.replay.count_max;
    batch->treatments.push_back({replay.record, Treatment::Kind::kReplay,
                                 parks ? Code::kReplayParked : Code::kNone});
  }
  std::sort(batch->treatments.begin(), batch->treatments.end(), by_record);
}

}  // namespace fracas::pipeline
