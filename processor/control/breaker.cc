#include <algorithm>
#include <utility>

#include "control/change.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/timestamp.h"

// What persons order of a stream: trip, reset, the end of a diversion, going on over lost records.

namespace fracas::control {

using state::Breaker;
using state::BreakerState;
using wire::JournalEntry;

namespace {

bool IsSha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string Ranges(const Breaker& breaker) {
  return breaker.pending.size() == 1 ? std::string("1 range")
                                     : Cat(breaker.pending.size(), " ranges");
}

// On RED a trip changes only whether somebody is paged, and that nothing is tried by itself.
JournalEntry TripAgain(const wire::BreakerTrip& args, Breaker breaker, Change change) {
  const bool other_plan =
      breaker.planned != args.planned || breaker.planned_until_ms != args.planned_until_ms;
  const bool probes = breaker.retry.next_ms != 0;
  if (!other_plan && !probes) {
    return Refused(std::move(change), Cat(change.entry.stream, " is ", Describe(breaker),
                                          " already, and nothing is tried by itself"));
  }
  const std::string_view done = probes ? "stays RED, probing by itself has ended" : "stays RED";
  breaker.planned = args.planned;
  breaker.planned_until_ms = args.planned_until_ms;
  breaker.cause = Code::kNone;
  breaker.who = change.entry.who;
  breaker.reason = change.entry.why;
  breaker.retry = {};
  return PutBreaker(std::move(change), std::move(breaker), std::string(done));
}

// "" when the reset can be done.
std::string WhyNotReset(const wire::BreakerReset& args, const Breaker& breaker,
                        const Change& change) {
  if (!args.contract.empty() && !IsSha256(args.contract)) {
    return "contract must be the SHA-256 of a contract, 64 lower-case hex digits";
  }
  if (args.divert.empty() && args.divert_for_ms != 0) {
    return "a time for a diversion needs the codes that it diverts";
  }
  if (args.divert_for_ms > INT64_MAX / 2) return "the diversion's time is too long";
  const bool only_reads = args.reload && !args.contract.empty() && args.divert.empty();
  if (breaker.state == BreakerState::kGreen && !only_reads) {
    return Cat(change.entry.stream, " is GREEN already: ", Describe(breaker));
  }
  const bool same = args.contract == breaker.contract && args.reload == breaker.reload;
  if (breaker.state == BreakerState::kProbe && same && args.divert.empty()) {
    return Cat(change.entry.stream, " is being tried already: ", Describe(breaker));
  }
  return {};
}

std::string WithContract(const wire::BreakerReset& args) {
  return Cat(" with contract ", args.contract.substr(0, 12));
}

// Nothing waits for it, and nothing is held for want of it: whoever has another one reads again for a while.
void ReadAgain(const wire::BreakerReset& args, Breaker* breaker) {
  breaker->contract = args.contract;
  breaker->reload = true;
}

void Divert(const wire::BreakerReset& args, const Change& change, Breaker* breaker) {
  if (args.divert.empty()) {
    // A new try without a word about it: only what was ordered for a time goes on.
    if (breaker->diversion.until_ms == 0) breaker->diversion = {};
    return;
  }
  state::Diversion& diversion = breaker->diversion;
  diversion.codes = args.divert;
  std::sort(diversion.codes.begin(), diversion.codes.end());
  const auto end = std::unique(diversion.codes.begin(), diversion.codes.end());
  diversion.codes.erase(end, diversion.codes.end());
  diversion.until_ms = args.divert_for_ms == 0 ? 0 : change.now_ms() + args.divert_for_ms;
  diversion.who = change.entry.who;
  diversion.why = change.entry.why;
  diversion.since_ms = change.now_ms();
}

}  // namespace

JournalEntry ApplyTrip(const wire::Command& command, const wire::BreakerTrip& args, Change change) {
  Breaker breaker = change.draft->breaker(command.stream);
  if (args.planned_until_ms != 0 && !args.planned) {
    return Refused(std::move(change), "a time of its end needs a trip that is planned");
  }
  if (args.planned_until_ms != 0 && args.planned_until_ms <= change.now_ms()) {
    return Refused(std::move(change), Cat("the end of the maintenance, ",
                                          FormatTimestamp(args.planned_until_ms), ", is over"));
  }
  if (breaker.state == BreakerState::kRed) {
    return TripAgain(args, std::move(breaker), std::move(change));
  }
  breaker.who = command.who;
  TurnRed(change.now_ms(), &breaker);
  breaker.cause = Code::kNone;
  breaker.reason = command.why;
  breaker.planned = args.planned;
  breaker.planned_until_ms = args.planned_until_ms;
  breaker.retry = {};
  const std::string done = args.planned ? "RED, planned" : "RED";
  return PutBreaker(std::move(change), std::move(breaker), done);
}

JournalEntry ApplyReset(const wire::Command& command, const wire::BreakerReset& args,
                        Change change) {
  Breaker breaker = change.draft->breaker(command.stream);
  if (std::string why = WhyNotReset(args, breaker, change); !why.empty()) {
    return Refused(std::move(change), std::move(why));
  }
  if (breaker.state == BreakerState::kGreen) {
    ReadAgain(args, &breaker);
    return PutBreaker(std::move(change), std::move(breaker),
                      Cat("stays GREEN", WithContract(args)));
  }
  Divert(args, change, &breaker);
  breaker.who = command.who;
  breaker.reason = command.why;
  if (breaker.pending.empty()) {
    TurnGreen(change.now_ms(), &breaker);
    if (args.reload) ReadAgain(args, &breaker);
    return PutBreaker(std::move(change), std::move(breaker),
                      Cat("GREEN, nothing was pending", args.reload ? WithContract(args) : ""));
  }
  // In PROBE what has passed stays passed: only the rest is tried in the new way.
  TurnProbe(change.now_ms(), &breaker);
  breaker.retry = {};
  breaker.contract = args.contract;
  breaker.reload = args.reload;
  std::string done = Cat("PROBE, ", Ranges(breaker), " to be tried");
  if (!args.contract.empty()) AppendTo(&done, WithContract(args));
  return PutBreaker(std::move(change), std::move(breaker), std::move(done));
}

JournalEntry ApplyDivertEnd(Change change) {
  Breaker breaker = change.draft->breaker(change.entry.stream);
  if (breaker.diversion.codes.empty()) {
    return Refused(std::move(change), Cat("nothing of ", change.entry.stream, " is diverted"));
  }
  breaker.diversion = {};
  return PutBreaker(std::move(change), std::move(breaker), "holds hold again");
}

JournalEntry ApplyAcceptLoss(const wire::Command& command, const wire::AcceptLoss& args,
                             Change change) {
  Breaker breaker = change.draft->breaker(command.stream);
  const state::PendingRange* range = FindPending(args.source, &breaker);
  const std::string place = Cat(args.source.topic, "/", args.source.partition);
  if (range == nullptr || range->passed) {
    return Refused(std::move(change),
                   Cat(place, " is not held: ", command.stream, " is ", Describe(breaker)));
  }
  // A probed range that is taken in parts is told when all of it has passed: the group may stand inside.
  if (args.from < range->from || args.from > std::max(range->from, range->to)) {
    return Refused(std::move(change), Cat(place, " stands at ", range->from, ", not at ", args.from,
                                          ": look at it again"));
  }
  if (args.to < args.from && range->cause != Code::kOffsetOutOfRange) {
    return Refused(std::move(change),
                   Cat("going back from ", args.from, " to ", args.to, " would publish ", place,
                       "'s records again: it is held for another reason than a topic made anew"));
  }
  if (args.to == args.from) {
    return Refused(std::move(change), Cat(place, " stands at ", args.to, " already"));
  }
  std::erase_if(breaker.losses, [&](const auto& loss) { return loss.source == args.source; });
  const auto at = std::find_if(breaker.losses.begin(), breaker.losses.end(),
                               [&](const auto& loss) { return args.source < loss.source; });
  breaker.losses.insert(at, {args.source, args.from, args.to, command.who, command.why});
  std::string done = Cat("ordered: the owner of ", place, " goes on at ", args.to);
  return PutBreaker(std::move(change), std::move(breaker), std::move(done));
}

}  // namespace fracas::control
