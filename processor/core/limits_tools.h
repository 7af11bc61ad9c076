#pragma once

#include <cstddef>
#include <cstdint>

// Bounds of the support team's tools (processor/tools); everything else is in core/limits.h.

namespace fracas::limits {

// Documents that a selection may hold in memory at once; more are streamed or refused.
inline constexpr size_t kSelectionMax = 100'000;

}  // namespace fracas::limits
