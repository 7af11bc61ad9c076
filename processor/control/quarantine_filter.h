#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

// A blocked Bloom filter in front of the store: almost every id is not quarantined, and is told so with one
// cache line. Says "maybe" for what was added (always) and for few others; releases leave it (a false "maybe"
// costs one look at the store). Grows by being built anew when it gets fuller than its size was made for.
//
// Add and Rebuild: the tail's thread. Maybe: any thread, without a lock, also while the others run.

namespace fracas::control {

class QuarantineFilter {
 public:
  QuarantineFilter();
  // Hash of a key as the filter takes it (state/format QuarantineKeyBytes, without its kind byte): the mask
  // computes it once.
  static uint64_t Hash(std::string_view stream, bool record, std::string_view id);
  void Add(uint64_t hash);
  bool Maybe(uint64_t hash) const;
  // The number of distinct adds that it is made for before the false-maybe rate passes 1 %.
  size_t capacity() const;
  size_t added() const { return added_.load(std::memory_order_relaxed); }

  struct Blocks;

 private:
  std::atomic<size_t> added_{0};
  std::atomic<std::shared_ptr<Blocks>> blocks_;
};

}  // namespace fracas::control
