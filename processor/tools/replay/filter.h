#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/stream.h"
#include "core/status.h"
#include "tools/replay/feed.h"

// Which of the records that are read are sent: conditions that all must hold.

namespace fracas::tools {

// As typed.
struct FilterText {
  std::vector<std::string> headers;   // "NAME" or "NAME=VALUE"
  std::vector<std::string> pointers;  // "/ptr=VALUE": text as it reads, anything else as its JSON
  std::string business_id;            // of topics' records; a dead letter's is in its selection
};

// The document behind the prefix that `format.framing` says there is; without a stream the value.
std::string_view BehindFraming(const config::Stream* stream, std::string_view value);

class RecordFilter {
 public:
  // `identity`: the stream whose records they are, for ids and framing; nullptr: none, an id cannot
  // be asked for then. It outlives the filter.
  static Result<RecordFilter> Parse(const FilterText& text, const config::Stream* identity);

  // Records with a Kafka timestamp outside [since, until) are not selected; 0: no bound.
  void SetTimes(int64_t since_ms, int64_t until_ms) {
    since_ms_ = since_ms;
    until_ms_ = until_ms;
  }
  bool empty() const {
    return headers_.empty() && pointers_.empty() && business_id_.empty() && since_ms_ == 0 &&
           until_ms_ == 0;
  }
  bool Matches(const FeedRecord& record) const;
  // "header x=1 and /country=\"SE\"": for messages and for the digest of a request; "" none.
  std::string Describe() const;

 private:
  struct HeaderTerm {
    std::string name;
    std::optional<std::string> value;
  };
  struct PointerTerm {
    std::string pointer;
    std::string value;
  };
  bool HasHeader(const HeaderTerm& term, const FeedRecord& record) const;
  bool HasId(const FeedRecord& record) const;

  std::vector<HeaderTerm> headers_;
  std::vector<PointerTerm> pointers_;
  std::string business_id_;
  const config::Stream* identity_ = nullptr;
  int64_t since_ms_ = 0;
  int64_t until_ms_ = 0;
};

}  // namespace fracas::tools
