#include "tools/check.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "json/tree.h"

namespace fracas::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kSchema = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["id"],
  "properties": {"id": {"type": "integer"}, "tags": {"items": {"type": "string"}}}
})";

class CheckTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(testing::TempDir()) /
        (std::string("check_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    contract::Rules rules;
    rules.has_schema = false;
    options_.contract = contract::CompileRules(rules).contract;
    ASSERT_NE(options_.contract, nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& bytes) {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  void UseSchema() {
    contract::Compiled compiled = contract::CompileBytes(kSchema, "", {}, {});
    ASSERT_NE(compiled.contract, nullptr) << compiled.problems.at(0).message;
    options_.contract = compiled.contract;
  }

  // Runs the check and keeps what the sink was told.
  void Run() {
    CheckSink sink;
    sink.verdict = [this](const CheckVerdict& verdict) {
      std::string text = std::to_string(verdict.line) + (verdict.pass ? " pass" : " fail");
      for (const CheckFinding& finding : *verdict.findings) {
        text += " " + std::string(Info(finding.code).name) + " " + finding.pointer;
      }
      verdicts_.push_back(text);
      omitted_ += verdict.findings_omitted;
      RenderVerdict(verdict, &rendered_);
      return verdicts_.size() < stop_after_;
    };
    sink.trouble = [this](const Status& status) { troubles_.emplace_back(status.message()); };
    sink.progress = [this](const CheckProgress& progress) { progress_.push_back(progress); };
    summary_ = Check(options_, sink);
  }

  std::filesystem::path folder_;
  CheckOptions options_;
  size_t stop_after_ = SIZE_MAX;
  std::vector<std::string> verdicts_;
  std::vector<std::string> troubles_;
  std::vector<CheckProgress> progress_;
  std::string rendered_;
  uint64_t omitted_ = 0;
  CheckSummary summary_;
};

TEST_F(CheckTest, OneDocumentAFileWithoutAContract) {
  options_.inputs = {File("good.json", "{\n  \"a\": 1e400\n}\n"), File("cut.json", "{\"a\":"),
                     File("empty.json", "")};
  Run();
  EXPECT_THAT(verdicts_,
              ElementsAre("1 pass", "1 fail RECORD_TRUNCATED ", "1 fail JSON_MALFORMED "));
  EXPECT_EQ(summary_.documents, 3u);
  EXPECT_EQ(summary_.passed, 1u);
  EXPECT_EQ(summary_.failed, 2u);
  EXPECT_EQ(summary_.bytes, 22u);
}

TEST_F(CheckTest, LinesAgainstASchema) {
  UseSchema();
  options_.ndjson = true;
  options_.inputs = {File("a.ndjson",
                          "{\"id\":1}\r\n\r\n{\"id\":\"x\"}\n{}\n{\"id\":1.0}\n[\xE9]\n"
                          "{\"id\":2,\"tags\":[\"a\",3]}")};
  Run();
  EXPECT_THAT(verdicts_,
              ElementsAre("1 pass", "3 fail TYPE_MISMATCH /id", HasSubstr("4 fail"), "5 pass",
                          "6 fail JSON_MALFORMED ", "7 fail TYPE_MISMATCH /tags/1"));
}

TEST_F(CheckTest, TheVerdictLineIsStable) {
  UseSchema();
  options_.inputs = {File("q\"uote.json", "{\n \"id\": \"\xC3\xA9\", \"tags\": []}")};
  Run();
  std::string error;
  const auto line = json::ParseOwned(rendered_, &error);
  ASSERT_NE(line, nullptr) << error;
  const json::Tree& tree = line->tree;
  const auto member = [&tree](json::NodeId object, const char* key) {
    return tree.Raw(tree.Find(object, key));
  };
  EXPECT_EQ(tree.Text(tree.Find(0, "file")), options_.inputs[0]);
  EXPECT_EQ(member(0, "line"), "1");
  EXPECT_EQ(member(0, "verdict"), "\"fail\"");
  const json::NodeId findings = tree.Find(0, "findings");
  ASSERT_EQ(tree.node(findings).count, 1u);
  const json::NodeId finding = findings + 1;
  EXPECT_EQ(member(finding, "code"), "2103");
  EXPECT_EQ(member(finding, "name"), "\"TYPE_MISMATCH\"");
  EXPECT_EQ(member(finding, "pointer"), "\"/id\"");
  EXPECT_EQ(member(finding, "schema"), "\"#/properties/id/type\"");
  EXPECT_NE(member(finding, "message"), "\"\"");
  EXPECT_EQ(member(finding, "byte"), "9");
  EXPECT_EQ(member(finding, "line"), "2");
  EXPECT_EQ(member(finding, "column"), "8");
  EXPECT_EQ(tree.Find(0, "findings_omitted"), json::Tree::kNoNode);
  EXPECT_EQ(rendered_.back(), '\n');
}

TEST_F(CheckTest, SyntaxFindingsSayWhatStandsWhere) {
  options_.inputs = {File("bad.json", "{\"a\":1,}")};
  Run();
  EXPECT_THAT(rendered_,
              HasSubstr("unexpected U+007D RIGHT CURLY BRACKET at byte 7, where a key in "
                        "double quotes must begin"));
}

TEST_F(CheckTest, FindingsOverTheLimitAreCounted) {
  UseSchema();
  std::string tags = "0";
  for (size_t i = 1; i < limits::kFindingsPerRecordMax + 10; ++i) tags += ",0";
  options_.inputs = {File("many.json", "{\"id\":1,\"tags\":[" + tags + "]}")};
  Run();
  EXPECT_EQ(omitted_, 10u);
  EXPECT_THAT(rendered_, HasSubstr("\"findings_omitted\":10}"));
}

TEST_F(CheckTest, UnreadableInputsAreNamedAndTheOthersGoOn) {
  options_.inputs = {folder_ / "missing.json", folder_, File("good.json", "1")};
  Run();
  EXPECT_THAT(verdicts_, ElementsAre("1 pass"));
  EXPECT_THAT(troubles_, ElementsAre(HasSubstr("missing.json"), HasSubstr(folder_.string())));
  EXPECT_EQ(summary_.unreadable, 2u);
  EXPECT_EQ(summary_.documents, 1u);
}

TEST_F(CheckTest, ALongLineIsOversizeAndTheNextIsNot) {
  options_.ndjson = true;
  options_.document_bytes_max = 1000;
  options_.inputs = {File("long.ndjson", "1\n\"" + std::string(5'000'000, 'x') + "\"\n2\n")};
  Run();
  EXPECT_THAT(verdicts_, ElementsAre("1 pass", "2 fail RECORD_OVERSIZE ", "3 pass"));
  EXPECT_THAT(rendered_, HasSubstr("limit of 1000 bytes"));
}

TEST_F(CheckTest, TheSinkMayStop) {
  options_.ndjson = true;
  options_.inputs = {File("a.ndjson", "1\n2\n3\n"), File("b.ndjson", "4\n")};
  stop_after_ = 2;
  Run();
  EXPECT_EQ(verdicts_.size(), 2u);
  EXPECT_TRUE(summary_.stopped);
}

TEST_F(CheckTest, WarningsDoNotFail) {
  contract::Rules rules;
  rules.report_drift = true;
  contract::Compiled compiled = contract::CompileBytes(kSchema, "", rules, {});
  ASSERT_NE(compiled.contract, nullptr);
  options_.contract = compiled.contract;
  options_.inputs = {File("drift.json", "{\"id\":1,\"new\":2}")};
  Run();
  EXPECT_THAT(verdicts_, ElementsAre("1 pass FIELD_UNEXPECTED /new"));
  options_.dispositions.Set(Code::kFieldUnexpected, Disposition::kHold);
  Run();
  EXPECT_THAT(verdicts_.back(), "1 fail FIELD_UNEXPECTED /new");
}

TEST_F(CheckTest, ProgressCountsAllInputsAndEndsAtTheirTotal) {
  options_.ndjson = true;
  std::string lines;
  while (lines.size() < 9 * limits::kMiB) lines += "[\"" + std::string(1000, 'a') + "\"]\n";
  options_.inputs = {File("a.ndjson", lines), File("b.ndjson", lines)};
  Run();
  ASSERT_GE(progress_.size(), 4u);
  EXPECT_EQ(progress_.back().bytes_done, 2 * lines.size());
  EXPECT_EQ(progress_.back().bytes_total, 2 * lines.size());
  EXPECT_EQ(progress_.back().documents, summary_.documents);
}

// Much more input than memory: half a gigabyte with lines of all sizes, one of them endless.
TEST_F(CheckTest, MemoryDoesNotGrowWithTheInput) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::thread writer([write_end = ends[1]] {
    const std::string line = "{\"a\":\"" + std::string(900, 'x') + "\"}\n";
    std::string block;
    while (block.size() < limits::kMiB) block += line;
    const std::string endless(limits::kMiB, 'y');
    for (int i = 0; i < 512; ++i) {
      const std::string& bytes = i >= 100 && i < 300 ? endless : block;
      for (size_t at = 0; at < bytes.size();) {
        const ssize_t put = ::write(write_end, bytes.data() + at, bytes.size() - at);
        if (put <= 0) break;
        at += static_cast<size_t>(put);
      }
      if (i == 299) (void)!::write(write_end, "\n", 1);
    }
    ::close(write_end);
  });
  options_.ndjson = true;
  options_.document_bytes_max = limits::kMiB;
  options_.inputs = {"-"};
  options_.standard_input = ends[0];
  const auto resident_kib = [] {
    std::ifstream status("/proc/self/status");
    for (std::string name; status >> name;) {
      if (name != "VmRSS:") continue;
      size_t kib = 0;
      status >> kib;
      return kib;
    }
    return size_t{0};
  };
  const size_t before = resident_kib();
  size_t most = 0;
  CheckSink sink;
  sink.verdict = [](const CheckVerdict&) { return true; };
  sink.trouble = [](const Status& status) { ADD_FAILURE() << status.message(); };
  sink.progress = [&](const CheckProgress&) { most = std::max(most, resident_kib()); };
  summary_ = Check(options_, sink);
  writer.join();
  ::close(ends[0]);
  EXPECT_EQ(summary_.failed, 1u);
  EXPECT_GT(summary_.passed, 300'000u);
  EXPECT_LT(most, before + 32 * 1024) << "KiB";
}

}  // namespace
}  // namespace fracas::tools
