#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/status.h"
#include "ports/state_store.h"
#include "state/format/entities.h"

// The state of the group as the authority and the view need it: breakers, tickets, cursor and genesis in
// memory (they are few), quarantine entries in the store (there may be millions).

namespace fracas::control {

// Immutable once shared; the tail makes the next one by copying the maps' pointers.
struct Snapshot {
  Offset offset = 0;  // of the changelog: everything below is in it
  std::shared_ptr<const state::Genesis> genesis;   // null: the topic is empty
  state::Cursor cursor;
  std::map<std::string, std::shared_ptr<const state::Breaker>, std::less<>> breakers;  // by stream
  std::map<std::string, std::shared_ptr<const state::Ticket>, std::less<>> tickets;    // by id
  // By stream; what status and metrics tell.
  struct QuarantineSize {
    uint64_t entries = 0;
    uint64_t expired = 0;
    int64_t oldest_ms = 0;  // since; 0: none. Kept exactly on rebuild, a lower bound after releases
  };
  std::map<std::string, QuarantineSize, std::less<>> quarantine;
  // Quarantined single records (limits::kQuarantineRecordsMax in all), by partition and offset.
  using Records = std::map<Offset, std::shared_ptr<const state::QuarantineEntry>>;
  std::map<TopicPartition, std::shared_ptr<const Records>> records;
};

// What transitions read: a snapshot, the quarantine behind it, and on top what this transaction has already
// changed. One thread.
class Draft {
 public:
  Draft(std::shared_ptr<const Snapshot> base, const StateStore* store);

  // A GREEN breaker of version 0 for a stream that never had one.
  const state::Breaker& breaker(std::string_view stream) const;
  const state::Ticket* ticket(std::string_view id) const;  // nullptr: none
  Result<bool> quarantined(const state::QuarantineKey& key, state::QuarantineEntry* entry) const;
  const state::Cursor& cursor() const { return cursor_; }
  const Snapshot& base() const { return *base_; }

  void Put(std::string stream, state::Breaker breaker);
  void Put(const state::QuarantineKey& key, state::QuarantineEntry entry);
  void Erase(const state::QuarantineKey& key);
  void Put(state::Ticket ticket);
  void EraseTicket(const std::string& id);
  void Put(state::Cursor cursor) { cursor_ = std::move(cursor); }
  // Dead-letter resolutions go to the ledger topic.
  void Put(state::LetterResolution resolution);

  // What changed, one record per key, as the topics take it.
  std::vector<StateChange> StateChanges() const;
  std::vector<StateChange> LedgerChanges() const;

 private:
  std::shared_ptr<const Snapshot> base_;
  const StateStore* store_;
  state::Cursor cursor_;
  std::map<std::string, state::Breaker, std::less<>> breakers_;
  std::map<std::string, std::unique_ptr<state::Ticket>, std::less<>> tickets_;           // null: erased
  std::map<state::QuarantineKey, std::unique_ptr<state::QuarantineEntry>> quarantine_;   // null: erased
  std::map<std::string, state::LetterResolution> letters_;  // by key bytes
};

}  // namespace fracas::control
