#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "core/ids.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "tools/letters/letter.h"

// What became of dead letters, from <group>.ledger: for whoever has no running instance to ask.

namespace fracas::tools {

class Resolutions {
 public:
  // Reads the topic to its high watermark. A topic that does not exist yet resolves nothing.
  static Result<Resolutions> Read(
      const std::string& ledger_topic, Admin* admin, LogReader* reader,
      const std::function<void(uint64_t done, uint64_t total)>& progress);
  // kOpen when nothing is written of it.
  LetterState StateOf(const TopicPartition& source, Offset offset) const;

 private:
  Status Take(std::string_view key, std::string_view value);

  std::map<TopicPartition, std::map<Offset, LetterState>> ended_;
};

}  // namespace fracas::tools
