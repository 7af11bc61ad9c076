#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/prove_law.h"

// The law between prove and explain, for libFuzzer.

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fracas::fuzz::ProveLawReport report = fracas::fuzz::CheckProveLaw(
      {reinterpret_cast<const char*>(data), size}, fracas::contract::Prove);
  if (!report.problem.empty()) {
    std::fprintf(stderr, "%s\n", report.problem.c_str());
    std::abort();
  }
  return 0;
}
