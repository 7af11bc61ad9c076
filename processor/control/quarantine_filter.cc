#include "control/quarantine_filter.h"

#include <algorithm>
#include <bit>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/limits.h"

namespace fracas::control {

namespace {

constexpr size_t kWords = 8;  // of 64 bits: a cache line
constexpr size_t kBitsPerKey = 16;
constexpr size_t kKeysPerBlock = kWords * 64 / kBitsPerKey;
constexpr size_t kBlocksMin = 1'024;  // 64 KiB
constexpr size_t kBlocksMax = limits::kQuarantineFilterBytesMax / (kWords * 8);
static_assert(std::has_single_bit(kBlocksMin) && std::has_single_bit(kBlocksMax));

struct alignas(64) Block {
  std::atomic<uint64_t> words[kWords];
};
static_assert(sizeof(Block) == 64);

// One bit in each word: eight bits that are spread over the line, from the hash's lower half. The
// constants are odd and random; the upper six bits of each product choose the bit.
constexpr uint32_t kSalts[kWords] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                     0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};

uint64_t Bit(uint64_t hash, size_t word) {
  return uint64_t{1} << ((static_cast<uint32_t>(hash) * kSalts[word]) >> 26);
}

}  // namespace

struct QuarantineFilter::Blocks {
  explicit Blocks(size_t count) : blocks(count) {}
  Block& at(uint64_t hash) { return blocks[(hash >> 32) & (blocks.size() - 1)]; }
  size_t capacity() const { return blocks.size() * kKeysPerBlock; }
  void Add(uint64_t hash) {
    Block& block = at(hash);
    for (size_t i = 0; i < kWords; ++i) {
      block.words[i].fetch_or(Bit(hash, i), std::memory_order_relaxed);
    }
  }
  std::vector<Block> blocks;  // zeroed
};

QuarantineFilter::QuarantineFilter() {
  all_.push_back(std::make_unique<Blocks>(kBlocksMin));
  current_.store(all_.back().get(), std::memory_order_release);
}

QuarantineFilter::~QuarantineFilter() = default;

uint64_t QuarantineFilter::SeedOf(std::string_view stream) {
  return XXH3_64bits(stream.data(), stream.size());
}

uint64_t QuarantineFilter::Hash(uint64_t seed, std::string_view id) {
  return XXH3_64bits_withSeed(id.data(), id.size(), seed);
}

void QuarantineFilter::Add(uint64_t hash) {
  // Only this thread replaces the blocks. Who must see the bits is told of the entry afterwards,
  // through the snapshot's lock.
  current_.load(std::memory_order_relaxed)->Add(hash);
  added_.fetch_add(1, std::memory_order_relaxed);
}

bool QuarantineFilter::Maybe(uint64_t hash) const {
  const Block& block = current_.load(std::memory_order_acquire)->at(hash);
  for (size_t i = 0; i < kWords; ++i) {
    if ((block.words[i].load(std::memory_order_relaxed) & Bit(hash, i)) == 0) return false;
  }
  return true;
}

size_t QuarantineFilter::capacity() const {
  return current_.load(std::memory_order_acquire)->capacity();
}

bool QuarantineFilter::full() const {
  const Blocks& blocks = *current_.load(std::memory_order_acquire);
  return added() > blocks.capacity() && blocks.blocks.size() < kBlocksMax;
}

void QuarantineFilter::Rebuild(const std::vector<uint64_t>& hashes, size_t expected) {
  size_t count = current_.load(std::memory_order_relaxed)->blocks.size() * 2;
  while (count * kKeysPerBlock < expected && count < kBlocksMax) count *= 2;
  if (count > kBlocksMax) {
    for (const uint64_t hash : hashes) Add(hash);  // as large as it gets
    return;
  }
  auto made = std::make_unique<Blocks>(count);
  for (const uint64_t hash : hashes) made->Add(hash);
  current_.store(made.get(), std::memory_order_release);
  all_.push_back(std::move(made));
  added_.store(hashes.size(), std::memory_order_relaxed);
}

}  // namespace fracas::control
