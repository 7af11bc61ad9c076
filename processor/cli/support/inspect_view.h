#pragma once

#include <string>

#include "cli/support/patch_session.h"
#include "tools/inspect/report.h"

// What is wrong with a record, for people: of `data-patcher inspect` and of `fracas dlq show`.

namespace fracas::cli {

// "data-patcher secure-clean … --re-inject TOPIC", or the file that it would write; "" where
// nothing mends it.
std::string MendCommand(const SourceArguments& arguments, const tools::RecordReport& report);

// Each finding with its place, the bytes around it and how often its mode occurred, as far as
// `report` has that; then what mends the record. Of a record without a value: why it has none.
void PrintFindings(const tools::RecordReport& report);

}  // namespace fracas::cli
