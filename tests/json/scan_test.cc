#include "json/scan.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/limits.h"
#include "json/tree.h"
#include "tests/fuzz/mutate.h"
#include "tests/json/corpus.h"

namespace fracas::json {
namespace {

// What one kernel makes of a document.
struct Reading {
  ScanError scan = ScanError::kNone;
  bool json = false;
  std::vector<uint32_t> indexes;
};

// A scanner that runs one kernel of those that this machine has.
class KernelScanner {
 public:
  explicit KernelScanner(const simdjson::implementation* kernel) : name_(kernel->name()) {
    const simdjson::implementation* before = simdjson::get_active_implementation();
    simdjson::get_active_implementation() = kernel;
    scanner_ = std::make_unique<Scanner>(limits::kRecordBytesMax);
    ScanView view;
    (void)scanner_->Scan("0", &view);  // the kernel is chosen with the first memory
    simdjson::get_active_implementation() = before;
  }

  Reading Read(const std::string& bytes) {
    ScanView view;
    Reading reading;
    reading.scan = scanner_->Scan(bytes, &view);
    reading.json = reading.scan == ScanError::kNone && tree_.Parse(view);
    if (view.indexes != nullptr) reading.indexes.assign(view.indexes, view.indexes + view.count);
    return reading;
  }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::unique_ptr<Scanner> scanner_;
  Tree tree_;
};

std::vector<KernelScanner> Kernels() {
  std::vector<KernelScanner> kernels;
  for (const simdjson::implementation* kernel : simdjson::get_available_implementations()) {
    if (kernel->supported_by_runtime_system()) kernels.emplace_back(kernel);
  }
  return kernels;
}

void ExpectAgreement(std::vector<KernelScanner>* kernels, const std::string& bytes) {
  const Reading first = kernels->front().Read(bytes);
  for (KernelScanner& kernel : *kernels) {
    const Reading reading = kernel.Read(bytes);
    ASSERT_EQ(reading.json, first.json) << kernel.name() << ": " << testing::PrintToString(bytes);
    if (first.json) {
      ASSERT_EQ(reading.indexes, first.indexes) << kernel.name() << ": " << bytes;
    }
  }
}

TEST(Kernels, AgreeOnTheCorpus) {
  std::vector<KernelScanner> kernels = Kernels();
  ASSERT_GE(kernels.size(), 2u) << "the fallback and one of this machine's";
  for (const CorpusCase& one : Corpus()) {
    for (KernelScanner& kernel : kernels) {
      EXPECT_EQ(kernel.Read(one.bytes).json, one.error == SyntaxError::kNone)
          << kernel.name() << ": " << one.name;
    }
    ExpectAgreement(&kernels, one.bytes);
  }
}

TEST(Kernels, AgreeOnMutatedDocuments) {
  std::vector<KernelScanner> kernels = Kernels();
  std::vector<std::string> seeds;
  for (const CorpusCase& one : Corpus()) {
    if (one.bytes.size() < 4'000) seeds.push_back(one.bytes);
  }
  fuzz::Mutator mutator(seeds, 20221);
  for (int round = 0; round < 60'000; ++round) ExpectAgreement(&kernels, mutator.Next());
}

// Blocks are 64 bytes: every position of every kind of byte relative to them.
TEST(Kernels, AgreeAtEveryBlockBoundary) {
  std::vector<KernelScanner> kernels = Kernels();
  for (const char* tail :
       {"\"a\\\"b\"", "\"\\\\\"", "\"\xF0\x9F\x98\x80\"", "-1.5e+3", "[{}]", "\"\\", "\"\xF0"}) {
    for (size_t spaces = 0; spaces < 140; ++spaces) {
      ExpectAgreement(&kernels, std::string(spaces, ' ') + tail);
      ExpectAgreement(&kernels, "[\"" + std::string(spaces, 'x') + "\"," + tail + "]");
      ExpectAgreement(&kernels, "\"" + std::string(spaces, '\\') + tail);
    }
  }
}

TEST(Scan, IndexesAreTheTokens) {
  Scanner scanner(1000);
  ScanView view;
  const std::string bytes = R"( {"a\"": [1,true ]} )";
  ASSERT_EQ(scanner.Scan(bytes, &view), ScanError::kNone);
  const std::vector<uint32_t> expected = {1, 2, 7, 9, 10, 11, 12, 17, 18};
  EXPECT_EQ(std::vector<uint32_t>(view.indexes, view.indexes + view.count), expected);
  EXPECT_EQ(view.indexes[view.count], bytes.size());
  EXPECT_EQ(view.text(), bytes);
}

TEST(Scan, PadsWithSpacesAlsoBehindALongerPredecessor) {
  Scanner scanner(10'000);
  ScanView view;
  ASSERT_EQ(scanner.Scan(std::string(5'000, '1'), &view), ScanError::kNone);
  ASSERT_EQ(scanner.Scan("12", &view), ScanError::kNone);
  EXPECT_TRUE(std::all_of(view.bytes + view.size, view.bytes + view.size + kPadding,
                          [](uint8_t byte) { return byte == ' '; }));
}

TEST(Scan, RefusesWhatIsOverItsLimitAndGrowsUpToIt) {
  Scanner scanner(300'000);
  ScanView view;
  for (const size_t size : {1ul, 63ul, 64ul, 65ul, 65'536ul, 65'537ul, 250'000ul, 300'000ul}) {
    ASSERT_EQ(scanner.Scan(std::string(size, '1'), &view), ScanError::kNone) << size;
    EXPECT_EQ(view.size, size);
  }
  EXPECT_EQ(scanner.Scan(std::string(300'001, '1'), &view), ScanError::kTooLarge);
  EXPECT_EQ(scanner.Scan("1", &view), ScanError::kNone);
}

TEST(Scan, SaysWhatStageOneSaw) {
  Scanner scanner(1000);
  ScanView view;
  EXPECT_EQ(scanner.Scan("", &view), ScanError::kEmpty);
  EXPECT_EQ(scanner.Scan(" \n", &view), ScanError::kEmpty);
  EXPECT_EQ(scanner.Scan("\"a", &view), ScanError::kUnclosedString);
  EXPECT_EQ(scanner.Scan("\"a\x01\"", &view), ScanError::kControlInString);
  EXPECT_EQ(scanner.Scan("\"\xFF\"", &view), ScanError::kInvalidUtf8);
  EXPECT_FALSE(KernelName().empty());
}

}  // namespace
}  // namespace fracas::json
