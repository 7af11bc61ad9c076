#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "state/format/codec.h"
#include "state/format/entities.h"

// One filled example of each entity: every member differs from its default and from its neighbours.

namespace fracas::state {

inline Stamp ExampleStamp() {
  return {.version = 7,
          .control_offset = 1'234'567,
          .command_id = "c0ffee",
          .time_ms = 1'767'225'600'123};
}

inline Genesis ExampleGenesis() {
  return {.uuid = "0123456789abcdef0123456789abcdef",
          .group = "fracas",
          .format_major = 1,
          .format_minor = 0,
          .time_ms = 1'767'225'600'000};
}

inline Cursor ExampleCursor() {
  return {.control_uuid = "fedcba9876543210fedcba9876543210",
          .control_offset = 300,
          .time_ms = 1'767'225'600'001};
}

inline Breaker ExampleBreaker() {
  Breaker breaker;
  breaker.stamp = ExampleStamp();
  breaker.state = BreakerState::kProbe;
  breaker.since_ms = 1'767'225'601'000;
  breaker.cause = Code::kTypeMismatch;
  breaker.reason = "/age must be a number";
  breaker.who = "ana";
  breaker.planned = true;
  breaker.planned_until_ms = 1'767'225'602'000;
  breaker.contract = std::string(64, 'a');
  breaker.reload = true;
  breaker.pending = {{.source = {"crm.contacts.raw", 0},
                      .from = 100,
                      .to = 200,
                      .attempt = 3,
                      .cause = Code::kJsonMalformed,
                      .reason = "1 of 100",
                      .record = 141,
                      .record_failures = 2,
                      .oldest_ms = 1'767'225'500'000,
                      .since_ms = 1'767'225'600'500,
                      .passed = true},
                     {.source = {"crm.contacts.raw", 11}, .from = 5, .to = 5}};
  breaker.merged = {{.source = {"crm.contacts.raw", 0}, .from = 100, .attempt = 3}};
  breaker.diversion = {.codes = {Code::kJsonMalformed, Code::kTypeMismatch},
                       .until_ms = 1'767'225'700'000,
                       .who = "ben",
                       .why = "known upstream bug",
                       .since_ms = 1'767'225'600'700};
  breaker.retry = {.done = 2, .next_ms = 1'767'225'630'000, .exhausted = true};
  breaker.losses = {
      {.source = {"crm.contacts.raw", 2}, .from = 10, .to = 1'000, .who = "eve", .why = "gone"}};
  breaker.isolated_ms = {1'767'225'600'800, 1'767'225'600'900};
  return breaker;
}

inline QuarantineKey ExampleQuarantineKey() {
  return {.stream = "standard_ingest/crm.contacts", .scope = QuarantineScope::kId, .id = "4711"};
}

inline QuarantineEntry ExampleQuarantineEntry() {
  return {.stamp = ExampleStamp(),
          .code = Code::kQuarantined,
          .reason = "poisons the load",
          .owner = "crm-team",
          .who = "ana",
          .since_ms = 1'767'225'600'000,
          .expires_ms = 1'767'830'400'000,
          .expired = true};
}

inline Ticket ExampleTicket() {
  return {.stamp = ExampleStamp(),
          .id = "t-1",
          .stream = "standard_ingest/crm.contacts",
          .letter = {"crm.contacts.raw", 3},
          .letter_offset = 141,
          .business_id = "4711",
          .digest = std::string(64, 'b'),
          .original_timestamp_ms = 1'767'225'500'000,
          .replay_count = 2,
          .who = "ana",
          .why = "patched the age",
          .expires_ms = 1'767'312'000'000};
}

inline LetterResolution ExampleLetterResolution() {
  return {.stamp = ExampleStamp(),
          .stream = "standard_ingest/crm.contacts",
          .letter = {"crm.contacts.raw", 3},
          .letter_offset = 141,
          .end = LetterEnd::kDiscarded,
          .ticket = "t-1",
          .published = {"crm.contacts.raw", 4},
          .published_offset = 99,
          .who = "ana",
          .why = "test data"};
}

// A key with its value, under a name for the golden file.
struct ExamplePair {
  std::string name;
  std::string key;
  std::string value;
};

inline std::vector<ExamplePair> ExamplePairs() {
  const QuarantineKey record{.stream = "standard_ingest/crm.contacts",
                             .scope = QuarantineScope::kRecord,
                             .id = RecordId({"crm.contacts.raw", 0}, 141)};
  return {{"genesis", GenesisKey(), Encode(ExampleGenesis())},
          {"cursor", CursorKey(), Encode(ExampleCursor())},
          {"breaker", BreakerKey("standard_ingest/crm.contacts"), Encode(ExampleBreaker())},
          {"breaker_green", BreakerKey("p/s"), Encode(Breaker{})},
          {"quarantine_id", QuarantineKeyBytes(ExampleQuarantineKey()),
           Encode(ExampleQuarantineEntry())},
          {"quarantine_record", QuarantineKeyBytes(record), Encode(QuarantineEntry{})},
          {"ticket", TicketKey("t-1"), Encode(ExampleTicket())},
          {"letter", LetterKey({"crm.contacts.raw", 3}, 141), Encode(ExampleLetterResolution())}};
}

}  // namespace fracas::state
