// The official JSON Schema test suite: every required test of both drafts. The folder of 2020-12
// comes from FRACAS_JSON_SCHEMA_SUITE (a checkout of the suite), draft-07 from Debian's package
// json-schema-test-suite.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "contract/contract.h"
#include "contract/evaluator.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/tree.h"

namespace fracas::contract {
namespace {

using json::NodeId;
using json::Tree;

struct Score {
  size_t passed = 0;
  std::vector<std::string> failures;
};

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string TextOf(const Tree& tree, NodeId object, std::string_view key) {
  return std::string(tree.Text(tree.Find(object, key)));
}

class Suite {
 public:
  explicit Suite(CompileOptions options) : options_(std::move(options)) {}

  // Every file directly in `folder`.
  void RunFolder(const std::filesystem::path& folder, Score* score) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) RunFile(file, score);
  }

 private:
  void RunFile(const std::filesystem::path& path, Score* score) {
    std::string error;
    const auto document = json::ParseOwned(ReadAll(path), &error);
    ASSERT_NE(document, nullptr) << path << ": " << error;
    const Tree& tree = document->tree;
    for (NodeId group = 1; group < tree.node(0).next; group = tree.node(group).next) {
      RunGroup(tree, group, path.filename().string(), score);
    }
  }

  void RunGroup(const Tree& tree, NodeId group, const std::string& file, Score* score) {
    const std::string name = Cat(file, ": ", TextOf(tree, group, "description"));
    const std::string schema(tree.Raw(tree.Find(group, "schema")));
    const Compiled compiled = CompileBytes(schema, "", Rules(), options_);
    const NodeId tests = tree.Find(group, "tests");
    for (NodeId test = tests + 1; test < tree.node(tests).next; test = tree.node(test).next) {
      const std::string title = Cat(name, ": ", TextOf(tree, test, "description"));
      if (compiled.contract == nullptr) {
        const Problem& problem = compiled.problems.front();
        score->failures.push_back(Cat(title, ": ", problem.location, ": ", problem.message));
        continue;
      }
      const std::string data(tree.Raw(tree.Find(test, "data")));
      const bool valid = tree.node(tree.Find(test, "valid")).kind == json::Kind::kTrue;
      Judge(*compiled.contract, data, valid, title, score);
    }
  }

  // Both entries must say what the suite says; the fast one may not prove what is invalid.
  void Judge(const Contract& contract, const std::string& data, bool valid,
             const std::string& title, Score* score) {
    Findings explained;
    Findings evaluated;
    Captured captured;
    evaluator_.Explain(contract, data, RecordContext(), &explained, &captured);
    evaluator_.Evaluate(contract, data, RecordContext(), &evaluated, &captured);
    if (explained.empty() == valid && evaluated.empty() == valid) {
      ++score->passed;
    } else {
      score->failures.push_back(Cat(title, ": explain says ",
                                    explained.empty() ? "valid" : "invalid", ", evaluate says ",
                                    evaluated.empty() ? "valid" : "invalid"));
    }
  }

  CompileOptions options_;
  Evaluator evaluator_{limits::kRecordBytesMax};
};

void ExpectAll(const Score& score, size_t at_least) {
  for (const std::string& failure : score.failures) ADD_FAILURE() << failure;
  EXPECT_GE(score.passed, at_least);
  std::cout << "passed " << score.passed << ", failed " << score.failures.size() << "\n";
}

const char* const kDebianSuite = "/usr/share/json-schema-test-suite";

TEST(Conformance, Draft202012) {
  const char* suite = std::getenv("FRACAS_JSON_SCHEMA_SUITE");
  if (suite == nullptr) GTEST_SKIP() << "FRACAS_JSON_SCHEMA_SUITE names no checkout of the suite";
  CompileOptions options;
  options.catalog["http://localhost:1234/"] = Cat(suite, "/remotes");
  Score score;
  Suite(options).RunFolder(Cat(suite, "/tests/draft2020-12"), &score);
  ExpectAll(score, 1290);
}

TEST(Conformance, Draft7) {
  if (!std::filesystem::exists(kDebianSuite)) {
    GTEST_SKIP() << "Debian's package json-schema-test-suite is not installed";
  }
  CompileOptions options;
  options.default_dialect = Dialect::kDraft7;
  options.catalog["http://localhost:1234/"] = Cat(kDebianSuite, "/remotes");
  Score score;
  Suite(options).RunFolder(Cat(kDebianSuite, "/tests/draft7"), &score);
  ExpectAll(score, 420);
}

// Formats as assertions. These tests are optional in the suite; what we decided otherwise is
// listed.
TEST(Conformance, Draft7Formats) {
  if (!std::filesystem::exists(kDebianSuite)) {
    GTEST_SKIP() << "Debian's package json-schema-test-suite is not installed";
  }
  CompileOptions options;
  options.default_dialect = Dialect::kDraft7;
  options.assert_formats = true;
  Score score;
  Suite(options).RunFolder(Cat(kDebianSuite, "/tests/draft7/optional/format"), &score);
  for (const std::string& failure : score.failures) {
    // idn-hostname needs the tables of IDNA and is an annotation here.
    EXPECT_TRUE(failure.starts_with("idn-hostname.json")) << failure;
  }
  std::cout << "passed " << score.passed << ", failed " << score.failures.size() << "\n";
}

TEST(Conformance, Draft7Optional) {
  if (!std::filesystem::exists(kDebianSuite)) {
    GTEST_SKIP() << "Debian's package json-schema-test-suite is not installed";
  }
  CompileOptions options;
  options.default_dialect = Dialect::kDraft7;
  options.assert_formats = true;
  Score score;
  Suite(options).RunFolder(Cat(kDebianSuite, "/tests/draft7/optional"), &score);
  for (const std::string& failure : score.failures) {
    // Content is an annotation, as 2020-12 has it for all drafts.
    EXPECT_TRUE(failure.starts_with("content.json")) << failure;
  }
  std::cout << "passed " << score.passed << ", failed " << score.failures.size() << "\n";
}

}  // namespace
}  // namespace fracas::contract
