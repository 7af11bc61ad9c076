#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/stream.h"
#include "tools/inspect/identity.h"
#include "tools/inspect/judge.h"
#include "tools/inspect/specimen.h"
#include "tools/patch/diff.h"
#include "tools/patch/recipe.h"

// One record mended and judged; nothing is sent here.

namespace fracas::tools {

struct CleanRequest {
  const Recipe* recipe = nullptr;
  // Set: a person changes what the recipe left, too.
  std::function<Result<std::string>(const std::string& document)> edit{};
  const config::Stream* target =
      nullptr;  // it will be sent to this stream: its mark goes into the body
  bool may_change_ids = false;
  int64_t now_ms = 0;
};

struct Cleaned {
  std::string value{};               // framing and mended document
  std::vector<std::string> steps{};  // what was done
  std::vector<ShownHunk> hunks{};    // at most limits::kPatchHunksMax
  size_t hunks_total = 0;
  bool changed = false;
  Verdict verdict{};  // of the mended record
  RecordIds before{};
  RecordIds after{};
  std::string refused{};  // why it must not be sent although it passes; "" it may
  bool may_go() const { return verdict.passes && refused.empty(); }
};
// kReject: a step that this record does not allow, or it has no value to mend.
Result<Cleaned> Clean(const Specimen& specimen, Judge* judge, const CleanRequest& request);

// A pointer of the recipe that writes to or above a sensitive one; "" none does.
std::string SensitivePointer(const std::vector<std::string>& pointers,
                             const std::vector<std::string>& sensitive);

}  // namespace fracas::tools
