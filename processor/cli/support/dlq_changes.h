#pragma once

#include "cli/commands.h"

namespace fracas::cli {

// `fracas dlq discard|archive|export`; `ls`, `show` and `stats` are declared with the group itself.
void AddDlqChanges(const Parser& parser, CLI::App* dlq);

}  // namespace fracas::cli
