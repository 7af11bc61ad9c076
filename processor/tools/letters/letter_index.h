#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"
#include "core/status.h"
#include "tools/letters/letter.h"
#include "tools/letters/selection.h"
#include "tools/live_reader.h"

// What a running instance with the role ledger knows of dead letters: GET /state/dead_letters of
// its own listener (app/dead_letter_list.h). Its counts are those of the metrics.

namespace fracas::tools {

struct LetterPage {
  std::vector<Letter>
      letters;       // not loaded: facts only; by topic, partition, offset, expired ones last
  std::string next;  // "": there are no more. A page may be short and still have a next one.
};

// Dead letters of one stream and code by what became of them.
struct LetterCountRow {
  std::string stream;
  uint32_t code = 0;
  std::string code_name;
  uint64_t open = 0;
  uint64_t resolved = 0;
  uint64_t discarded = 0;
  uint64_t expired = 0;
  int64_t oldest_open_ms = 0;  // 0: none is open
  int64_t ends_ms = 0;  // when retention may take the oldest open one; 0: never, or not known
};

// One thread. `get` is LivePorts::get.
class LetterIndex {
 public:
  using Get =
      std::function<Result<HttpAnswer>(const std::string& address, const std::string& target)>;
  LetterIndex(const config::Config& config, Get get) : config_(config), get_(std::move(get)) {}

  // kRetry: nobody answers for this group, or not with the role ledger; the message says which.
  Result<LetterPage> Page(const Selection& selection, const std::string& after, size_t limit);
  // The letters of one source record.
  Result<std::vector<Letter>> OfRecord(const TopicPartition& source, Offset offset);
  Result<std::vector<LetterCountRow>> Counts();

 private:
  Result<std::string> Ask(const std::string& target);

  const config::Config& config_;
  const Get get_;
};

}  // namespace fracas::tools
