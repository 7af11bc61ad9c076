#include "state/store/content_sum.h"

#include <cstring>

namespace fracas::state {

namespace {

// Odd numbers without a pattern.
constexpr uint64_t kLow = 0x9E3779B97F4A7C15;
constexpr uint64_t kHigh = 0xC2B2AE3D27D4EB4F;

struct Lanes {
  uint64_t low = kLow;
  uint64_t high = kHigh;
};

// Upper and lower half of the product: every bit of both factors reaches every bit of the result.
uint64_t Fold(uint64_t a, uint64_t b) {
  __extension__ typedef unsigned __int128 Wide;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

void Mix(uint64_t word, Lanes* lanes) {
  lanes->low = Fold(lanes->low ^ word, kHigh) + word;
  lanes->high = Fold(lanes->high + word, kLow) ^ lanes->low;
}

// The size goes first, so that key and value cannot trade bytes.
void Mix(std::string_view bytes, Lanes* lanes) {
  Mix(bytes.size(), lanes);
  uint64_t word = 0;
  while (bytes.size() >= sizeof(word)) {
    std::memcpy(&word, bytes.data(), sizeof(word));
    Mix(word, lanes);
    bytes.remove_prefix(sizeof(word));
  }
  word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  Mix(word, lanes);
}

Lanes Hash(std::string_view key, std::string_view value) {
  Lanes lanes;
  Mix(key, &lanes);
  Mix(value, &lanes);
  return lanes;
}

}  // namespace

void ContentSum::Add(std::string_view key, std::string_view value) {
  const Lanes lanes = Hash(key, value);
  ++pairs;
  low += lanes.low;
  high += lanes.high;
}

void ContentSum::Remove(std::string_view key, std::string_view value) {
  const Lanes lanes = Hash(key, value);
  --pairs;
  low -= lanes.low;
  high -= lanes.high;
}

}  // namespace fracas::state
