#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"
#include "core/ids.h"
#include "core/status.h"
#include "formats/letter_origin.h"
#include "tools/letters/letter.h"

// Which dead letters are meant: what people type on the command line, read once, matched by
// everybody alike.

namespace fracas::tools {

// As typed; empty means not given. Times are RFC 3339 or a duration ago ("2h").
struct SelectionText {
  std::vector<std::string> places{};  // "topic/partition/offset", ".../from-to", "topic/partition"
  std::vector<std::string> topics{};  // dead-letter topics, ours or other systems'
  std::string stream{};               // "stream" or "pipeline/stream"
  std::vector<std::string> codes{};   // names or numbers
  std::string mode{};                 // a fingerprint or its first digits
  std::string id{};                   // a business id
  std::string id_base64{};
  std::vector<std::string> records{};  // source coordinates "topic/partition/offset"
  std::string since{};                 // judged at or after
  std::string until{};                 // judged before
  std::string state = "open";          // open, resolved, discarded, expired, all
  std::string error{};                 // a part of the error's class or message, any case
  std::string system{};                // formats::Name(LetterSystem)
};

// Offsets [from, to) of one partition; a single letter is [offset, offset + 1).
struct OffsetRange {
  TopicPartition partition;
  Offset from = 0;
  Offset to = 0;
};
// "topic/partition/offset", "topic/partition/from-to" (to is not part of it) or "topic/partition"
// (all).
Result<OffsetRange> ParseOffsetRange(std::string_view text);
// RFC 3339, or a duration before `now_ms`.
Result<int64_t> ParseTimeOrAge(std::string_view text, int64_t now_ms);

// Places, topics and records that ParseSelection has read are ascending and none is in two of them:
// a letter is visited once, however often it was named.
struct Selection {
  std::vector<OffsetRange> places{};  // of letters; empty: not limited
  std::vector<std::string>
      topics{};          // to be scanned; empty: the dead-letter topics of the configuration
  std::string stream{};  // "pipeline/stream"; "" any
  std::vector<uint32_t> codes{};  // ascending; empty: any
  std::string mode{};
  std::optional<std::string> business_id{};
  std::vector<OffsetRange> records{};  // source coordinates, single ones
  int64_t since_ms = 0;                // 0: no bound
  int64_t until_ms = 0;
  std::optional<LetterState> state{};  // nullopt: any
  std::string error{};                 // lower case
  std::optional<formats::LetterSystem> system{};

  // Whether the letter is meant. Letters of other systems have no state: they match "open" and
  // "all". Letters that are not loaded match every `error` and `system` that the index cannot
  // judge.
  bool Matches(const Letter& letter) const;
  // Why an instance's index of our letters on our topics cannot answer this, and what to leave out;
  // "" it can.
  std::string WhyNotIndexed() const;
  // "open dead letters of shop/orders with code TYPE_MISMATCH since 2026-…": for messages.
  std::string Describe() const;
};

// kReject: something that cannot be read, with how it is written. A place on a source topic of the
// configuration is taken as that record's coordinates.
Result<Selection> ParseSelection(const SelectionText& text, const config::Config& config,
                                 int64_t now_ms);

}  // namespace fracas::tools
