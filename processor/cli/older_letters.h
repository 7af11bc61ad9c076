#pragma once

#include <cstdint>
#include <string>

#include "cli/control_session.h"
#include "tools/letters/older_letters.h"

// Discards the dead letters that newer ones of the same records stand for.

namespace fracas::cli {

struct OlderDiscarded {
  uint64_t letters = 0;
  std::string trouble;  // why some of them stay open; "" none does
};
// Asks once more which replays are under way. REQUIRES: what was sent is judged or waits under a
// ticket.
OlderDiscarded DiscardOlder(ControlSession* control, const tools::OlderScope& scope,
                            const tools::Lineage& lineage, const std::string& who,
                            tools::LetterReader* letters);

// To standard error, where there is something to say.
void HintOlder(uint64_t letters, const std::string& trouble);

}  // namespace fracas::cli
