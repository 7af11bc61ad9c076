#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"
#include "tools/letters/compressed_lines.h"
#include "tools/letters/letter.h"
#include "tools/letters/letter_json.h"

// Dead letters as folders for whoever keeps them. A folder holds
//
//   rejected_rows.ndjson.zst   a letter a line (letter_json.h, kAll): the original bytes can be
//   recovered error_reasons.json         [{"error_type", "error_message", "row_count", "timestamp",
//   "source_path",
//                              "fingerprint"}], the most frequent first; timestamp is the newest's,
//                              source_path kafka://topic/partition/from-to, one row a partition
//   _SUCCESS                   written last: the folder is complete
//
// An archive only grows: rows that are in a folder and were not added this time stay (they may have
// been resolved, or retention may have taken them since); those that were added again are replaced.
// Killed at any moment, it is begun again and ends the same; a folder is as it was before until it
// is complete. Files are readable by their owner alone: they carry payloads.

namespace fracas::tools {

class RowArchive {
 public:
  RowArchive() = default;
  // REQUIRES: letter.loaded; each letter comes once, in any order.
  // kStop: a folder or file that cannot be written.
  Status Add(const std::filesystem::path& folder, const Letter& letter);
  // Everything but _SUCCESS, which is taken away; then _SUCCESS. kStop: also a file that was there
  // and is damaged (it is left as it is).
  Status Write();
  Status Complete();

  uint64_t rows() const { return rows_; }  // added
  uint64_t kept() const { return kept_; }  // of before, known after Write
  size_t folders() const { return leaves_.size(); }

 private:
  struct Tally {
    std::string message;
    uint64_t count = 0;
    int64_t newest_ms = 0;
    Offset from = 0;
    Offset to = 0;
  };
  struct ReasonKey {
    std::string type;
    std::string fingerprint;
    TopicPartition source;
    auto operator<=>(const ReasonKey&) const = default;
  };
  struct Leaf {
    std::string pending;  // lines that are not written yet
    bool begun = false;
    std::map<TopicPartition, std::vector<Offset>> places;  // that were added; ascending from Write on
    std::map<ReasonKey, Tally> reasons;
  };
  void Count(const LetterReason& reason, Leaf* leaf);
  Status Append(const std::filesystem::path& folder, std::string_view line, Leaf* leaf);
  Status Flush(const std::filesystem::path& folder, Leaf* leaf);
  Status Merge(const std::filesystem::path& folder, Leaf* leaf);
  static std::string ReasonsJson(const Leaf& leaf);

  Compressor compressor_;
  std::map<std::filesystem::path, Leaf> leaves_;
  size_t pending_bytes_ = 0;
  uint64_t rows_ = 0;
  uint64_t kept_ = 0;
};

// DIR/_errors/<dataset>/dt=YYYY-MM-DD (the day, UTC, when it was judged); letters of other systems
// have their topic's name for the dataset.
std::filesystem::path ErrorsFolder(const std::filesystem::path& dir, std::string_view dataset,
                                   const Letter& letter);

}  // namespace fracas::tools
