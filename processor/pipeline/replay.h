#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/codes.h"
#include "core/ids.h"
#include "pipeline/control_view.h"
#include "state/format/entities.h"

namespace fracas::pipeline {

// The right of one round to publish under a ticket. Given back when it is destroyed, unless it was used.
class TicketClaim {
 public:
  TicketClaim() = default;
  // `board` outlives it.
  TicketClaim(ControlBoard* board, std::string ticket) : board_(board), ticket_(std::move(ticket)) {}
  TicketClaim(TicketClaim&& other) noexcept
      : board_(std::exchange(other.board_, nullptr)), ticket_(std::move(other.ticket_)) {}
  TicketClaim& operator=(TicketClaim&& other) noexcept {
    std::swap(board_, other.board_);
    std::swap(ticket_, other.ticket_);
    return *this;
  }
  ~TicketClaim() {
    if (board_ != nullptr) board_->ReleaseTicket(ticket_);
  }
  // The round was committed and the record published: the claim stays until the state shows it.
  void Keep() { board_ = nullptr; }

 private:
  ControlBoard* board_ = nullptr;
  std::string ticket_;
};

// What a ticket that a record names is worth.
enum class TicketCheck : uint8_t {
  kValid,
  kUnknown,      // there is no such ticket (any more)
  kOtherStream,
  kOtherId,      // the record has another business id
  kOtherBytes,   // key or value are not those that it was written for
  kExpired,
  kInUse,        // another copy of the record has it
};
// A clause for people: "its ticket is unknown".
std::string_view Describe(TicketCheck check);

// A record that names a ticket.
struct Replay {
  uint32_t record = 0;
  std::string id;  // as the header names it
  TicketCheck check = TicketCheck::kUnknown;
  std::shared_ptr<const state::Ticket> ticket;  // kValid
  TicketClaim claim;                            // kValid

  bool valid() const { return check == TicketCheck::kValid; }
};

struct Batch;
struct Round;

// Finds the records of batches that come under a ticket. One per worker.
class Replays {
 public:
  // `board` outlives it.
  explicit Replays(ControlBoard* board) : board_(board) {}

  // Fills batch->replays. Before the batch is examined: age is judged against the ticket's original
  // timestamp. Looks at headers only while there are tickets of the stream.
  void Find(const ControlView& view, const Round& round, Batch* batch);
  // After it was examined: a ticket is for one business id.
  static void Confirm(Batch* batch);
  // A record of `round` names a ticket that `view` does not have: used, forged, or newer than what this
  // instance has read of the state, for a tool can ask one instance only whether it knows its tickets.
  static bool NamesUnknown(const ControlView& view, const Round& round);
  // The tickets of `round` are worth in `now` what they were worth when it was judged.
  static bool StillHold(const ControlView& now, const Round& round);

 private:
  bool AnyTicket(const ControlView& view, std::string_view stream);
  TicketCheck Check(const state::Ticket& ticket, std::string_view stream, const Batch& batch,
                    uint32_t record, int64_t now_ms) const;

  ControlBoard* const board_;
  std::shared_ptr<const TicketsById> known_;  // of which `streams_` is made
  std::set<std::string, std::less<>> streams_;
};

}  // namespace fracas::pipeline
