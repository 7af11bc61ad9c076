#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/status.h"
#include "tools/command_client.h"
#include "tools/letters/letter.h"

// Letters that nobody will mend: the ledger counts them as discarded, with who and why in the
// journal. Their bytes stay until retention takes them.

namespace fracas::tools {

struct DiscardOptions {
  std::string who;
  std::string why;
  std::function<std::string()> new_id;
};

class Discarder {
 public:
  // kReject: a letter that cannot be discarded (another system's, not open, or its origin is not
  // sure), named with the reason.
  Status Add(const Letter& letter);
  uint64_t letters() const { return count_; }

  // Commands of at most limits::kCommandTargetsMax letters of one stream each, as Send expects
  // them.
  std::vector<wire::Command> Commands(const DiscardOptions& options) const;

 private:
  struct Group {
    std::string stream;
    std::vector<wire::LetterDiscard::Letter> letters;
  };
  std::vector<Group> groups_;
  uint64_t count_ = 0;
};

// Sends them and waits; stops at the first refusal.
BulkReport SendDiscards(std::vector<wire::Command> commands, CommandClient* client,
                        const CommandClient::BulkProgress& progress);

}  // namespace fracas::tools
