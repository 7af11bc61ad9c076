#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "state/format/entities.h"
#include "tests/sim/broker.h"

namespace fracas::sim {

inline const TopicPartition kControlLog{"control", 0};
inline const TopicPartition kStateLog{"state", 0};
inline const TopicPartition kLedgerLog{"ledger", 0};
inline const TopicPartition kJournalLog{"journal", 0};
// The dead letters of the streams p/a and p/b.
inline constexpr const char* kLetterTopics[] = {"a.dlq", "b.dlq"};

// What the state topic has ever said, as anybody could read it who had followed from the beginning:
// for operators and for the checker. Shares no code with the authority but the codec.
class StateLog {
 public:
  explicit StateLog(const Broker* broker) : broker_(broker) {}
  // Reads what is new.
  void Follow();

  // Entities at a state offset: as of everything below it. nullptr: there was none.
  const state::Breaker* BreakerAt(std::string_view stream, Offset at) const;
  const state::QuarantineEntry* EntryAt(const state::QuarantineKey& key, Offset at) const;
  const state::Ticket* TicketAt(std::string_view id, Offset at) const;
  // Now.
  const state::Breaker* breaker(std::string_view stream) const { return BreakerAt(stream, next_); }
  state::BreakerState StateOf(std::string_view stream) const;
  Offset end() const { return next_; }
  // Whether an entry was taken away at or behind state offset `at`, before anything of `order` was
  // written.
  bool WasReleased(const state::QuarantineKey& key, Offset at, uint64_t order) const;
  bool EverQuarantined(const state::QuarantineKey& key) const { return entries_.contains(key); }

  template <typename Entity>
  struct Version {
    Offset offset = 0;
    uint64_t order = 0;
    std::shared_ptr<const Entity> value;  // null: deleted
  };
  template <typename Entity>
  using Versions = std::vector<Version<Entity>>;
  const std::map<std::string, Versions<state::Breaker>, std::less<>>& breakers() const {
    return breakers_;
  }
  const std::map<state::QuarantineKey, Versions<state::QuarantineEntry>>& entries() const {
    return entries_;
  }
  const std::map<std::string, Versions<state::Ticket>, std::less<>>& tickets() const {
    return tickets_;
  }
  const Versions<state::Cursor>& cursors() const { return cursors_; }
  // Every key's newest value, deleted ones left out.
  const std::map<std::string, std::string, std::less<>>& fold() const { return fold_; }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  void Read(Offset offset, const Entry& entry);

  const Broker* const broker_;
  Offset next_ = 0;
  std::map<std::string, Versions<state::Breaker>, std::less<>> breakers_;
  std::map<state::QuarantineKey, Versions<state::QuarantineEntry>> entries_;
  std::map<std::string, Versions<state::Ticket>, std::less<>> tickets_;
  Versions<state::Cursor> cursors_;
  std::map<std::string, std::string, std::less<>> fold_;
  std::vector<std::string> problems_;
};

}  // namespace fracas::sim
