#pragma once

#include <cstddef>

namespace fracas::contract {

// How often this program has called operator new (tests/contract/allocations.cc replaces it).
size_t Allocations();
// False where a sanitizer has an operator new of its own, which must not be replaced.
bool CountsAllocations();

}  // namespace fracas::contract
