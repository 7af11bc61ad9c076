#include "contract/prove.h"

#include <gtest/gtest.h>

#include "bench/generate.h"
#include "core/finding.h"
#include "json/scan.h"
#include "tests/contract/allocations.h"
#include "tests/contract/judge.h"

// What prove proves, and what it has to leave to explain. That it never proves too much is the
// law's test (tests/fuzz/prove_law_test.cc); here every answer is also held against explain.

namespace fracas::contract {
namespace {

constexpr size_t kBytesMax = size_t{1} << 20;
constexpr int64_t kRecordMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

std::shared_ptr<const Contract> Asserting(const std::string& schema, const Rules& rules = {}) {
  CompileOptions options;
  options.assert_formats = true;
  return CompileOrDie(schema, rules, options);
}

Rules AnyJson() {
  Rules rules;
  rules.has_schema = false;
  return rules;
}

// "proved", "unproven", or "invalid" where explain has something to say.
std::string Answer(const Contract& contract, const std::string& document) {
  json::Scanner scanner(kBytesMax);
  json::ScanView view;
  const RecordContext context{.timestamp_ms = kRecordMs, .now_ms = kRecordMs, .record = 0};
  Captured captured;
  const bool proved = scanner.Scan(document, &view) == json::ScanError::kNone &&
                      Prove(contract, {view, document, context}, &captured) == Proof::kValid;
  Evaluator evaluator(kBytesMax);
  Findings findings;
  Captured explained;
  evaluator.Explain(contract, document, context, &findings, &explained);
  if (proved) return findings.empty() ? "proved" : "PROVED THOUGH INVALID";
  return findings.empty() ? "unproven" : "invalid";
}

struct Case {
  const char* schema;
  const char* document;
  const char* answer;
};

void ExpectAnswers(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    const auto contract = Asserting(one.schema);
    ASSERT_NE(contract, nullptr) << one.schema;
    EXPECT_EQ(Answer(*contract, one.document), one.answer) << one.schema << " " << one.document;
  }
}

TEST(Prove, ProvesScalarsOfEveryType) {
  ExpectAnswers({{"{}", "null", "proved"},
                 {"{}", " 1e400 ", "proved"},
                 {R"({"type":"boolean"})", "false", "proved"},
                 {R"({"type":"boolean"})", "falsey", "invalid"},
                 {R"({"type":["string","null"]})", "null", "proved"},
                 {R"({"type":"integer"})", "-12", "proved"},
                 {R"({"type":"integer"})", "1.0", "proved"},
                 {R"({"type":"integer"})", "1e2", "proved"},
                 {R"({"type":"integer"})", "1.5", "invalid"},
                 {R"({"type":"integer"})", "123456789012345678901234567890", "proved"},
                 {R"({"const":3})", "3.0", "proved"},
                 {R"({"enum":["a","b",null,7]})", "\"b\"", "proved"},
                 {R"({"enum":["a","b",null,7]})", "\"c\"", "invalid"},
                 {R"({"enum":["a"]})", R"("\u0061")", "unproven"}});
}

TEST(Prove, DecidesBoundsExactly) {
  constexpr const char* kLatitude = R"({"type":"number","minimum":-90,"maximum":90})";
  ExpectAnswers({{kLatitude, "89.99999", "proved"},
                 {kLatitude, "-90.0", "proved"},
                 {kLatitude, "90", "proved"},
                 {kLatitude, "90.000000000000000000000001", "invalid"},
                 {R"({"minimum":0.1})", "0.1", "proved"},
                 {R"({"minimum":0.1})", "0.09999999999999999999999", "invalid"},
                 {R"({"exclusiveMaximum":1})", "0.99999999999999999999999", "proved"},
                 {R"({"exclusiveMaximum":1})", "1.0", "invalid"},
                 {R"({"maximum":9007199254740993})", "9007199254740993", "proved"},
                 {R"({"maximum":9007199254740993})", "9007199254740994", "invalid"},
                 {R"({"multipleOf":0.01})", "19.99", "proved"},
                 {R"({"multipleOf":0.01})", "19.999", "invalid"}});
}

TEST(Prove, CountsCharactersNotBytes) {
  constexpr const char* kTwo = R"({"type":"string","minLength":2,"maxLength":2})";
  ExpectAnswers({{kTwo, "\"ab\"", "proved"},
                 {kTwo, "\"\xc3\xa9\xc3\xa9\"", "proved"},
                 {kTwo, R"("\ud83d\ude00\n")", "proved"},
                 {kTwo, "\"\xf0\x9f\x98\x80\"", "invalid"},
                 {kTwo, R"("\ud83d")", "invalid"}});
}

TEST(Prove, ProvesPatternsAndFormats) {
  constexpr const char* kSku = R"({"type":"string","pattern":"^[A-Z]{2}[0-9]{6}$"})";
  ExpectAnswers({{kSku, "\"AB123456\"", "proved"},
                 {kSku, "\"AB12345x\"", "invalid"},
                 {kSku, R"("\u0041B123456")", "unproven"},
                 {R"({"pattern":"(foo|bar)$"})", "\"a bar\"", "proved"},
                 {R"({"format":"uuid"})", "\"0d4f9c3e-6f3b-4a1e-9d59-1f6b1c3a2e10\"", "proved"},
                 {R"({"format":"date"})", "\"2024-02-29\"", "proved"},
                 {R"({"format":"date"})", "\"2023-02-29\"", "invalid"},
                 {R"({"format":"date-time"})", "\"2026-01-01T10:00:00.250Z\"", "proved"},
                 {R"({"format":"date-time"})", "\"2026-01-01T10:00:00+02:00\"", "proved"},
                 {R"({"format":"email"})", "\"first.last@mail.example.com\"", "proved"},
                 {R"({"format":"ipv4"})", "\"192.168.0.255\"", "proved"},
                 {R"({"format":"ipv4"})", "\"192.168.0.256\"", "invalid"},
                 {R"({"format":"ipv6"})", "\"::1\"", "proved"}});
}

TEST(Prove, WalksObjectsAndArrays) {
  constexpr const char* kObject =
      R"({"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"tags":{"type":"array",)"
      R"("items":{"type":"string"},"maxItems":2}},"additionalProperties":false})";
  ExpectAnswers(
      {{kObject, R"({"id":1,"tags":["a","b"]})", "proved"},
       {kObject, R"({ "tags" : [ ] , "id" : 1 })", "proved"},
       {kObject, R"({"tags":[]})", "invalid"},
       {kObject, R"({"id":1,"tags":["a","b","c"]})", "invalid"},
       {kObject, R"({"id":1,"more":2})", "invalid"},
       {kObject, R"({"\u0069d":1})", "unproven"},
       {R"({"additionalProperties":{"type":"integer"}})", R"({"a":1,"b":2})", "proved"},
       {R"({"patternProperties":{"^x":{"type":"integer"}}})", R"({"x1":1,"y":"z"})", "proved"},
       {R"({"minProperties":2})", R"({"a":{"b":1,"c":2},"d":1})", "proved"},
       {R"({"minProperties":3})", R"({"a":{"b":1,"c":2},"d":1})", "invalid"},
       {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1,"b":2})", "proved"},
       {R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})", R"(["a",1,2])",
        "proved"},
       {R"({"uniqueItems":true})", R"(["a","b"])", "proved"},
       {R"({"uniqueItems":true})", "[1,2]", "unproven"}});
}

TEST(Prove, FollowsReferencesAndConjunctions) {
  constexpr const char* kTree =
      R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"}},)"
      R"("required":["v"]}}})";
  ExpectAnswers(
      {{kTree, R"({"v":1,"next":{"v":2,"next":{"v":3}}})", "proved"},
       {kTree, R"({"v":1,"next":{}})", "invalid"},
       {R"({"allOf":[{"type":"integer"},{"minimum":3}]})", "3", "proved"},
       {R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "null", "proved"},
       {R"({"oneOf":[{"type":"string","maxLength":1},{"type":"integer"}]})", "\"x\"", "proved"},
       {R"({"anyOf":[{"minimum":3},{"maximum":1}]})", "5", "unproven"},
       {R"({"if":{"minimum":3},"then":{"maximum":5}})", "4", "unproven"},
       {R"({"contains":{"const":1}})", "[1]", "unproven"}});
}

TEST(Prove, IsAsStrictAsTheParser) {
  for (const char* document : {"",
                               " ",
                               "{",
                               "}",
                               "[1,]",
                               "[,1]",
                               "[1 2]",
                               R"({"a"})",
                               R"({"a":})",
                               R"({"a":1,})",
                               R"({,})",
                               "{1:2}",
                               R"({"a":1 "b":2})",
                               "01",
                               "-",
                               "1.",
                               ".5",
                               "1e",
                               "+1",
                               "nul",
                               "nulll",
                               "tru",
                               "NaN",
                               R"("\x")",
                               R"("\u12")",
                               "1 2",
                               R"({}{})",
                               "[1]]",
                               "\x0c[]",
                               "[\x1a]",
                               "\"a\"b",
                               "1\"a\"",
                               "[\"a\"\"b\"]"}) {
    EXPECT_EQ(Answer(*CompileRules(AnyJson()).contract, document), "invalid") << document;
  }
}

TEST(Prove, LeavesDeepNestingToExplain) {
  const auto contract = Asserting("{}");
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(Answer(*contract, nested(limits::kProveDepthMax)), "proved");
  EXPECT_EQ(Answer(*contract, nested(limits::kProveDepthMax + 1)), "unproven");
}

TEST(Prove, KnowsTheStreamsRules) {
  Rules rules;
  rules.critical = {"/id", "/who/name"};
  rules.sentinels = {"N/A"};
  rules.captures = {"/id"};
  rules.has_event_time = true;
  rules.event_time = {.pointer = "/at", .max_age_ms = 60'000, .max_future_ms = 1'000};
  rules.forbid_characters.fill(true);
  rules.report_drift = true;
  rules.forbid_duplicate_keys = true;
  const auto contract = Asserting(
      R"({"properties":{"id":{"type":"string"},"at":{"format":"date-time"},"who":{"type":"object"}}})",
      rules);
  const auto answer = [&](const std::string& id, const std::string& rest) {
    return Answer(*contract, R"({"id":)" + id + rest + "}");
  };
  const std::string who = R"(,"who":{"name":"x"})";
  EXPECT_EQ(answer(R"("x")", who), "proved");
  EXPECT_EQ(answer(R"("x")", who + R"(,"at":"2025-12-31T23:59:30Z")"), "proved");
  EXPECT_EQ(answer(R"("x")", who + R"(,"at":"2025-12-31T23:58:30Z")"), "invalid");
  EXPECT_EQ(answer(R"("x")", who + R"(,"at":"2026-01-01T00:00:02Z")"), "invalid");
  EXPECT_EQ(answer(R"("x")", ""), "invalid");
  EXPECT_EQ(answer(R"("x")", R"(,"who":{})"), "invalid");
  EXPECT_EQ(answer(R"("")", who), "invalid");
  EXPECT_EQ(answer(R"("  ")", who), "invalid");
  EXPECT_EQ(answer(R"("N/A")", who), "invalid");
  EXPECT_EQ(answer("\"a\xe2\x80\x8b\"", who), "invalid");
  EXPECT_EQ(answer("\"caf\xc3\xa9\"", who), "proved");
  EXPECT_EQ(answer(R"("x")", who + R"(,"more":1)"), "invalid");
  EXPECT_EQ(answer(R"("x")", who + R"(,"id":"x")"), "invalid");
}

TEST(Prove, DeliversCapturesAndEventTime) {
  Rules rules;
  rules.captures = {"/id", "/n", "/none"};
  rules.has_event_time = true;
  rules.event_time.pointer = "/at";
  const auto contract = Asserting(R"({"type":"object"})", rules);
  const std::string document = R"({"id":"x-1","n":42,"at":"2026-01-01T00:00:00.001Z"})";
  Evaluator evaluator(kBytesMax);
  Findings findings;
  Captured captured;
  EXPECT_EQ(evaluator.Evaluate(*contract, document, {}, &findings, &captured),
            Evaluator::Path::kProved);
  EXPECT_EQ(captured.values[0].text, "x-1");
  EXPECT_EQ(captured.values[0].text.data(), document.data() + 7)
      << "a view into the caller's bytes";
  EXPECT_EQ(captured.values[1].text, "42");
  EXPECT_FALSE(captured.values[2].present);
  EXPECT_EQ(captured.event_time_ms, kRecordMs + 1);
}

TEST(Prove, FindsAnyMemberInAnyOrder) {
  std::string properties;
  std::string forwards;
  std::string backwards;
  for (int i = 0; i < 200; ++i) {
    const std::string name = "\"a_long_name_with_number_" + std::to_string(i) + "_and_an_end\"";
    properties += (i > 0 ? "," : "") + name + ":{\"const\":" + std::to_string(i) + "}";
    const std::string member = name + ":" + std::to_string(i);
    forwards += (i > 0 ? "," : "") + member;
    backwards = member + (i > 0 ? "," : "") + backwards;
  }
  const auto contract =
      Asserting("{\"properties\":{" + properties + "},\"additionalProperties\":false}");
  EXPECT_EQ(Answer(*contract, "{" + forwards + "}"), "proved");
  EXPECT_EQ(Answer(*contract, "{" + backwards + "}"), "proved");
}

// --- The records of the benchmarks
// -----------------------------------------------------------------------

Rules BenchmarkRules() {
  Rules rules;
  rules.critical = {"/accountId", "/eventTime"};
  rules.has_event_time = true;
  rules.event_time = {.pointer = "/eventTime", .max_age_ms = 604'800'000, .max_future_ms = 300'000};
  rules.captures = {"/customerId", "/messageId"};
  rules.forbid_characters.fill(true);
  rules.report_drift = true;
  rules.forbid_duplicate_keys = true;
  return rules;
}

class ProveGenerated : public testing::TestWithParam<bench::Profile> {
 protected:
  // Judges `count` records; how many were proved.
  int Judge(bench::Generator* generator, int count) {
    int proved = 0;
    for (int i = 0; i < count; ++i) {
      const bench::Generated record = generator->At(static_cast<uint64_t>(i));
      const RecordContext context{
          .timestamp_ms = record.timestamp_ms, .now_ms = record.timestamp_ms, .record = 0};
      findings_.Clear();
      const Evaluator::Path path =
          evaluator_.Evaluate(*contract_, record.value, context, &findings_, &captured_);
      proved += path == Evaluator::Path::kProved ? 1 : 0;
      if (record.fault == bench::Fault::kNone) {
        EXPECT_TRUE(findings_.empty()) << record.value;
      } else if (findings_.empty()) {
        ADD_FAILURE() << "fault not found: " << bench::Name(record.fault) << " in " << record.value;
      } else {
        EXPECT_EQ(findings_.items().front().code, bench::CodeOf(record.fault)) << record.value;
      }
    }
    return proved;
  }

  std::shared_ptr<const Contract> contract_ =
      Asserting(bench::SchemaText(GetParam()), BenchmarkRules());
  Evaluator evaluator_{kBytesMax};
  Findings findings_;
  Captured captured_;
};

TEST_P(ProveGenerated, ProvesPracticallyEveryValidRecord) {
  bench::Generator generator({.profile = GetParam()});
  EXPECT_GE(Judge(&generator, 5'000), 4'995);
}

TEST_P(ProveGenerated, GivesEveryPlantedFaultItsCode) {
  std::vector<bench::Fault> faults = bench::DefaultFaults();
  faults.push_back(bench::Fault::kFuture);
  faults.push_back(bench::Fault::kOversize);
  bench::Generator generator(
      {.profile = GetParam(), .invalid = 1, .faults = faults, .oversize_bytes = kBytesMax});
  EXPECT_EQ(Judge(&generator, 240), 0);
}

TEST_P(ProveGenerated, AllocatesNothing) {
  if (!CountsAllocations()) GTEST_SKIP() << "the sanitizer counts for itself";
  bench::Generator generator({.profile = GetParam()});
  std::vector<std::string> records;
  for (uint64_t i = 0; i < 1'000; ++i) records.emplace_back(generator.At(i).value);
  const int64_t base_ms = bench::GeneratorOptions().timestamp_ms;
  const auto judge = [&] {
    for (const std::string& record : records) {
      evaluator_.Evaluate(*contract_, record,
                          {.timestamp_ms = base_ms, .now_ms = base_ms, .record = 0}, &findings_,
                          &captured_);
    }
  };
  judge();  // buffers grow to the largest record
  const size_t before = Allocations();
  judge();
  EXPECT_LE(Allocations() - before, 1u);
  EXPECT_TRUE(findings_.empty());
}

INSTANTIATE_TEST_SUITE_P(Sizes, ProveGenerated,
                         testing::Values(bench::Profile::k200B, bench::Profile::k1KB,
                                         bench::Profile::k4KB));

}  // namespace
}  // namespace fracas::contract
