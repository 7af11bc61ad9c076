#pragma once

#include <cstdint>
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
  explicit Resolutions(std::string ledger_topic) : topic_(std::move(ledger_topic)) {}

  // Reads on from where the last call has ended (at first: from the beginning) to the high
  // watermark. A topic that does not exist yet resolves nothing.
  Status Follow(Admin* admin, LogReader* reader);
  // kOpen when nothing is written of it.
  LetterState StateOf(const TopicPartition& source, Offset offset) const;

 private:
  Status Take(std::string_view key, std::string_view value);

  std::string topic_;
  std::map<Partition, Offset> next_;
  std::map<TopicPartition, std::map<Offset, LetterState>> ended_;
};

}  // namespace fracas::tools
