#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/codes.h"

namespace fracas {

inline constexpr uint32_t kNoByte = UINT32_MAX;
inline constexpr uint32_t kNoRule = UINT32_MAX;

// One reason why a record fails. Small and free of text: contract/describe.h turns it into a message
// when somebody needs one (and is the only place where redaction happens).
struct Finding {
  Code code = Code::kNone;
  uint32_t record = 0;          // index into the batch's RecordColumns; 0 for a single document
  uint32_t byte = kNoByte;      // offset in the document (behind its framing), kNoByte if it has none
  uint32_t rule = kNoRule;      // what was broken: index into the contract's rule table
  uint32_t detail = 0;          // rule-specific: a code point, a syntax error, a property's index
  uint32_t pointer_begin = 0;   // the JSON pointer (RFC 6901), in the arena of the Findings
  uint32_t pointer_size = 0;
};

// The findings of one batch and their pointers. Reused from batch to batch: Clear keeps the memory.
// Not thread-safe; belongs to one worker.
class Findings {
 public:
  void Clear() {
    items_.clear();
    arena_.clear();
  }
  // Copies `pointer` into the arena (the caller has bounded it) and appends.
  void Add(Finding finding, std::string_view pointer) {
    finding.pointer_begin = static_cast<uint32_t>(arena_.size());
    finding.pointer_size = static_cast<uint32_t>(pointer.size());
    arena_.append(pointer);
    items_.push_back(finding);
  }
  std::string_view pointer(const Finding& finding) const {
    return std::string_view(arena_).substr(finding.pointer_begin, finding.pointer_size);
  }
  const std::vector<Finding>& items() const { return items_; }
  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }

 private:
  std::vector<Finding> items_;
  std::string arena_;
};

}  // namespace fracas
