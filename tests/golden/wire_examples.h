#pragma once

#include <vector>

#include "wire/dead_letter.h"
#include "wire/failure_event.h"
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

inline OffsetMetadata ExampleMetadata() { return {2, 9'041'532, 4'711, 12}; }

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
