#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contract/evaluator.h"
#include "contract/explain/schema_walk.h"
#include "contract/explain/stream_walk.h"
#include "contract/plan.h"
#include "core/finding.h"
#include "json/tree.h"

// The complete evaluator: every reason why a document fails, with pointer and byte. The only source
// of findings about documents that are JSON.

namespace fracas::contract {

// Reusable; one per worker.
class Explainer {
 public:
  struct Document {
    std::string_view bytes;
    const json::Tree& tree;  // of those bytes
  };
  // Appends at most limits::kFindingsPerRecordMax findings, in the order of their bytes, one for
  // each pointer and rule. Where a critical element fails, what the schema says of the same pointer
  // is left out.
  void Explain(const Plan& plan, const Document& document, const RecordContext& context,
               TextKeeper* keeper, Findings* findings, Captured* captured);

 private:
  struct Located {
    Broken broken;
    std::string pointer;
  };
  void Locate(const Plan& plan, const json::Tree& tree);

  SchemaWalk schema_walk_;
  std::vector<Broken> broken_;
  std::vector<Located> located_;
  std::vector<std::string> critical_pointers_;
};

// The pointer of a node as findings carry it: bounded by limits::kPointerBytesMax; below a
// sensitive pointer, names that the contract does not declare are "*".
std::string FindingPointer(const Plan& plan, const json::Tree& tree, json::NodeId node);

}  // namespace fracas::contract
