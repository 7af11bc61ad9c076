#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/inspect/inspection.h"
#include "tools/inspect/mode_count.h"
#include "tools/live_state.h"

// What `inspect` says of a record, for `--output json`. Stable: members are only added. Schema:
// schemas/outputs/inspection.schema.json.

namespace fracas::tools {

struct RecordReport {
  Specimen specimen{};
  Inspection inspection{};
  std::string contract{};                    // sha256; "" only the form was looked at
  std::map<std::string, ModeCount> modes{};  // by fingerprint
  std::vector<QuarantineItem> quarantine{};  // entries that mask it
  std::string mend_command{};                // "" nothing mends it
};

// One object without its end of line.
std::string ToJson(const RecordReport& report);
// {"text", "mark_begin", "mark_size", "hidden"}
std::string ToJson(const Window& window);

}  // namespace fracas::tools
