#pragma once

#include <cstdint>
#include <string>

// The only source of chance in the program, from the kernel: tests give their own.

namespace fracas::app {

// 32 hex digits that nobody else has.
std::string RandomId();
// Where a generator of pseudo-random numbers begins.
uint64_t RandomSeed();

}  // namespace fracas::app
