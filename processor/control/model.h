#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/ticket_table.h"
#include "core/ids.h"
#include "core/status.h"
#include "ports/state_store.h"
#include "state/format/entities.h"

// The state of the group as the authority and the view need it: breakers, tickets, cursor and
// genesis in memory (they are few), quarantine entries in the store (there may be millions).

namespace fracas::control {

// Immutable once shared. The tail makes the next one by copying pointers, whatever there is.
struct Snapshot {
  Offset offset = 0;                              // of the changelog: everything below is in it
  std::shared_ptr<const state::Genesis> genesis;  // null: the topic is empty
  state::Cursor cursor;
  std::map<std::string, std::shared_ptr<const state::Breaker>, std::less<>> breakers;  // by stream
  TicketTable tickets;
  // By stream; what status and metrics tell.
  struct QuarantineSize {
    uint64_t entries = 0;
    uint64_t ids = 0;  // of those, business ids; the others are single records
    uint64_t expired = 0;
    // Since when the oldest is in; 0: there is none. Exact, but for at most
    // limits::kOldestEveryMs after the oldest went: until then it is still that one.
    int64_t oldest_ms = 0;
    bool oldest_gone = false;
  };
  std::map<std::string, QuarantineSize, std::less<>> quarantine;
  // Quarantined single records (limits::kQuarantineRecordsMax in all), by partition and offset;
  // null: none.
  using Records = std::map<Offset, std::shared_ptr<const state::QuarantineEntry>>;
  using PartitionRecords = std::map<TopicPartition, std::shared_ptr<const Records>>;
  std::shared_ptr<const PartitionRecords> records;
  uint64_t record_entries = 0;  // how many those are
  // Everything below was in it when an entry with an expiry was put there last; kNoOffset: there is
  // none.
  Offset expiries_offset = kNoOffset;
};

// What transitions read: a snapshot, the quarantine behind it, and on top what this transaction has
// already changed. One thread.
class Draft {
 public:
  // REQUIRES: everything in `base` is in `store`.
  Draft(std::shared_ptr<const Snapshot> base, const StateStore* store);

  // A GREEN breaker of version 0 for a stream that never had one.
  const state::Breaker& breaker(std::string_view stream) const;
  const state::Ticket* ticket(std::string_view id) const;  // nullptr: none
  const state::Ticket* TicketOfLetter(const TopicPartition& letter, Offset offset) const;
  size_t tickets() const { return tickets_count_; }
  // False: not quarantined; `entry` is as it was. A failure is the store's.
  Result<bool> quarantined(const state::QuarantineKey& key, state::QuarantineEntry* entry) const;
  uint64_t record_entries() const { return record_entries_; }  // quarantined single records
  // Whether the record is quarantined under the name of any stream.
  bool RecordMasked(const TopicPartition& source, Offset offset) const;
  const state::Cursor& cursor() const { return cursor_; }
  const Snapshot& base() const { return *base_; }

  void Put(std::string_view stream, state::Breaker breaker);
  void Put(const state::QuarantineKey& key, state::QuarantineEntry entry);
  void Erase(const state::QuarantineKey& key);
  void Put(state::Ticket ticket);
  void EraseTicket(const std::string& id);
  void Put(state::Cursor cursor) { cursor_ = std::move(cursor); }
  void Put(state::Genesis genesis);
  // Dead-letter resolutions go to the ledger topic.
  void Put(const state::LetterResolution& resolution);

  // Records that StateChanges and LedgerChanges would have, the cursor apart.
  size_t size() const;
  // What changed, one record for each key, as the topics take it. The genesis is first, the cursor
  // last: who reads the cursor has read everything.
  std::vector<StateChange> StateChanges() const;
  std::vector<StateChange> LedgerChanges() const;

 private:
  std::shared_ptr<const Snapshot> base_;
  const StateStore* store_;
  state::Cursor cursor_;
  std::unique_ptr<state::Genesis> genesis_;
  std::map<std::string, state::Breaker, std::less<>> breakers_;
  std::map<std::string, std::unique_ptr<state::Ticket>, std::less<>> tickets_;  // null: erased
  std::map<std::string, std::string, std::less<>>
      ticket_of_letter_;  // of `tickets_` that are there
  size_t tickets_count_ = 0;
  std::map<state::QuarantineKey, std::unique_ptr<state::QuarantineEntry>>
      quarantine_;  // null: erased
  uint64_t record_entries_ = 0;
  std::map<std::string, bool> records_masked_;  // by RecordId: as this transaction leaves them
  std::map<std::string, state::LetterResolution> letters_;  // by key bytes
};

}  // namespace fracas::control
