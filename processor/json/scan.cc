#include "json/scan.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "core/check.h"
#include "core/text.h"

namespace fracas::json {
namespace {

// Enough for ordinary records, so that a worker rarely grows.
constexpr size_t kFirstCapacity = 64 * 1024;
// simdjson's indexes are 32 bit.
constexpr size_t kCapacityMax = UINT32_MAX - 64;
// Stage 1 keeps no stack of containers.
constexpr size_t kStage1Depth = 1;

static_assert(kPadding >= simdjson::SIMDJSON_PADDING);

// simdjson's codes end here: what stage 1 can say about a document, in our words.
ScanError ToScanError(simdjson::error_code error) {
  switch (error) {
    case simdjson::SUCCESS: return ScanError::kNone;
    case simdjson::EMPTY: return ScanError::kEmpty;
    case simdjson::UTF8_ERROR: return ScanError::kInvalidUtf8;
    case simdjson::UNCLOSED_STRING: return ScanError::kUnclosedString;
    case simdjson::UNESCAPED_CHARS: return ScanError::kControlInString;
    default:
      CheckFailed(__FILE__, __LINE__, "stage 1 reports only what a document can cause",
                  simdjson::error_message(error));
  }
}

}  // namespace

struct Scanner::State {
  size_t bytes_max = 0;
  size_t capacity = 0;
  std::unique_ptr<uint8_t[]> bytes;  // capacity + kPadding
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1;

  void Grow(size_t size) {
    const size_t wanted = std::max({size, kFirstCapacity, 2 * capacity});
    const size_t next = std::max(size, std::min(wanted, bytes_max));
    bytes.reset();  // first, so that old and new are never alive together
    bytes.reset(new uint8_t[next + kPadding]);
    const simdjson::error_code error =
        stage1 == nullptr ? simdjson::get_active_implementation()->create_dom_parser_implementation(
                                next, kStage1Depth, stage1)
                          : stage1->set_capacity(next);
    FRACAS_CHECK(error == simdjson::SUCCESS, Cat("no memory to scan ", next, " bytes of JSON"));
    capacity = next;
  }
};

Scanner::Scanner(size_t bytes_max) : state_(std::make_unique<State>()) {
  state_->bytes_max = std::min(bytes_max, kCapacityMax);
}

Scanner::~Scanner() = default;

ScanError Scanner::Scan(std::string_view document, ScanView* view) {
  State& state = *state_;
  const size_t size = document.size();
  *view = {};
  if (size > state.bytes_max) return ScanError::kTooLarge;
  if (size == 0) return ScanError::kEmpty;
  if (size > state.capacity) state.Grow(size);
  // The payload lies in somebody else's buffer, which ends where it ends: copied, because stage 1
  // and the readers behind it look past the last byte.
  std::memcpy(state.bytes.get(), document.data(), size);
  std::memset(state.bytes.get() + size, ' ', kPadding);
  const simdjson::error_code error =
      state.stage1->stage1(state.bytes.get(), size, simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) return ToScanError(error);
  view->bytes = state.bytes.get();
  view->size = size;
  view->indexes = state.stage1->structural_indexes.get();
  view->count = state.stage1->n_structural_indexes;
  return ScanError::kNone;
}

std::string KernelName() { return simdjson::get_active_implementation()->name(); }

}  // namespace fracas::json
