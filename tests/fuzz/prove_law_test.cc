#include "tests/fuzz/prove_law.h"

#include <gtest/gtest.h>

#include <random>

namespace fracas::fuzz {
namespace {

constexpr size_t kChoices = 700;

std::string RandomChoices(std::mt19937_64* random) {
  std::string choices;
  for (size_t i = 0; i < kChoices; ++i) choices.push_back(static_cast<char>((*random)() >> 32));
  return choices;
}

TEST(ProveLaw, ProvedMeansThatExplainFindsNothing) {
  std::mt19937_64 random(20261122);
  ProveLawReport sum;
  for (int round = 0; round < 1'500; ++round) {
    const ProveLawReport report = CheckProveLaw(RandomChoices(&random), contract::Prove);
    ASSERT_EQ(report.problem, "") << "round " << round;
    sum.documents += report.documents;
    sum.valid += report.valid;
    sum.proved += report.proved;
  }
  EXPECT_GT(sum.documents, 15'000);
  EXPECT_GT(sum.valid, sum.documents / 20) << "documents that nobody accepts prove little";
  EXPECT_GT(sum.proved, sum.valid / 3) << "a law about nothing";
  RecordProperty("documents", sum.documents);
  RecordProperty("valid", sum.valid);
  RecordProperty("proved", sum.proved);
}

// The rig can fail: a reader that proves a little too much is caught.
TEST(ProveLaw, CatchesAReaderThatProvesTooMuch) {
  std::mt19937_64 random(7);
  int proofs = 0;
  const ProveFunction careless = [&](const contract::Contract& contract,
                                     const contract::ProveInput& input,
                                     contract::Captured* captured) {
    const contract::Proof proof = contract::Prove(contract, input, captured);
    return ++proofs % 97 == 0 ? contract::Proof::kValid : proof;
  };
  bool caught = false;
  for (int round = 0; round < 200 && !caught; ++round) {
    caught = !CheckProveLaw(RandomChoices(&random), careless).problem.empty();
  }
  EXPECT_TRUE(caught);
}

}  // namespace
}  // namespace fracas::fuzz
