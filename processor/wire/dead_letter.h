#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/codes.h"
#include "core/header.h"
#include "core/ids.h"
#include "core/status.h"
#include "wire/block_scanner.h"

// What a dead letter adds to its record: one block of context headers behind the record's own.
//
//   dead-letter := original key, original value, original-headers block
//   block  :=                                   always in this order, nothing foreign in between
//     __connect.errors.topic      text
//     __connect.errors.partition  decimal
//     __connect.errors.offset     decimal
//     __connect.errors.stage      VALUE_CONVERTER (codes 1xxx to 3xxx), KAFKA_PRODUCE (origin
//                                 destination), TASK_PUT (all others)
//     __connect.errors.exception.class.name   "fracas." code-name
//     __connect.errors.exception.message      text, cut at a code point to 8 KiB
//     fracas.code                 decimal          "2103"
//     fracas.code.name            text             "TYPE_MISMATCH"
//     fracas.fingerprint          text             hex; empty if none
//     fracas.pipeline             text
//     fracas.stream               text
//     fracas.batch                topic "/" partition "/" from "-" to "#" attempt
//     fracas.attempt              decimal
//     fracas.contract             64 hex digits, empty if the stream has no contract
//     fracas.replay.count         decimal
//     fracas.redacted             "true" | "false"  something was left out of the message
//     fracas.timestamp            RFC 3339, UTC, milliseconds: when it was judged
//     [fracas.pointer  fracas.schema   pointer and schema location of the finding that decided]
//     [fracas.payload.size fracas.payload.sha256]  the value was not kept: it is null
//     [fracas.key.size fracas.key.sha256]          the key was not kept either
//     [fracas.headers.dropped     decimal]         so many original headers were not kept
//     fracas.format               "1.0", always last: a block without it is not complete
//
// All values are UTF-8 text; invalid UTF-8 becomes U+FFFD. A block is at most
// limits::kDeadLetterOverheadBytes, so a DLQ topic needs the source's size limit plus that.
//
// Earlier hops. A record that was a dead letter before (replayed with its headers) carries a block
// of its last hop. The newest such block is kept as it is; older ones are dropped, so at most two
// blocks ever stand in a dead letter. Readers take the last complete block, as Kafka tools take the
// last header of a name; whatever a producer planted in front of it is carried and never believed.

namespace fracas::wire {

// Bytes that a dead letter names instead of carrying.
struct LeftOut {
  uint64_t size = 0;
  std::string_view sha256;  // 64 hex digits
};

// What the encoder writes. Views live until Encode returns.
struct DeadLetterContext {
  Code code = Code::kNone;      // REQUIRES: a real code
  std::string_view pipeline;
  std::string_view stream;
  const BatchId* batch = nullptr;  // REQUIRES: set. Its source topic and partition are the record's
  Offset offset = 0;
  std::string_view message;     // described and redacted (contract::Describe)
  bool redacted = false;
  std::string_view fingerprint;
  std::string_view contract;    // sha256 of the contract
  uint32_t replay_count = 0;
  int64_t time_ms = 0;          // the round's clock
  bool has_finding = false;     // pointer and schema are written; "" is the whole document
  std::string_view pointer;
  std::string_view schema;
  std::optional<LeftOut> value;  // set: the value is not carried
  std::optional<LeftOut> key;    // set: the key is not carried
};

// The headers to produce. Views into the encoder; void at its next call.
struct DeadLetterHeaders {
  // True: produce with the consumed record's own headers in front (ProducedRecord::original) and
  // `headers` holds the block only. False: `headers` holds everything.
  bool carry_original = true;
  std::span<const HeaderView> headers;
};

// Reuses its memory from letter to letter: in a steady state it allocates nothing. One per worker;
// not thread-safe. For each letter: Begin, AddSourceHeader for each header of the record in order
// (may be left out when it has none), Encode.
class DeadLetterEncoder {
 public:
  void Begin();
  // Views must live until Encode's result has been used.
  void AddSourceHeader(std::string_view name, std::string_view value);
  DeadLetterHeaders Encode(const DeadLetterContext& context);

 private:
  struct Slice {  // of text_; the name is a constant
    std::string_view name;
    size_t begin = 0;
    size_t size = 0;
  };
  void Add(std::string_view name, std::string_view value, size_t bytes_max);
  void AddNumber(std::string_view name, uint64_t value);
  void AddConnect(const DeadLetterContext& context, const CodeInfo& info);
  void AddFracas(const DeadLetterContext& context, const CodeInfo& info);
  void AddLeftOut(const DeadLetterContext& context, size_t dropped);
  void AppendKeptSource();

  std::vector<HeaderView> source_;
  std::vector<size_t> block_begin_;    // blocks of earlier hops in source_: [begin, end)
  std::vector<size_t> block_end_;
  size_t source_bytes_ = 0;
  BlockScanner scanner_;
  std::string text_;
  std::string timestamp_;              // of timestamp_ms_
  int64_t timestamp_ms_ = 0;
  std::vector<Slice> slices_;
  std::vector<HeaderView> headers_;
};

// What a reader gets back: owned, so that tools may keep it.
struct DeadLetter {
  TopicPartition source;
  Offset offset = 0;
  std::string stage;
  std::string message;
  Code code = Code::kUnknown;  // kUnknown: a code that only a newer program knows
  uint32_t code_number = 0;    // as written
  std::string code_name;       // as written
  std::string fingerprint;
  std::string pipeline;
  std::string stream;
  std::string batch;
  int32_t attempt = 0;
  std::string contract;
  uint32_t replay_count = 0;
  bool redacted = false;
  std::string timestamp;
  std::string pointer;
  std::string schema;
  std::optional<uint64_t> payload_size;  // set: the value was not kept
  std::string payload_sha256;
  std::optional<uint64_t> key_size;
  std::string key_sha256;
  uint64_t headers_dropped = 0;
  size_t block_begin = 0;   // the record's own headers are [0, block_begin)
};

// The last complete block of `headers`. nullopt: there is none, this is no dead letter of ours. A
// failed Status: it is a block of an unknown major version (kStop).
Result<std::optional<DeadLetter>> DecodeDeadLetter(std::span<const HeaderView> headers);

}  // namespace fracas::wire
