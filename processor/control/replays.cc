#include <algorithm>
#include <utility>

#include "control/change.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"

// Tickets and the dead letters that they resolve. There is at most one ticket for a letter: a newer
// one takes the older one's place, so that a replay that was lost on its way cannot come after
// another.

namespace fracas::control {

using wire::JournalEntry;

namespace {

bool IsDigest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string WhyNotTicket(const wire::TicketCreate& args, const Change& change) {
  if (args.ticket.empty()) return "a ticket needs an id";
  if (change.draft->ticket(args.ticket) != nullptr) return "there is a ticket of this id";
  if (!IsDigest(args.digest)) return "digest must be a SHA-256, 64 lower-case hex digits";
  if (args.replay_count < 1) return "replay_count is at least 1";
  if (args.expires_ms <= change.now_ms()) return "a ticket needs an expiry that is not over";
  if (change.draft->tickets() >= limits::kTicketsMax) {
    return Cat("there are ", limits::kTicketsMax,
               " open tickets, no more are kept: wait for their replays");
  }
  return {};
}

// Not the one that the sender has seen: two people replay the same letter at once.
bool IsAnothers(const state::Ticket& older, const wire::TicketCreate& args, int64_t now_ms) {
  return args.instead_of.has_value() && *args.instead_of != older.id && older.expires_ms > now_ms;
}

}  // namespace

JournalEntry ApplyTicket(const wire::Command& command, const wire::TicketCreate& args,
                         Change change) {
  if (std::string why = WhyNotTicket(args, change); !why.empty()) {
    return Refused(std::move(change), std::move(why));
  }
  std::string done = Cat("a ticket for ", ToString(args.letter, args.letter_offset));
  const state::Ticket* older = change.draft->TicketOfLetter(args.letter, args.letter_offset);
  if (older != nullptr && IsAnothers(*older, args, change.now_ms())) {
    return Refused(std::move(change),
                   Cat(wire::kReplayUnderWay, ": ", ToString(args.letter, args.letter_offset), ", by ",
                       older->who, " since ", FormatTimestamp(older->stamp.time_ms)));
  }
  if (older != nullptr) {
    AppendTo(&done, ", in the place of ", older->id);
    change.draft->EraseTicket(std::string(older->id));
  }
  state::Ticket ticket;
  ticket.stamp = change.Stamp(1);
  ticket.id = args.ticket;
  ticket.stream = command.stream;
  ticket.letter = args.letter;
  ticket.letter_offset = args.letter_offset;
  ticket.business_id = args.business_id;
  ticket.digest = args.digest;
  ticket.original_timestamp_ms = args.original_timestamp_ms;
  ticket.replay_count = args.replay_count;
  ticket.who = command.who;
  ticket.why = command.why;
  ticket.expires_ms = args.expires_ms;
  change.draft->Put(std::move(ticket));
  change.entry.version = 1;
  return Applied(std::move(change), std::move(done));
}

JournalEntry ApplyReplay(const wire::ReplayPublished& fact, Change change) {
  const state::Ticket* ticket = change.draft->ticket(fact.ticket);
  if (ticket == nullptr) {
    return Refused(std::move(change), "a repetition: there is no such ticket");
  }
  state::LetterResolution resolution;
  resolution.stamp = change.Stamp(1);
  resolution.stream = ticket->stream;
  resolution.letter = ticket->letter;
  resolution.letter_offset = ticket->letter_offset;
  resolution.end = state::LetterEnd::kResolved;
  resolution.ticket = ticket->id;
  resolution.published = fact.source;
  resolution.published_offset = fact.offset;
  resolution.who = ticket->who;
  resolution.why = ticket->why;
  std::string done = Cat("dead letter ", ToString(ticket->letter, ticket->letter_offset),
                         " is resolved by ", ToString(fact.source, fact.offset));
  change.draft->EraseTicket(fact.ticket);
  change.draft->Put(resolution);
  change.entry.version = 1;
  return Applied(std::move(change), std::move(done));
}

JournalEntry ApplyDiscard(const wire::Command& command, const wire::LetterDiscard& args,
                          Change change) {
  size_t revoked = 0;
  for (const wire::LetterDiscard::Letter& letter : args.letters) {
    const state::Ticket* ticket = change.draft->TicketOfLetter(letter.source, letter.offset);
    if (ticket != nullptr) {
      change.draft->EraseTicket(std::string(ticket->id));
      ++revoked;
    }
    state::LetterResolution resolution;
    resolution.stamp = change.Stamp(1);
    resolution.stream = command.stream;
    resolution.letter = letter.source;
    resolution.letter_offset = letter.offset;
    resolution.end = state::LetterEnd::kDiscarded;
    resolution.who = command.who;
    resolution.why = command.why;
    change.draft->Put(resolution);
  }
  std::string done = Cat(args.letters.size(), " discarded");
  if (revoked > 0) AppendTo(&done, ", ", revoked, " tickets for them are void");
  return Applied(std::move(change), std::move(done));
}

}  // namespace fracas::control
