#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "core/limits.h"
#include "json/scan.h"
#include "json/tree.h"
#include "tests/json/corpus.h"

namespace fracas::json {
namespace {

bool Reads(const std::string& bytes) {
  Scanner scanner(limits::kRecordBytesMax);
  ScanView view;
  Tree tree;
  return scanner.Scan(bytes, &view) == ScanError::kNone && tree.Parse(view);
}

TEST(WellFormed, TheReaderAcceptsAndRefusesAsTheCorpusSays) {
  for (const CorpusCase& one : Corpus()) {
    EXPECT_EQ(Reads(one.bytes), one.error == SyntaxError::kNone) << one.name;
  }
}

TEST(WellFormed, TheDiagnosisIsTheCorpus) {
  for (const CorpusCase& one : Corpus()) {
    EXPECT_EQ(Diagnose(one.bytes).error, one.error) << one.name;
  }
}

// A reader of other people agrees, but for what we decided otherwise or it cannot do.
TEST(WellFormed, AnotherReaderAgrees) {
  for (const CorpusCase& one : Corpus()) {
    if (one.error == SyntaxError::kTooDeep || one.error == SyntaxError::kByteOrderMark) continue;
    const std::string name = one.name;
    if (one.error == SyntaxError::kTrailingContent && one.bytes.back() == '\0')
      continue;  // its end
    if (name == "number huge exponent" || name == "number overflow")
      continue;  // no double holds them
    EXPECT_EQ(nlohmann::json::accept(one.bytes), one.error == SyntaxError::kNone) << one.name;
  }
}

TEST(WellFormed, EveryBeginningOfADocumentIsTruncated) {
  const std::string document =
      R"( {"a" : [ 1.5e+3 , "x\u00e9\ud83d\ude39\n", true,false , null, {} ,[] ] , "\\":-0.0} )";
  ASSERT_TRUE(Reads(document));
  for (size_t size = 2; size < document.size() - 1; ++size) {
    const Diagnosis diagnosis = Diagnose(document.substr(0, size));
    EXPECT_EQ(diagnosis.error, SyntaxError::kTruncated) << document.substr(0, size);
    EXPECT_EQ(diagnosis.byte, size);
  }
}

TEST(WellFormed, DeepNestingIsRefusedInLinearTimeWithoutAStack) {
  const std::string deep(50 * limits::kMiB, '[');
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(Reads(deep));
  EXPECT_EQ(Diagnose(deep).error, SyntaxError::kTooDeep);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace fracas::json
