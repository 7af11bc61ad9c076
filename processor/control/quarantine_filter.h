#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace fracas::control {

// A blocked Bloom filter in front of the store: almost every id is not quarantined, and is told so
// with one cache line. Says "maybe" for what was added (always) and for few others (about 0.3 %
// when it is full); releases leave it (a false "maybe" costs one look at the store). Grows by being
// built anew, twice as large, when it holds more than it was made for, up to
// limits::kQuarantineFilterBytesMax; beyond that "maybe" gets more frequent and nothing else
// changes.
//
// Add and Rebuild: one thread, the tail's. Maybe: any thread, without a lock, also while the others
// run. What was replaced is kept until the filter is destroyed: all of it together is smaller than
// what is in use.
class QuarantineFilter {
 public:
  QuarantineFilter();
  ~QuarantineFilter();
  QuarantineFilter(const QuarantineFilter&) = delete;
  QuarantineFilter& operator=(const QuarantineFilter&) = delete;

  // Ids of different streams are different; the mask computes the seed once a batch.
  static uint64_t SeedOf(std::string_view stream);
  static uint64_t Hash(uint64_t seed, std::string_view id);

  void Add(uint64_t hash);
  bool Maybe(uint64_t hash) const;
  // Adds that it is made for, adds that it has: more than that, and it wants a Rebuild.
  size_t capacity() const;
  size_t added() const { return added_.load(std::memory_order_relaxed); }
  bool full() const;
  // Another one takes its place: larger than this, with room for `expected`, holding `hashes` and
  // nothing else. REQUIRES: everything that must be found is in `hashes`.
  void Rebuild(const std::vector<uint64_t>& hashes, size_t expected);

 private:
  struct Blocks;
  std::atomic<Blocks*> current_;
  std::atomic<size_t> added_{0};
  std::vector<std::unique_ptr<Blocks>> all_;
};

}  // namespace fracas::control
