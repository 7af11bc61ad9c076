#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "config/model.h"
#include "core/status.h"
#include "tools/letters/letter.h"
#include "tools/letters/row_archive.h"
#include "tools/live_state.h"

// The quarantine as files for whoever keeps it, in DIR/_quarantine/<dataset>/dt=YYYY-MM-DD/<code>/:
//
//   entries.ndjson             an entry a line (tools/live_json.h)
//   rejected_rows.ndjson.zst   the records that it masked, with error_reasons.json
//   (tools/letters/row_archive.h) _SUCCESS                   written last: the folder is complete
//
// dt is the day (UTC) since when an entry is in, or when a record was masked. Entries that are
// there already are replaced, rows are kept. _SUCCESS goes first.

namespace fracas::tools {

class ArchiveWriter {
 public:
  // kStop: a folder that cannot be made or written.
  ArchiveWriter(const config::Config& config, std::string dir);
  Status Add(const QuarantineItem& item);
  // A record that an entry masked. REQUIRES: letter.loaded.
  Status AddLetter(const Letter& letter);
  // Writes what is still in memory, then every _SUCCESS.
  Status Finish();

  uint64_t entries() const { return entries_; }
  uint64_t rows() const { return rows_.rows(); }
  size_t folders() const { return folders_.size(); }

 private:
  struct Leaf {
    std::string pending;  // lines that are not written yet
    bool begun = false;
  };
  std::filesystem::path FolderOf(const std::string& stream, int64_t time_ms, std::string_view code);
  Status Write(const std::filesystem::path& folder, Leaf* leaf);

  const config::Config& config_;
  const std::filesystem::path root_;
  std::map<std::filesystem::path, Leaf> leaves_;
  std::set<std::filesystem::path> folders_;
  RowArchive rows_;
  size_t pending_bytes_ = 0;  // of all leaves
  uint64_t entries_ = 0;
};

}  // namespace fracas::tools
