#include "control/transitions.h"

#include <variant>

#include "control/change.h"
#include "core/text.h"
#include "core/timestamp.h"

// What every command is asked before its own rule: whether it is too late, about a stream that
// there is, and made with the state in view that there is.

namespace fracas::control {

using wire::JournalEntry;

namespace {

// What must work for a stream that the configuration no longer has: ending and tidying up.
bool NeedsStream(const wire::CommandArgs& args) {
  return !std::holds_alternative<wire::QuarantineRelease>(args) &&
         !std::holds_alternative<wire::DivertEnd>(args) &&
         !std::holds_alternative<wire::LetterDiscard>(args) &&
         !std::holds_alternative<wire::Note>(args);
}

// "" when the command may be applied.
std::string WhyNot(const wire::Command& command, const Change& change) {
  if (command.not_after_ms != 0 && change.now_ms() > command.not_after_ms) {
    return Cat("it was read at ", FormatTimestamp(change.now_ms()),
               ", later than it wants to be applied (", FormatTimestamp(command.not_after_ms),
               "): look at the stream and send it again if it is still right");
  }
  if (NeedsStream(command.args) && change.policy() == nullptr) {
    return Cat("there is no stream ", command.stream,
               " in the configuration of the instance that holds the authority");
  }
  const state::Breaker& breaker = change.draft->breaker(command.stream);
  if (command.expected_version && *command.expected_version != breaker.stamp.version) {
    return Cat("the breaker of ", command.stream, " has changed meanwhile: it is at version ",
               breaker.stamp.version, ", the command was made for version ",
               *command.expected_version, "; it is ", Describe(breaker), ", changed by ",
               Actor(breaker), " at ", FormatTimestamp(breaker.stamp.time_ms));
  }
  return {};
}

}  // namespace

Result<JournalEntry> Apply(const wire::Command& command, const TransitionContext& context,
                           Draft* draft) {
  Change change = Begin(context, draft);
  change.entry.id = command.id;
  change.entry.type = wire::TypeName(command.args);
  change.entry.stream = command.stream;
  change.entry.who = command.who;
  change.entry.why = command.why;
  change.entry.version = draft->breaker(command.stream).stamp.version;
  if (std::string why = WhyNot(command, change); !why.empty()) {
    return Refused(std::move(change), std::move(why));
  }
  struct Visitor {
    const wire::Command& command;
    Change& change;
    Result<JournalEntry> operator()(const wire::BreakerTrip& args) const {
      return ApplyTrip(command, args, std::move(change));
    }
    Result<JournalEntry> operator()(const wire::BreakerReset& args) const {
      return ApplyReset(command, args, std::move(change));
    }
    Result<JournalEntry> operator()(const wire::DivertEnd&) const {
      return ApplyDivertEnd(std::move(change));
    }
    Result<JournalEntry> operator()(const wire::QuarantineAdd& args) const {
      return ApplyAdd(command, args, std::move(change));
    }
    Result<JournalEntry> operator()(const wire::QuarantineRelease& args) const {
      return ApplyRelease(args, std::move(change));
    }
    Result<JournalEntry> operator()(const wire::TicketCreate& args) const {
      return ApplyTicket(command, args, std::move(change));
    }
    Result<JournalEntry> operator()(const wire::LetterDiscard& args) const {
      return ApplyDiscard(command, args, std::move(change));
    }
    Result<JournalEntry> operator()(const wire::AcceptLoss& args) const {
      return ApplyAcceptLoss(command, args, std::move(change));
    }
    Result<JournalEntry> operator()(const wire::Note&) const {
      return Applied(std::move(change), "noted");
    }
  };
  return std::visit(Visitor{command, change}, command.args);
}

Result<JournalEntry> Apply(const wire::Fact& fact, const TransitionContext& context, Draft* draft) {
  Change change = Begin(context, draft);
  change.entry.id = fact.id;
  change.entry.type = wire::TypeName(fact.args);
  change.entry.stream = fact.stream;
  change.entry.who = Cat(fact.instance, "/", fact.worker);
  change.entry.version = draft->breaker(fact.stream).stamp.version;
  struct Visitor {
    Change& change;
    Result<JournalEntry> operator()(const wire::Tripped& args) const {
      return ApplyTripped(args, std::move(change));
    }
    Result<JournalEntry> operator()(const wire::ProbePassed& args) const {
      return ApplyPassed(args, std::move(change));
    }
    Result<JournalEntry> operator()(const wire::ReplayPublished& args) const {
      return ApplyReplay(args, std::move(change));
    }
    Result<JournalEntry> operator()(const wire::LossAccepted& args) const {
      return ApplyLossDone(args, std::move(change));
    }
    Result<JournalEntry> operator()(const wire::PoisonFound& args) const {
      return ApplyPoison(args, std::move(change));
    }
  };
  return std::visit(Visitor{change}, fact.args);
}

}  // namespace fracas::control
