#include "control/quarantine_filter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/limits.h"
#include "core/text.h"
#include "tests/sim/random.h"

namespace fracas::control {
namespace {

uint64_t HashOf(uint64_t seed, uint64_t i) {
  return QuarantineFilter::Hash(seed, Cat("customer-", i));
}

TEST(QuarantineFilter, EmptySaysNo) {
  const QuarantineFilter filter;
  for (uint64_t i = 0; i < 10'000; ++i) EXPECT_FALSE(filter.Maybe(HashOf(1, i)));
}

TEST(QuarantineFilter, NeverForgetsAndRarelyErrs) {
  QuarantineFilter filter;
  const uint64_t seed = QuarantineFilter::SeedOf("crm/contacts");
  const size_t count = filter.capacity();
  for (uint64_t i = 0; i < count; ++i) filter.Add(HashOf(seed, i));
  EXPECT_FALSE(filter.full());
  for (uint64_t i = 0; i < count; ++i) ASSERT_TRUE(filter.Maybe(HashOf(seed, i))) << i;
  size_t wrong = 0;
  for (uint64_t i = count; i < count + 200'000; ++i) wrong += filter.Maybe(HashOf(seed, i)) ? 1 : 0;
  EXPECT_LT(wrong, 1'000u) << "0.5 % when it is full";
  EXPECT_GT(wrong, 0u) << "or the filter is not measured";
}

TEST(QuarantineFilter, StreamsAreApart) {
  QuarantineFilter filter;
  filter.Add(QuarantineFilter::Hash(QuarantineFilter::SeedOf("a/b"), "C-1"));
  EXPECT_TRUE(filter.Maybe(QuarantineFilter::Hash(QuarantineFilter::SeedOf("a/b"), "C-1")));
  EXPECT_FALSE(filter.Maybe(QuarantineFilter::Hash(QuarantineFilter::SeedOf("a/c"), "C-1")));
  EXPECT_FALSE(filter.Maybe(
      QuarantineFilter::Hash(QuarantineFilter::SeedOf("a/b"), std::string_view("C-1\0", 4))));
}

TEST(QuarantineFilter, RebuiltItHoldsWhatItIsGivenAndNothingElse) {
  QuarantineFilter filter;
  std::vector<uint64_t> kept;
  for (uint64_t i = 0; i <= filter.capacity(); ++i) {
    filter.Add(HashOf(7, i));
    if (i % 2 == 0) kept.push_back(HashOf(7, i));
  }
  EXPECT_TRUE(filter.full());
  const size_t before = filter.capacity();
  filter.Rebuild(kept, 100'000);
  EXPECT_GE(filter.capacity(), 100'000u);
  EXPECT_GT(filter.capacity(), before);
  EXPECT_EQ(filter.added(), kept.size());
  EXPECT_FALSE(filter.full());
  for (const uint64_t hash : kept) EXPECT_TRUE(filter.Maybe(hash));
  size_t maybe = 0;
  for (uint64_t i = 1; i < before; i += 2) maybe += filter.Maybe(HashOf(7, i)) ? 1 : 0;
  EXPECT_LT(maybe, before / 100);
}

TEST(QuarantineFilter, HasALargestSize) {
  QuarantineFilter filter;
  for (int i = 0; i < 30; ++i) filter.Rebuild({HashOf(1, 1)}, SIZE_MAX / 1'024);
  EXPECT_LE(filter.capacity() * 2, limits::kQuarantineFilterBytesMax);
  for (size_t i = 0; i < 100; ++i) filter.Add(HashOf(1, i));
  EXPECT_FALSE(filter.full());
  EXPECT_TRUE(filter.Maybe(HashOf(1, 99)));
}

TEST(QuarantineFilter, ReadersSeeWhatWasAddedBeforeWhileItGrows) {
  QuarantineFilter filter;
  std::atomic<uint64_t> added{0};
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> missed{0};
  std::thread reader([&] {
    sim::Random random(1);
    while (!stop.load()) {
      const uint64_t known = added.load(std::memory_order_acquire);
      if (known > 0 && !filter.Maybe(HashOf(3, random.Below(known)))) ++missed;
    }
  });
  std::vector<uint64_t> all;
  for (uint64_t i = 0; i < 300'000; ++i) {
    all.push_back(HashOf(3, i));
    filter.Add(all.back());
    if (filter.full()) filter.Rebuild(all, all.size());
    added.store(i + 1, std::memory_order_release);
  }
  stop.store(true);
  reader.join();
  EXPECT_EQ(missed.load(), 0u);
}

}  // namespace
}  // namespace fracas::control
