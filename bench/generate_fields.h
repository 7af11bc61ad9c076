#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "bench/generate.h"

// The members of a generated record. One table gives both the value and the schema of a member, so
// that they cannot drift apart.

namespace fracas::bench {

// SplitMix64: small, fast, and every record has its own, so that any record can be made alone.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // 0 … bound - 1. REQUIRES: 0 < bound < 2^32.
  uint64_t Below(uint64_t bound) { return ((Next() >> 32) * bound) >> 32; }
  // low … high, both included.
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low + 1)));
  }

 private:
  uint64_t state_;
};

// A bump pointer over the caller's memory, which must be large enough for the largest record.
class Text {
 public:
  explicit Text(char* begin) : begin_(begin), end_(begin) {}
  Text& Add(std::string_view piece) {
    piece.copy(end_, piece.size());
    end_ += piece.size();
    return *this;
  }
  Text& Add(char piece) {
    *end_++ = piece;
    return *this;
  }
  Text& Int(int64_t value);
  // `value` in decimal with leading zeros.
  Text& Digits(uint64_t value, int width);
  // `scaled` / 10^decimals, always with that many decimals.
  Text& Decimal(int64_t scaled, int decimals);
  Text& Hex(uint64_t value, int digits);
  Text& Quoted(std::string_view piece) { return Add('"').Add(piece).Add('"'); }

  char* begin() const { return begin_; }
  char* end() const { return end_; }
  void set_end(char* end) { end_ = end; }
  size_t size() const { return static_cast<size_t>(end_ - begin_); }

 private:
  char* begin_;
  char* end_;
};

// What the writers of members may look at.
struct RecordSeed {
  Random random;
  uint64_t customer = 0;
  int64_t timestamp_ms = 0;
  Fault fault = Fault::kNone;
};

// "C" and nine digits.
void WriteCustomerId(uint64_t customer, Text* out);

struct Field {
  std::string_view name;
  std::string_view schema;
  bool required;
  void (*write)(RecordSeed* record, Text* out);
};

// The members of a profile in the order of the document; a larger profile begins with the smaller
// one.
std::span<const Field> FieldsOf(Profile profile);

}  // namespace fracas::bench
