#include "control/ticket_table.h"

#include <algorithm>
#include <utility>

namespace fracas::control {

// FNV-1a: spreads ids over parts, nothing depends on its strength.
size_t TicketTable::PartOf(std::string_view key) {
  uint64_t hash = 0xCBF29CE484222325ull;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return (hash >> 32) % kParts;
}

TicketTable::Part* TicketTable::Change(size_t part) {
  Part*& own = own_.parts[part];
  if (own == nullptr) {
    auto made =
        parts_[part] == nullptr ? std::make_shared<Part>() : std::make_shared<Part>(*parts_[part]);
    own = made.get();
    parts_[part] = std::move(made);
  }
  return own;
}

const state::Ticket* TicketTable::Find(std::string_view id) const {
  const Part* part = parts_[PartOf(id)].get();
  if (part == nullptr) return nullptr;
  const auto found = part->tickets.find(id);
  return found == part->tickets.end() ? nullptr : found->second.get();
}

const state::Ticket* TicketTable::FindLetter(const TopicPartition& letter, Offset offset) const {
  const std::string key = state::RecordId(letter, offset);
  const Part* part = parts_[PartOf(key)].get();
  if (part == nullptr) return nullptr;
  const auto found = part->letters.find(key);
  return found == part->letters.end() ? nullptr : Find(found->second);
}

int64_t TicketTable::EarliestMs() const {
  int64_t earliest_ms = INT64_MAX;
  for (const auto& part : parts_) {
    if (part != nullptr) earliest_ms = std::min(earliest_ms, part->earliest_ms);
  }
  return earliest_ms;
}

void TicketTable::Visit(const std::function<void(const Pointer&)>& visit) const {
  for (const auto& part : parts_) {
    if (part == nullptr) continue;
    for (const auto& [id, ticket] : part->tickets) visit(ticket);
  }
}

void TicketTable::VisitExpired(int64_t now_ms,
                               const std::function<void(const Pointer&)>& visit) const {
  for (const auto& part : parts_) {
    if (part == nullptr || part->earliest_ms > now_ms) continue;
    for (const auto& [id, ticket] : part->tickets) {
      if (ticket->expires_ms <= now_ms) visit(ticket);
    }
  }
}

void TicketTable::Put(state::Ticket ticket) {
  Erase(ticket.id);  // it may have been another letter's
  const std::string letter = state::RecordId(ticket.letter, ticket.letter_offset);
  Change(PartOf(letter))->letters[letter] = ticket.id;
  Part* part = Change(PartOf(ticket.id));
  part->earliest_ms = std::min(part->earliest_ms, ticket.expires_ms);
  std::string id = ticket.id;
  part->tickets[std::move(id)] = std::make_shared<const state::Ticket>(std::move(ticket));
  ++size_;
}

void TicketTable::Erase(std::string_view id) {
  const state::Ticket* ticket = Find(id);
  if (ticket == nullptr) return;
  const std::string letter = state::RecordId(ticket->letter, ticket->letter_offset);
  Part* letters = Change(PartOf(letter));
  const auto of_letter = letters->letters.find(letter);
  // A later ticket may have taken the letter over.
  if (of_letter != letters->letters.end() && of_letter->second == id) {
    letters->letters.erase(of_letter);
  }
  Part* part = Change(PartOf(id));
  const auto found = part->tickets.find(id);
  const bool earliest = found->second->expires_ms <= part->earliest_ms;
  part->tickets.erase(found);
  --size_;
  if (!earliest) return;
  part->earliest_ms = INT64_MAX;
  for (const auto& [other, kept] : part->tickets) {
    part->earliest_ms = std::min(part->earliest_ms, kept->expires_ms);
  }
}

}  // namespace fracas::control
