#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "state/format/entities.h"

namespace fracas::control {

// The open tickets, by id and by the dead letter that they are for. A copy shares all of its parts
// with the original, a change copies one part of many: a snapshot for each batch of changes stays
// cheap with limits::kTicketsMax of them. REQUIRES: a table that was copied from is not changed any
// more.
class TicketTable {
 public:
  const state::Ticket* Find(std::string_view id) const;
  // The ticket of a dead letter; nullptr: it has none. The authority keeps at most one of each.
  const state::Ticket* FindLetter(const TopicPartition& letter, Offset offset) const;
  size_t size() const { return size_; }
  // A bound from below of the earliest expiry; INT64_MAX: there is none.
  int64_t EarliestMs() const;
  using Pointer = std::shared_ptr<const state::Ticket>;
  void Visit(const std::function<void(const Pointer&)>& visit) const;
  // Only those that expire at `now_ms` or earlier.
  void VisitExpired(int64_t now_ms, const std::function<void(const Pointer&)>& visit) const;
  // True: one is a copy of the other and neither was changed since. Cheap.
  bool SameAs(const TicketTable& other) const { return parts_ == other.parts_; }

  void Put(state::Ticket ticket);
  void Erase(std::string_view id);

 private:
  static constexpr size_t kParts = 128;
  struct Part {
    std::map<std::string, Pointer, std::less<>> tickets;      // by id
    std::map<std::string, std::string, std::less<>> letters;  // "topic/partition/offset" to id
    int64_t earliest_ms = INT64_MAX;                          // of `tickets`, or earlier
  };
  static size_t PartOf(std::string_view key);
  Part* Change(size_t part);

  // The parts that this table has made since it was copied from another: they may be changed in
  // place.
  struct Own {
    Own() = default;
    Own(const Own& /*other*/) {}
    Own& operator=(const Own& /*other*/) {
      parts = {};
      return *this;
    }
    std::array<Part*, kParts> parts{};
  };

  std::array<std::shared_ptr<const Part>, kParts> parts_;  // null: empty
  Own own_;
  size_t size_ = 0;
};

}  // namespace fracas::control
