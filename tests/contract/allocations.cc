#include "tests/contract/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FRACAS_COUNTS_ALLOCATIONS 0
#else
#define FRACAS_COUNTS_ALLOCATIONS 1
#endif

namespace {

std::atomic<size_t> allocations = 0;

}  // namespace

#if FRACAS_COUNTS_ALLOCATIONS
void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
#endif

namespace fracas::contract {

size_t Allocations() { return allocations; }
bool CountsAllocations() { return FRACAS_COUNTS_ALLOCATIONS != 0; }

}  // namespace fracas::contract
