#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/header.h"
#include "core/ids.h"
#include "core/status.h"
#include "ports/log_reader.h"
#include "tools/letters/letter_reader.h"
#include "tools/replay/job.h"

// What a replay reads: records of topics, or dead letters as the records that they were.

namespace fracas::tools {

// Views live during the visit.
struct FeedRecord {
  TopicPartition place{};  // where it was read
  Offset offset = 0;
  int64_t timestamp_ms = 0;  // the record's own
  std::string_view key{};    // data() == nullptr: null
  std::string_view value{};
  std::span<const HeaderView> headers{};  // the record's own
  const Letter* letter = nullptr;         // set: it is a dead letter
};

std::vector<LetterHeader> CopyHeaders(const FeedRecord& record);

class ReplayFeed {
 public:
  virtual ~ReplayFeed() = default;
  // Visits what lies in [next, to) of each range, in the order of the ranges and of their offsets,
  // until `visit` returns false.
  virtual Status Visit(const std::vector<ReplayRange>& ranges,
                       const std::function<bool(const FeedRecord&)>& visit) = 0;
};

// Records as they lie there, dead-letter blocks and all.
class TopicFeed final : public ReplayFeed {
 public:
  explicit TopicFeed(LogReader* reader) : reader_(reader) {}
  Status Visit(const std::vector<ReplayRange>& ranges,
               const std::function<bool(const FeedRecord&)>& visit) override;

 private:
  LogReader* const reader_;
};

// The dead letters of a selection, with the headers that their records had.
class LetterFeed final : public ReplayFeed {
 public:
  // `reader` outlives it.
  LetterFeed(LetterReader* reader, Selection selection)
      : reader_(reader), selection_(std::move(selection)) {}
  Status Visit(const std::vector<ReplayRange>& ranges,
               const std::function<bool(const FeedRecord&)>& visit) override;

 private:
  LetterReader* const reader_;
  const Selection selection_;
};

}  // namespace fracas::tools
