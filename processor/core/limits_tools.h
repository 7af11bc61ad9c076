#pragma once

#include <cstddef>
#include <cstdint>

// Bounds of the support team's tools (processor/tools); everything else is in core/limits.h.

namespace fracas::limits {

// Documents that a selection may hold in memory at once; more are streamed or refused.
inline constexpr size_t kSelectionMax = 100'000;
// Of a header's text in another system's dead letter (a stack trace); the rest is cut.
inline constexpr size_t kForeignTextBytesMax = 64 * 1024;

}  // namespace fracas::limits
