#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wire/command.h"
#include "wire/dead_letter.h"
#include "wire/failure_event.h"
#include "wire/journal.h"
#include "wire/offset_metadata.h"
#include "wire/summary.h"

// One example of each wire format, with every member set. Their bytes are frozen in
// tests/golden/wire/.

namespace fracas::wire {

inline BatchId ExampleBatch() {
  return {StreamIndex{0}, {"crm.contacts.raw", 3}, 9'041'220, 9'041'532, 2};
}

inline DeadLetterContext ExampleContext(const BatchId* batch) {
  DeadLetterContext context;
  context.code = Code::kTypeMismatch;
  context.pipeline = "standard_ingest";
  context.stream = "crm.contacts";
  context.batch = batch;
  context.offset = 9'041'251;
  context.message = "expected integer, found string";
  context.redacted = true;
  context.fingerprint = "8c41e0fa03b7d925";
  context.contract = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  context.replay_count = 1;
  context.time_ms = 1'769'860'800'123;
  context.has_finding = true;
  context.pointer = "/customer/age";
  context.schema = "#/properties/customer/properties/age/type";
  return context;
}

inline DeadLetterContext ExampleOversize(const BatchId* batch) {
  DeadLetterContext context = ExampleContext(batch);
  context.code = Code::kRecordOversize;
  context.message = "62914560 bytes, the stream's limit is 1048576";
  context.redacted = false;
  context.has_finding = false;
  context.replay_count = 0;
  context.value =
      LeftOut{62'914'560, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};
  return context;
}

inline FailureEvent ExampleEvent() {
  FailureEvent event;
  event.group = "fracas";
  event.pipeline = "standard_ingest";
  event.stream = "crm.contacts";
  event.stage = "ingestion";
  event.dataset_namespace = "crm";
  event.dataset_name = "contacts";
  event.code = Code::kTypeMismatch;
  event.disposition = Disposition::kHold;
  event.time_ms = 1'769'860'800'123;
  event.internal_message = "/customer/age: type must be integer";
  event.fingerprint = "8c41e0fa03b7d925";
  event.batch = ExampleBatch();
  event.contract = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  event.row_count = 188;
  event.samples = {{"crm.contacts.raw", 3, 9'041'251, "/customer/age"},
                   {"crm.contacts.raw", 3, 9'041'252, "/customer/age"}};
  event.owner = "crm-team";
  return event;
}

inline Summary ExampleSummary() {
  Summary summary;
  summary.pipeline = "standard_ingest";
  summary.stream = "crm.contacts";
  summary.time_ms = 1'769'860'800'123;
  summary.instance = "node-1";
  summary.worker = 1;
  summary.ranges = {
      {{"crm.contacts.raw", 0}, 100, 203, 1, 102, 1, RangeVerdict::kPublish, Code::kNone},
      {{"crm.contacts.raw", 3},
       9'041'220,
       9'041'532,
       2,
       312,
       0,
       RangeVerdict::kAbandon,
       Code::kTypeMismatch}};
  summary.counts = {95, 4, 2, 1};
  summary.codes = {{Code::kJsonMalformed, 4}, {Code::kFieldUnexpected, 7}};
  summary.state_offset = 4'711;
  summary.contract = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  summary.config = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";
  summary.program = "0.1.0";
  return summary;
}

inline OffsetMetadata ExampleMetadata() { return {2, 9'041'532, 4'711}; }

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
  return {BreakerTrip{true, 1'770'000'000'000},
          BreakerReset{sha, true, {Code::kCdeMissing, Code::kTypeMismatch}, 3'600'000},
          DivertEnd{},
          add,
          QuarantineRelease{{{false, "C-1"}}},
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
  return {Tripped{source, 9'041'220, 9'041'532, 2, Code::kTypeMismatch, "/customer/age: type must be integer",
                  9'041'251, 1'769'860'700'000},
          ProbePassed{source, 9'041'220, 9'041'532, 3},
          ReplayPublished{"5b1f0c0e5d0a4d6c9a7e2b3c4d5e6f70", source, 9'050'001},
          LossAccepted{source, 9'041'220, 9'050'000},
          PoisonFound{source, 9'041'251}};
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

// The block as lines "name=value".
inline std::string BlockText(const DeadLetterContext& context) {
  DeadLetterEncoder encoder;
  encoder.Begin();
  std::string text;
  for (const HeaderView& each : encoder.Encode(context).headers) {
    text.append(each.name).append("=").append(each.value).append("\n");
  }
  return text;
}

}  // namespace fracas::wire
