#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fracas {

// What became of a record: exactly one each. kPending only while a batch is being judged.
enum class Outcome : uint8_t {
  kPending,
  kPublished,     // copied to the published topic
  kDeadLettered,  // rejected, written to the DLQ
  kMasked,        // quarantined; also written to the DLQ
  kObserved,      // looked at, nothing published (mode none, run events)
};

std::string_view Name(Outcome outcome);

// Records by outcome. G1: the sum over the four outcomes is the number of records consumed.
struct Tally {
  uint64_t published = 0;
  uint64_t dead_lettered = 0;
  uint64_t masked = 0;
  uint64_t observed = 0;

  uint64_t Sum() const { return published + dead_lettered + masked + observed; }
  void Add(Outcome outcome);
  Tally& operator+=(const Tally& other);
  bool operator==(const Tally&) const = default;
};

}  // namespace fracas
