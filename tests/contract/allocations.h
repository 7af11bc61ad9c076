#pragma once

#include <cstddef>

namespace fracas::contract {

// How often this program has called operator new (tests/contract/allocations.cc replaces it).
size_t Allocations();

}  // namespace fracas::contract
