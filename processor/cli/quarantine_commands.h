#pragma once

#include "cli/commands.h"

namespace fracas::cli {

// `fracas quarantine add|release|import`; `ls` and `archive` are declared with the group itself.
void AddQuarantineChanges(const Parser& parser, CLI::App* quarantine);

}  // namespace fracas::cli
