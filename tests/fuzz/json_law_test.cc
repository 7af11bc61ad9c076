#include "tests/fuzz/json_law.h"

#include <gtest/gtest.h>

#include "tests/fuzz/mutate.h"
#include "tests/json/corpus.h"

namespace fracas::fuzz {
namespace {

TEST(JsonLaw, HoldsForTheCorpus) {
  for (const json::CorpusCase& one : json::Corpus()) {
    EXPECT_EQ(CheckJsonLaw(one.bytes), "") << one.name;
  }
}

TEST(JsonLaw, HoldsForMutatedDocuments) {
  std::vector<std::string> seeds;
  for (const json::CorpusCase& one : json::Corpus()) {
    if (one.bytes.size() < 4'000) seeds.push_back(one.bytes);
  }
  Mutator mutator(seeds, 1);
  int accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    const std::string document = mutator.Next();
    ASSERT_EQ(CheckJsonLaw(document), "") << testing::PrintToString(document);
    accepted += json::Diagnose(document).error == json::SyntaxError::kNone ? 1 : 0;
  }
  EXPECT_GT(accepted, 10'000) << "mutations that only break things prove little";
}

}  // namespace
}  // namespace fracas::fuzz
