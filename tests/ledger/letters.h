#pragma once

#include <string>
#include <vector>

#include "core/codes.h"
#include "core/limits.h"
#include "core/text.h"
#include "ledger/ledger.h"
#include "state/format/codec.h"
#include "tests/ledger/fake_cluster.h"
#include "tests/ledger/memory_store.h"
#include "wire/dead_letter.h"

// Records of dead-letter topics and of the ledger topic, and counts as text.

namespace fracas::ledger {

// A dead letter as a worker writes it.
struct NewLetter {
  Place source{{"raw", 0}, 0};
  std::string stream = "s";
  Code code = Code::kTypeMismatch;
  int64_t judged_ms = kStartMs;
  uint32_t replay_count = 0;
};

inline FakeRecord LetterRecord(const NewLetter& letter) {
  const BatchId batch{.source = letter.source.partition,
                      .from = letter.source.offset,
                      .to = letter.source.offset + 1,
                      .attempt = 1};
  wire::DeadLetterEncoder encoder;
  encoder.Begin();
  wire::DeadLetterContext context;
  context.code = letter.code;
  context.pipeline = "p";
  context.stream = letter.stream;
  context.batch = &batch;
  context.offset = letter.source.offset;
  context.message = "text";
  context.fingerprint = "f1";
  context.replay_count = letter.replay_count;
  context.time_ms = letter.judged_ms;
  const wire::DeadLetterHeaders block = encoder.Encode(context);
  FakeRecord record{.key = "key", .value = "{}", .headers = {}, .timestamp_ms = kStartMs - 5'000};
  for (const HeaderView& header : block.headers) {
    record.headers.emplace_back(std::string(header.name), std::string(header.value));
  }
  return record;
}

inline FakeRecord ResolutionRecord(const Place& source, state::LetterEnd end) {
  state::LetterResolution resolution;
  resolution.stamp.time_ms = kStartMs + 7'000;
  resolution.stream = "p/s";
  resolution.letter = source.partition;
  resolution.letter_offset = source.offset;
  resolution.end = end;
  resolution.ticket = end == state::LetterEnd::kResolved ? "t1" : "";
  resolution.who = "ada";
  resolution.why = "mended";
  return {.key = ResolutionKey(source), .value = state::Encode(resolution), .headers = {}};
}

inline FakeRecord ResolutionGone(const Place& source) {
  return {.key = ResolutionKey(source), .value = "", .headers = {}};
}

// "p/s 2103 open 1 resolved 2 discarded 0 expired 0", one row a line.
inline std::string CountsOf(const std::vector<LetterCount>& counts) {
  std::string text;
  for (const LetterCount& row : counts) {
    AppendTo(&text, text.empty() ? "" : "\n", row.stream, " ", row.code, " open ", row.open, " resolved ",
             row.resolved, " discarded ", row.discarded, " expired ", row.expired);
  }
  return text;
}

}  // namespace fracas::ledger
