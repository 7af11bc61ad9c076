#include "control/model.h"

#include <utility>

#include "state/format/codec.h"

namespace fracas::control {

Draft::Draft(std::shared_ptr<const Snapshot> base, const StateStore* store)
    : base_(std::move(base)),
      store_(store),
      cursor_(base_->cursor),
      tickets_count_(base_->tickets.size()),
      record_entries_(base_->record_entries) {}

const state::Breaker& Draft::breaker(std::string_view stream) const {
  if (const auto changed = breakers_.find(stream); changed != breakers_.end()) {
    return changed->second;
  }
  static const state::Breaker kNever;
  const auto found = base_->breakers.find(stream);
  return found == base_->breakers.end() ? kNever : *found->second;
}

const state::Ticket* Draft::ticket(std::string_view id) const {
  const auto changed = tickets_.find(id);
  return changed == tickets_.end() ? base_->tickets.Find(id) : changed->second.get();
}

const state::Ticket* Draft::TicketOfLetter(const TopicPartition& letter, Offset offset) const {
  const auto changed = ticket_of_letter_.find(state::RecordId(letter, offset));
  if (changed != ticket_of_letter_.end()) return ticket(changed->second);
  const state::Ticket* before = base_->tickets.FindLetter(letter, offset);
  return before == nullptr || tickets_.contains(before->id) ? nullptr : before;
}

Result<bool> Draft::quarantined(const state::QuarantineKey& key,
                                state::QuarantineEntry* entry) const {
  if (const auto changed = quarantine_.find(key); changed != quarantine_.end()) {
    if (changed->second == nullptr) return false;
    *entry = *changed->second;
    return true;
  }
  std::string value;
  const Result<bool> found = store_->Get(state::QuarantineKeyBytes(key), &value);
  if (!found.ok() || !*found) return found;
  Result<state::QuarantineEntry> read = state::DecodeQuarantineEntry(value);
  if (!read.ok()) return Status::Stop(std::string(read.status().message()));
  *entry = std::move(*read);
  return true;
}

bool Draft::RecordMasked(const TopicPartition& source, Offset offset) const {
  const auto changed = records_masked_.find(state::RecordId(source, offset));
  if (changed != records_masked_.end()) return changed->second;
  if (base_->records == nullptr) return false;
  const auto partition = base_->records->find(source);
  return partition != base_->records->end() && partition->second->contains(offset);
}

void Draft::Put(std::string_view stream, state::Breaker breaker) {
  breakers_.insert_or_assign(std::string(stream), std::move(breaker));
}

void Draft::Put(const state::QuarantineKey& key, state::QuarantineEntry entry) {
  // The first version of an entry is the one that makes it.
  if (key.scope == state::QuarantineScope::kRecord && entry.stamp.version == 1) ++record_entries_;
  if (key.scope == state::QuarantineScope::kRecord) records_masked_[key.id] = true;
  quarantine_[key] = std::make_unique<state::QuarantineEntry>(std::move(entry));
}

void Draft::Erase(const state::QuarantineKey& key) {
  if (key.scope == state::QuarantineScope::kRecord && record_entries_ > 0) --record_entries_;
  if (key.scope == state::QuarantineScope::kRecord) records_masked_[key.id] = false;
  quarantine_[key] = nullptr;
}

void Draft::Put(state::Ticket ticket) {
  if (this->ticket(ticket.id) == nullptr) ++tickets_count_;
  ticket_of_letter_[state::RecordId(ticket.letter, ticket.letter_offset)] = ticket.id;
  std::string id = ticket.id;
  tickets_[std::move(id)] = std::make_unique<state::Ticket>(std::move(ticket));
}

void Draft::EraseTicket(const std::string& id) {
  if (ticket(id) == nullptr) return;
  --tickets_count_;
  tickets_[id] = nullptr;
}

void Draft::Put(state::Genesis genesis) {
  genesis_ = std::make_unique<state::Genesis>(std::move(genesis));
}

void Draft::Put(const state::LetterResolution& resolution) {
  letters_.insert_or_assign(state::LetterKey(resolution.letter, resolution.letter_offset),
                            resolution);
}

size_t Draft::size() const {
  return breakers_.size() + quarantine_.size() + tickets_.size() + letters_.size() +
         (genesis_ == nullptr ? 0 : 1);
}

std::vector<StateChange> Draft::StateChanges() const {
  std::vector<StateChange> changes;
  changes.reserve(size() + 1);
  if (genesis_ != nullptr) changes.push_back({state::GenesisKey(), state::Encode(*genesis_)});
  for (const auto& [stream, breaker] : breakers_) {
    changes.push_back({state::BreakerKey(stream), state::Encode(breaker)});
  }
  for (const auto& [key, entry] : quarantine_) {
    changes.push_back(
        {state::QuarantineKeyBytes(key), entry == nullptr ? std::string() : state::Encode(*entry)});
  }
  for (const auto& [id, ticket] : tickets_) {
    changes.push_back(
        {state::TicketKey(id), ticket == nullptr ? std::string() : state::Encode(*ticket)});
  }
  changes.push_back({state::CursorKey(), state::Encode(cursor_)});
  return changes;
}

std::vector<StateChange> Draft::LedgerChanges() const {
  std::vector<StateChange> changes;
  changes.reserve(letters_.size());
  for (const auto& [key, resolution] : letters_) {
    changes.push_back({key, state::Encode(resolution)});
  }
  return changes;
}

}  // namespace fracas::control
