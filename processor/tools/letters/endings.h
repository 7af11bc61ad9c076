#pragma once

#include <string>
#include <vector>

#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "tools/letters/letter.h"

// Who settled dead letters and why, from <group>.ledger: the index knows only that they are.

namespace fracas::tools {

// Fills in `ended_by` and `ended_why` of those of `letters` that are settled; reads the topic once.
Status ReadEndings(const std::string& ledger_topic, Admin* admin, LogReader* reader,
                   std::vector<Letter>* letters);

}  // namespace fracas::tools
