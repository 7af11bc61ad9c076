#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "config/model.h"
#include "core/status.h"
#include "tools/live_state.h"

// The quarantine's entries as files for whoever keeps them:
//
//   DIR/_quarantine/<dataset>/dt=YYYY-MM-DD/<code>/entries.ndjson   an entry a line (tools/live_json.h)
//   DIR/_quarantine/<dataset>/dt=YYYY-MM-DD/<code>/_SUCCESS         written last: the folder is complete
//
// dt is the day (UTC) since when an entry is in. A folder that is there already is replaced: its _SUCCESS
// goes first.

namespace fracas::tools {

class ArchiveWriter {
 public:
  // kStop: a folder that cannot be made or written.
  ArchiveWriter(const config::Config& config, std::string dir);
  Status Add(const QuarantineItem& item);
  // Writes what is still in memory, then every _SUCCESS.
  Status Finish();

  uint64_t entries() const { return entries_; }
  size_t folders() const { return leaves_.size(); }

 private:
  struct Leaf {
    std::string pending;  // lines that are not written yet
    bool begun = false;
  };
  std::string DatasetOf(const std::string& stream) const;
  Status Write(const std::filesystem::path& folder, Leaf* leaf);

  const config::Config& config_;
  const std::filesystem::path root_;
  std::map<std::filesystem::path, Leaf> leaves_;
  size_t pending_bytes_ = 0;  // of all leaves
  uint64_t entries_ = 0;
};

}  // namespace fracas::tools
