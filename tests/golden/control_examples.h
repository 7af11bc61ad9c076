#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wire/command.h"
#include "wire/journal.h"

// Examples of what is on the control topic and in the journal. Their bytes are frozen in
// tests/golden/wire/.

namespace fracas::wire {

// One of each type, with every member set.
inline std::vector<CommandArgs> ExampleCommandArgs() {
  const TopicPartition source{"crm.contacts.raw", 3};
  const std::string sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  QuarantineAdd add;
  add.targets = {{false, "C-1"},
                 {false, std::string("nul\0 and \xF0\x9F\x98\x80", 13)},
                 {false, "not UTF-8: \xFF\xFE"},
                 {true, "crm.contacts.raw/3/9041251"}};
  add.owner = "crm-team";
  add.expires_ms = 1'770'000'000'000;
  add.code = Code::kQuarantined;
  TicketCreate ticket;
  ticket.ticket = "5b1f0c0e5d0a4d6c9a7e2b3c4d5e6f70";
  ticket.letter = source;
  ticket.letter_offset = 9'041'251;
  ticket.business_id = "C-1";
  ticket.digest = sha;
  ticket.original_timestamp_ms = 1'769'860'700'000;
  ticket.replay_count = 2;
  ticket.expires_ms = 1'769'947'200'000;
  ticket.instead_of = "4a1f0c0e5d0a4d6c9a7e2b3c4d5e6f70";
  return {BreakerTrip{true, 1'770'000'000'000},
          BreakerReset{sha, true, {Code::kCdeMissing, Code::kTypeMismatch}, 3'600'000},
          DivertEnd{},
          add,
          QuarantineRelease{{{false, "C-1", 2}}},
          ticket,
          LetterDiscard{{{source, 9'041'251}, {source, 9'041'252}}},
          AcceptLoss{source, 9'041'220, 9'050'000},
          Note{}};
}

inline Command ExampleCommand(CommandArgs args) {
  Command command;
  command.id = "0123456789abcdef0123456789abcdef";
  command.stream = "standard_ingest/crm.contacts";
  command.who = "alice";
  command.why = "contract 7 is deployed";
  command.time_ms = 1'769'860'800'123;
  command.not_after_ms = 1'769'860'860'123;
  command.expected_version = 12;
  command.args = std::move(args);
  return command;
}

inline std::vector<FactArgs> ExampleFactArgs() {
  const TopicPartition source{"crm.contacts.raw", 3};
  return {Tripped{source, 9'041'220, 9'041'532, 2, Code::kTypeMismatch,
                  "/customer/age: type must be integer", 9'041'251, 1'769'860'700'000},
          ProbePassed{source, 9'041'220, 9'041'532, 3},
          ReplayPublished{"5b1f0c0e5d0a4d6c9a7e2b3c4d5e6f70", source, 9'050'001},
          LossAccepted{source, 9'041'220, 9'050'000}, PoisonFound{source, 9'041'251}};
}

inline Fact ExampleFact(FactArgs args) {
  Fact fact;
  fact.id = "tripped:crm.contacts.raw/3/9041220#2";
  fact.stream = "standard_ingest/crm.contacts";
  fact.instance = "node-1";
  fact.worker = 1;
  fact.time_ms = 1'769'860'800'123;
  fact.args = std::move(args);
  return fact;
}

inline ControlGenesis ExampleControlGenesis() {
  return {"00112233445566778899aabbccddeeff", "fracas", 1'769'860'800'123};
}

// Each on a line.
inline std::string ControlText() {
  std::string text;
  Encode(ExampleControlGenesis(), &text);
  text += "\n";
  for (const CommandArgs& args : ExampleCommandArgs()) {
    Encode(ExampleCommand(args), &text);
    text += "\n";
  }
  for (const FactArgs& args : ExampleFactArgs()) {
    Encode(ExampleFact(args), &text);
    text += "\n";
  }
  return text;
}

inline JournalEntry ExampleJournalEntry() {
  JournalEntry entry;
  entry.id = "0123456789abcdef0123456789abcdef";
  entry.type = "breaker.reset";
  entry.stream = "standard_ingest/crm.contacts";
  entry.who = "alice";
  entry.why = "contract 7 is deployed";
  entry.time_ms = 1'769'860'800'456;
  entry.control_offset = 815;
  entry.applied = true;
  entry.because = "PROBE, 1 range to be tried";
  entry.version = 13;
  entry.before_json = R"({"state":"RED","version":12,"pending_count":0,"pending":[]})";
  entry.after_json = R"({"state":"PROBE","version":13,"pending_count":0,"pending":[]})";
  return entry;
}

}  // namespace fracas::wire
