#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// Stage 1: where the structural characters of a document are, and whether it is UTF-8. Both readers
// of the contract engine walk these indexes (processor/decisions/): simdjson's DOM loses number
// text and source positions, its On-Demand API does not validate what is skipped. Home of simdjson.

namespace fracas::json {

enum class ScanError : uint8_t {
  kNone,
  kEmpty,     // nothing but white space
  kTooLarge,  // over the capacity
  kInvalidUtf8,
  kUnclosedString,
  kControlInString,  // a raw byte below 0x20 inside a string
};

// A scanned document. `bytes` is readable for kPadding bytes behind `size`, all of them spaces, so
// that a scalar at the end needs no bounds check. `indexes` holds the positions of  { } [ ] : ,  of
// each opening quote and of the first byte of each other scalar, ascending; indexes[count] exists
// and equals `size`. Views into the Scanner; void at its next Scan.
//
// What kNone does not promise, so that readers must see to it themselves: that tokens come in an
// order that makes sense; that a scalar is one (`nul`, 01); that a scalar is followed by white
// space or one of { } [ ] : ,  (no index stands before the quote of `1"a"`, nor for a control
// character there); that an index names one of the bytes above (some kernels take U+000C and U+001A
// for structure); that the byte behind a backslash makes an escape (it may be anything, a control
// character too).
struct ScanView {
  const uint8_t* bytes = nullptr;
  size_t size = 0;
  const uint32_t* indexes = nullptr;
  size_t count = 0;
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes), size}; }
};

inline constexpr size_t kPadding = 64;

// One per worker, reused for every document: it allocates only when a document is larger than all
// before it. Not thread-safe.
class Scanner {
 public:
  // Documents of more than `bytes_max` are kTooLarge.
  explicit Scanner(size_t bytes_max);
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  // kInvalidUtf8, kUnclosedString and kControlInString tell *that* something is wrong; where and
  // what exactly is json::Diagnose's work (json/diagnose.h), which the failing path can afford.
  ScanError Scan(std::string_view document, ScanView* view);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The kernel that runs ("haswell", "fallback", …): for logs and the differential test of kernels.
std::string KernelName();

}  // namespace fracas::json
