#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/generate.h"

// What the programs of the micro benchmark share: the records, and the loop that callgrind
// collects.

namespace fracas::bench {

// PROGRAM MODE SIZE INVALID RECORDS
struct MicroArguments {
  std::string mode;
  Profile profile = Profile::k1KB;
  double invalid = 0;
  uint64_t records = 1'000;
};

inline bool ParseMicroArguments(int argc, char** argv, MicroArguments* out) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s MODE 200|1k|4k INVALID RECORDS\n", argv[0]);
    return false;
  }
  out->mode = argv[1];
  const std::string_view size = argv[2];
  out->profile = size == "200" ? Profile::k200B : size == "4k" ? Profile::k4KB : Profile::k1KB;
  out->invalid = std::atof(argv[3]);
  out->records = std::strtoull(argv[4], nullptr, 10);
  return out->records > 0;
}

struct MicroRecord {
  std::string value;
  int64_t timestamp_ms = 0;
};

inline std::vector<MicroRecord> MakeRecords(const MicroArguments& arguments) {
  GeneratorOptions options;
  options.profile = arguments.profile;
  options.invalid = arguments.invalid;
  Generator generator(options);
  std::vector<MicroRecord> records;
  for (uint64_t i = 0; i < arguments.records; ++i) {
    const Generated record = generator.At(i);
    records.push_back({std::string(record.value), record.timestamp_ms});
  }
  return records;
}

// True when the record passed.
using Judge = std::function<bool(const MicroRecord&)>;

// bench/micro/run names this function to --toggle-collect: everything inside is counted, nothing
// else.
extern "C" [[gnu::noinline]] uint64_t FracasMeasured(const std::vector<MicroRecord>& records,
                                                     const Judge& judge) {
  uint64_t passed = 0;
  for (const MicroRecord& record : records) passed += judge(record) ? 1 : 0;
  return passed;
}

// Once to warm up, once counted. Prints what the script reads.
inline int Measure(const MicroArguments& arguments, const Judge& judge) {
  const std::vector<MicroRecord> records = MakeRecords(arguments);
  for (const MicroRecord& record : records) judge(record);
  const uint64_t passed = FracasMeasured(records, judge);
  uint64_t bytes = 0;
  for (const MicroRecord& record : records) bytes += record.value.size();
  std::printf("%llu %llu %llu\n", static_cast<unsigned long long>(records.size()),
              static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(passed));
  return 0;
}

}  // namespace fracas::bench
